#include "compiler/sema/option_texts.h"

#include <algorithm>

namespace chain::sema {

const syntax::CallExpr* secret_call(const syntax::Expr& expr) {
  if (expr.kind != syntax::ExprKind::Call) return nullptr;
  const auto& call = expr.as<syntax::CallExpr>();
  const bool is_secret = call.callee->kind == syntax::ExprKind::Name &&
                         call.callee->as<syntax::NameExpr>().text == "secret" && call.arguments.size() == 1 &&
                         !call.arguments[0].name;
  return is_secret ? &call : nullptr;
}

const char* path_mistake(std::string_view path) {
  if (path.empty()) return "a path under the project's folder; this one is empty";
  bool leaves = path.front() == '/';
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    leaves = leaves || path.substr(begin, end - begin) == "..";
    begin = end + 1;
  }
  return leaves ? "a path under the project's folder, without `/` in front and without `..`" : nullptr;
}

std::optional<std::string> user_in_url(std::string_view url) {
  const size_t begin = url.find("://") + 3;
  const std::string_view authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  if (authority.find('@') == std::string_view::npos) return std::nullopt;
  return "a name or password does not stand in a file, which is kept and shown; give a key by way of "
         "`api_key_env`, or the whole URL as $OPENAI_BASE_URL";
}

}  // namespace chain::sema
