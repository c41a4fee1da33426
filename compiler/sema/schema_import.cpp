#include "compiler/sema/schema_import.h"

#include "compiler/sema/schema_keywords.h"
#include "compiler/sema/schema_names.h"
#include "compiler/sema/schema_reader.h"
#include "compiler/sema/schema_writer.h"
#include "runtime/value/json_tree.h"

namespace chain::sema {

SchemaTypes types_of_schema(std::string_view json, const std::string& root) {
  if (json.starts_with("\xEF\xBB\xBF")) json.remove_prefix(3);  // a byte order mark
  value::Arena arena;
  std::string message;
  const value::JsonNode* node = value::parse_json(json, arena, {}, message);
  if (!node) return {.problems = {{"", message}}};
  if (node->kind != value::JsonNode::Kind::Object) return {.problems = {{"", "a schema is an object"}}};
  const std::string_view title = json_text(*node, "title");
  SchemaTypes types;
  write_schema(read_schema(*node, title.empty() ? root : type_name(title), types.problems), types);
  return types;
}

std::string schema_name(std::string_view path) {
  path = path.substr(path.find_last_of('/') + 1);
  return type_name(path.substr(0, path.find('.')));
}

}  // namespace chain::sema
