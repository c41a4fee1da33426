#include "compiler/foreign/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "compiler/foreign/names.h"

namespace chain::foreign {
namespace {

/// An expression of ours, and what it is of.
struct Value {
  std::string text;
  Shape shape;
};

/// What names mean within a block.
struct Scope {
  std::string prefix;  // the expression that `this` is; empty for the inputs
  Shape shape;
  std::string key;                                     // what `@key` is; empty in a list
  std::vector<std::pair<std::string, Value>> named{};  // `as |item|`
};

class Writer {
 public:
  Writer(Shape& inputs, std::vector<Remark>& remarks) : inputs_(inputs), remarks_(remarks) {
    scopes_.push_back({});
    for (const Field& field : inputs.fields) taken_.insert(identifier(field.name));
    messages_.push_back({"user", {}});
  }

  std::vector<Message> write(const std::vector<Node>& nodes) {
    write_all(nodes);
    std::erase_if(messages_, [](const Message& message) {
      return message.text.find_first_not_of(" \t\r\n") == std::string::npos;
    });
    for (Message& message : messages_) {
      message.text.erase(0, message.text.find_first_not_of("\r\n"));
      message.text.erase(message.text.find_last_not_of(" \t\r\n") + 1);
    }
    return std::move(messages_);
  }

 private:
  void put(std::string_view text) { messages_.back().text += text; }

  void lose(const Node& node, std::string_view why) { remarks_.push_back({node.line, std::string(why)}); }

  void write_all(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) write_node(node);
  }

  void write_node(const Node& node) {
    switch (node.kind) {
      case Node::Kind::Text: return put(template_text(node.text));
      case Node::Kind::Value: return write_value(node);
      case Node::Kind::Json: return write_json(node);
      case Node::Kind::Media: return write_media(node);
      case Node::Kind::If: return write_if(node);
      case Node::Kind::Each: return write_each(node);
      case Node::Kind::With: return write_with(node);
      case Node::Kind::Auto: return write_auto(node);
      case Node::Kind::Role: return write_role(node);
      case Node::Kind::History: return write_history(node);
      case Node::Kind::Section:
        if (node.text == "output") return put("{{ output.format }}");
        return lose(node, fmt::format("the section `{}` is not known here", node.text));
      case Node::Kind::Lost: return write_all(node.body);  // a remark says so
    }
  }

  // ---- Names ---------------------------------------------------------------------------------

  bool opened(const std::string& expression) const {
    return std::find(opened_.begin(), opened_.end(), expression) != opened_.end();
  }

  /// `name` of `value`.
  std::optional<Value> member(const Value& value, const std::string& name) const {
    if (name == "length" && (value.shape.kind == Shape::Kind::List || value.shape.kind == Shape::Kind::Map))
      return Value{fmt::format("len({})", value.text), {.kind = Shape::Kind::Int}};
    const std::string dot = value.shape.optional && !opened(value.text) ? "?." : ".";
    Value inner{value.text + dot + identifier(name), {.kind = Shape::Kind::Json, .optional = true}};
    if (value.shape.kind == Shape::Kind::Json) return inner;
    const Field* field = value.shape.kind == Shape::Kind::Record ? value.shape.field(name) : nullptr;
    if (field == nullptr) return {};
    inner.shape = field->shape;
    inner.shape.optional = field->shape.optional || dot == "?.";
    return inner;
  }

  Value input(const Node& node, const std::string& name) {
    if (inputs_.field(name) == nullptr) {
      remarks_.push_back({node.line, fmt::format("`{}` is used and not declared: it became a string", name)});
      inputs_.fields.push_back({name, {}, nullptr});
      taken_.insert(identifier(name));
    }
    const Shape& shape = inputs_.field(name)->shape;
    return {identifier(name), shape};
  }

  /// The first name of a path, looked for from `scope` outwards.
  std::optional<Value> first_name(const Node& node, const std::string& name, size_t scope) {
    for (size_t i = scope + 1; i-- > 1;) {
      for (const auto& [bound, value] : scopes_[i].named) {
        if (bound == name) return value;
      }
      if (auto found = member({scopes_[i].prefix, scopes_[i].shape}, name)) return found;
    }
    return input(node, name);
  }

  std::optional<Value> resolve(const Node& node, const Path& path) {
    if (path.is_literal) {
      Shape shape{.kind = path.is_text ? Shape::Kind::String : Shape::Kind::Float};
      if (path.literal == "true" || path.literal == "false") shape.kind = Shape::Kind::Bool;
      return Value{path.is_text ? string_literal(path.literal) : path.literal, shape};
    }
    if (!path.data.empty()) return loop_value(path.data);
    if (path.up >= scopes_.size()) return {};
    const size_t scope = path.root ? 0 : scopes_.size() - 1 - path.up;
    if (path.names.empty()) {
      if (scope == 0) return {};
      return narrowed({scopes_[scope].prefix, scopes_[scope].shape});
    }
    auto value = first_name(node, path.names[0], scope);
    for (size_t i = 1; value && i < path.names.size(); ++i) value = member(*value, path.names[i]);
    return value ? narrowed(std::move(*value)) : value;
  }

  std::optional<Value> narrowed(Value value) const {
    if (opened(value.text)) value.shape.optional = false;
    return value;
  }

  std::optional<Value> loop_value(const std::string& data) const {
    if (scopes_.size() < 2) return {};
    if (data == "index") return Value{"loop.index0", {.kind = Shape::Kind::Int}};
    if (data == "first" || data == "last") return Value{"loop." + data, {.kind = Shape::Kind::Bool}};
    if (data == "key" && !scopes_.back().key.empty()) return Value{scopes_.back().key, {}};
    return {};
  }

  std::optional<Value> value_of(const Node& node, const Path& path) {
    auto value = resolve(node, path);
    if (!value) {
      std::string name = path.data.empty() ? fmt::format("{}", fmt::join(path.names, ".")) : "@" + path.data;
      if (name.empty()) name = "this";
      lose(node, fmt::format("`{}` names nothing that is known here: left out", name));
    }
    return value;
  }

  // ---- Values --------------------------------------------------------------------------------

  void write_value(const Node& node) {
    const auto value = value_of(node, node.path);
    if (!value) return;
    if (!value->shape.optional) return put(fmt::format("{{{{ {} }}}}", value->text));
    if (value->shape.kind == Shape::Kind::String)
      return put(fmt::format("{{{{ {} ?? \"\" }}}}", value->text));
    put(fmt::format("{{% if {0} %}}{{{{ {0} }}}}{{% endif %}}", value->text));
  }

  void write_json(const Node& node) {
    const auto value = value_of(node, node.path);
    if (!value) return;
    const bool indents = !node.text.empty() && node.text.find_first_not_of("0123456789") == std::string::npos;
    const std::string shown = indents ? fmt::format("{{{{ {} | json({}) }}}}", value->text, node.text)
                                      : fmt::format("{{{{ {} | json }}}}", value->text);
    put(value->shape.optional ? fmt::format("{{% if {} %}}{}{{% endif %}}", value->text, shown) : shown);
  }

  void write_media(const Node& node) {
    if (node.path.is_literal || scopes_.size() > 1 || node.path.names.size() != 1)
      return lose(node, "a medium that is no input of its own: left out");
    const std::string& name = node.path.names[0];
    const Value value = input(node, name);
    for (Field& field : inputs_.fields) {
      if (field.name == name) field.shape.kind = Shape::Kind::Image;
    }
    put(value.shape.optional && !opened(value.text)
            ? fmt::format("{{% if {0} %}}{{{{ {0} }}}}{{% endif %}}", value.text)
            : fmt::format("{{{{ {} }}}}", value.text));
  }

  // ---- Blocks --------------------------------------------------------------------------------

  void write_if(const Node& node) {
    const auto value = value_of(node, node.path);
    if (!value) return;
    std::string condition;
    const bool opens = node.test == Node::Test::Holds && value->shape.optional &&
                       value->text.find("?.") == std::string::npos;
    if (node.test == Node::Test::Equal || node.test == Node::Test::Unequal) {
      const auto other = value_of(node, node.other);
      if (!other) return;
      const bool is_case = value->shape.kind == Shape::Kind::Enum && node.other.is_text;
      condition = fmt::format("{} {} {}", value->text, node.test == Node::Test::Equal ? "==" : "!=",
                              is_case ? identifier(node.other.literal) : other->text);
    } else {
      condition = truth_of(value->text, value->shape);
      if (node.test == Node::Test::Fails)
        condition = condition.find(' ') == std::string::npos ? "not " + condition
                                                             : fmt::format("not ({})", condition);
    }
    put(fmt::format("{{% if {} %}}", condition));
    nest([&] {
      if (opens) opened_.push_back(value->text);
      write_all(node.body);
      if (opens) opened_.pop_back();
    });
    write_otherwise(node);
    put("{% endif %}");
  }

  void write_otherwise(const Node& node) {
    if (node.otherwise.empty()) return;
    put("{% else %}");
    nest([&] { write_all(node.otherwise); });
  }

  void write_each(const Node& node) {
    const auto list = value_of(node, node.path);
    if (!list) return;
    const Shape::Kind kind = list->shape.kind;
    if (kind != Shape::Kind::List && kind != Shape::Kind::Map && kind != Shape::Kind::Json)
      return lose(node, fmt::format("`{}` is no list: its loop is left out", list->text));
    std::string over = list->text;
    if (kind == Shape::Kind::Json && list->shape.optional)
      return lose(node, fmt::format("`{}` may be anything: its loop is left out", list->text));
    if (kind == Shape::Kind::Json) {
      over = fmt::format("as_list({}) ?? []", over);
    } else if (list->shape.optional) {
      over += kind == Shape::Kind::Map ? " ?? {}" : " ?? []";
    }
    Scope scope;
    scope.prefix = unused(node.item.empty() ? item_name(node.path) : identifier(node.item), taken_);
    scope.shape = kind == Shape::Kind::Json ? Shape{.kind = Shape::Kind::Json} : list->shape.element.front();
    if (!node.item.empty()) scope.named.emplace_back(node.item, Value{scope.prefix, scope.shape});
    std::string head = scope.prefix;
    if (kind == Shape::Kind::Map) {
      scope.key = unused(node.index.empty() ? "key" : identifier(node.index), taken_);
      head = scope.key + ", " + scope.prefix;
    }
    if (!node.index.empty()) {
      scope.named.emplace_back(node.index, kind == Shape::Kind::Map
                                               ? Value{scope.key, {}}
                                               : Value{"loop.index0", {.kind = Shape::Kind::Int}});
    }
    put(fmt::format("{{% for {} in {} %}}", head, over));
    scopes_.push_back(std::move(scope));
    nest([&] { write_all(node.body); });
    scopes_.pop_back();
    write_otherwise(node);
    put("{% endfor %}");
  }

  /// "items" gives `item`.
  static std::string item_name(const Path& path) {
    if (path.names.empty()) return "item";
    std::string name = identifier(path.names.back());
    if (name.size() > 3 && name.ends_with("ies")) return name.replace(name.size() - 3, 3, "y");
    if (name.size() > 2 && name.ends_with('s') && !name.ends_with("ss")) return name.erase(name.size() - 1);
    return "item";
  }

  void write_with(const Node& node) {
    const auto value = value_of(node, node.path);
    if (!value) return;
    const bool tests = value->shape.optional;
    if (tests) put(fmt::format("{{% if {} %}}", value->text));
    Scope scope{value->text, value->shape, {}, {}};
    scope.shape.optional = false;
    if (!node.item.empty()) scope.named.emplace_back(node.item, Value{scope.prefix, scope.shape});
    scopes_.push_back(std::move(scope));
    opened_.push_back(value->text);
    nest([&] { write_all(node.body); });
    opened_.pop_back();
    scopes_.pop_back();
    if (!tests) return;
    write_otherwise(node);
    put("{% endif %}");
  }

  /// `{{#x}}`: a loop, a record's scope, or a condition, by what x is.
  void write_auto(const Node& node) {
    const auto value = resolve(node, node.path);
    Node meant = node;
    meant.kind = Node::Kind::If;
    if (value && (value->shape.kind == Shape::Kind::List || value->shape.kind == Shape::Kind::Map))
      meant.kind = Node::Kind::Each;
    if (value && value->shape.kind == Shape::Kind::Record) meant.kind = Node::Kind::With;
    write_node(meant);
  }

  template <class Body>
  void nest(const Body& body) {
    ++depth_;
    body();
    --depth_;
  }

  // ---- Messages ------------------------------------------------------------------------------

  void write_role(const Node& node) {
    if (depth_ > 0)
      return lose(node,
                  fmt::format("the role `{}` begins within a block: its text stays where it is", node.text));
    const std::string role = node.text == "model" ? "assistant" : node.text;
    if (role != "system" && role != "user" && role != "assistant")
      return lose(node,
                  fmt::format("the role `{}` is not known here: its text stays where it is", node.text));
    messages_.push_back({role, {}});
  }

  void write_history(const Node& node) {
    if (depth_ > 0) return lose(node, "the history stands within a block: left out");
    const std::string role = messages_.back().role;
    messages_.push_back({"user", "{% for turn in history %}{{ turn.role }}: {{ turn.parts }}\n{% endfor %}"});
    messages_.push_back({role, {}});
    lose(node, "the history became a part of what the user says, turn by turn");
  }

  Shape& inputs_;
  std::vector<Remark>& remarks_;
  std::vector<Scope> scopes_;
  std::vector<std::string> opened_;
  std::set<std::string> taken_ = {"output", "history", "loop"};
  std::vector<Message> messages_;
  int depth_ = 0;
};

}  // namespace

std::string truth_of(const std::string& expression, const Shape& shape) {
  if (shape.optional) return expression;
  switch (shape.kind) {
    case Shape::Kind::Bool: return expression;
    case Shape::Kind::String: return expression + " != \"\"";
    case Shape::Kind::Int:
    case Shape::Kind::Float: return expression + " != 0";
    case Shape::Kind::List:
    case Shape::Kind::Map: return fmt::format("len({}) > 0", expression);
    default: return "true";
  }
}

std::vector<Message> write_messages(const std::vector<Node>& nodes, Shape& inputs,
                                    std::vector<Remark>& remarks) {
  return Writer(inputs, remarks).write(nodes);
}

}  // namespace chain::foreign
