#include "compiler/sema/literals.h"

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
  std::string result = "\"";
  for (char c : std::get<std::string>(literal)) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
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
