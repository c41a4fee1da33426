#include "compiler/sema/literals.h"

#include <fmt/format.h>

namespace chain::sema {

std::optional<std::string> plain_text(const syntax::Expr& expr) {
  if (expr.kind != syntax::ExprKind::String) return std::nullopt;
  const auto& string = expr.as<syntax::StringExpr>();
  std::string text;
  if (!string.content) return text;
  for (const syntax::TemplateNode* node : string.content->nodes) {
    if (node->kind != syntax::TemplateNodeKind::Text) return std::nullopt;
    text += node->as<syntax::TemplateText>().text;
  }
  return text;
}

std::optional<program::Literal> literal_of(const syntax::Expr& expr) {
  switch (expr.kind) {
    case syntax::ExprKind::Bool: return expr.as<syntax::BoolExpr>().value;
    case syntax::ExprKind::Int: return expr.as<syntax::IntExpr>().value;
    case syntax::ExprKind::String: {
      if (auto text = plain_text(expr)) return *std::move(text);
      return std::nullopt;
    }
    case syntax::ExprKind::Unary: {
      const auto& unary = expr.as<syntax::UnaryExpr>();
      if (unary.op != syntax::UnaryOp::Negate || unary.operand->kind != syntax::ExprKind::Int)
        return std::nullopt;
      return -unary.operand->as<syntax::IntExpr>().value;
    }
    default: return std::nullopt;
  }
}

std::string quoted(const program::Literal& literal) {
  if (const auto* flag = std::get_if<bool>(&literal)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<int64_t>(&literal)) return std::to_string(*number);
  const std::string_view text = std::get<std::string>(literal);
  std::string result = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool opens_tag = c == '{' && i + 1 < text.size() &&
                           std::string_view("{%#").find(text[i + 1]) != std::string_view::npos;
    if (c == '"' || c == '\\' || opens_tag) result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{{{:X}}}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

bool same_base(const program::Literal& a, const program::Literal& b) {
  return a.index() == b.index();
}

}  // namespace chain::sema
