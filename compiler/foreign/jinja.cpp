#include "compiler/foreign/jinja.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/foreign/messages.h"
#include "compiler/foreign/names.h"

namespace chain::foreign {
namespace {

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && identifier(text) == text;
}

struct Piece {
  char kind = 0;          // '{' for an output, '%' for a tag, '#' for a comment, 0 for text
  std::string_view text;  // without the braces and what trims
  std::string_view open = {};
  std::string_view close = {};
  uint32_t line = 0;
};

std::vector<Piece> pieces_of(std::string_view text, uint32_t line) {
  std::vector<Piece> pieces;
  const auto add = [&](Piece piece, std::string_view whole) {
    piece.line = line;
    line += static_cast<uint32_t>(std::count(whole.begin(), whole.end(), '\n'));
    pieces.push_back(piece);
  };
  while (!text.empty()) {
    size_t open = 0;
    while (
        (open = text.find('{', open)) != std::string_view::npos &&
        (open + 1 == text.size() || std::string_view("{%#").find(text[open + 1]) == std::string_view::npos))
      ++open;
    if (open == std::string_view::npos) break;
    const char kind = text[open + 1];
    const char closing[] = {kind == '{' ? '}' : kind, '}'};
    const size_t end = text.find(std::string_view(closing, 2), open + 2);
    if (end == std::string_view::npos) break;
    if (open > 0) add({.text = text.substr(0, open)}, text.substr(0, open));
    std::string_view inside = text.substr(open + 2, end - open - 2);
    Piece piece{.kind = kind};
    if (inside.starts_with('-') || inside.starts_with('+'))
      piece.open = inside.substr(0, 1), inside.remove_prefix(1);
    if (inside.ends_with('-')) piece.close = "-", inside.remove_suffix(1);
    if (piece.open == "+") piece.open = {};
    piece.text = trim(inside);
    add(piece, text.substr(open, end + 2 - open));
    text.remove_prefix(end + 2);
  }
  if (!text.empty()) add({.text = text}, text);
  return pieces;
}

/// The names that tags bind: of loops and of `set`.
std::set<std::string, std::less<>> bound_names(const std::vector<Piece>& pieces) {
  std::set<std::string, std::less<>> names = {"loop", "output", "history"};
  for (const Piece& piece : pieces) {
    if (piece.kind != '%') continue;
    std::string_view tag = piece.text;
    const bool loop = tag.starts_with("for ");
    if (!loop && !tag.starts_with("set ")) continue;
    tag = tag.substr(4);
    tag = tag.substr(0, loop ? tag.find(" in ") : tag.find('='));
    while (!tag.empty()) {
      const size_t comma = tag.find(',');
      names.emplace(trim(tag.substr(0, comma)));
      tag = comma == std::string_view::npos ? std::string_view() : tag.substr(comma + 1);
    }
  }
  return names;
}

class Rewriter {
 public:
  Rewriter(std::vector<Piece> pieces, Shape& inputs, std::vector<Remark>& remarks)
      : pieces_(std::move(pieces)), bound_(bound_names(pieces_)), inputs_(inputs), remarks_(remarks) {}

  std::string rewrite() {
    for (size_t i = 0; i < pieces_.size(); ++i) {
      const Piece& piece = pieces_[i];
      switch (piece.kind) {
        case '{': out_ += write_output(i); break;
        case '%': out_ += fmt::format("{{%{} {} {}%}}", piece.open, write_tag(piece), piece.close); break;
        case '#': out_ += fmt::format("{{#{} {} {}#}}", piece.open, piece.text, piece.close); break;
        default: write_text(i);
      }
    }
    return std::move(out_);
  }

 private:
  /// The field of an input that `name` may be; null for anything else.
  Field* input(std::string_view name, uint32_t line) {
    if (!is_name(name) || bound_.contains(name)) return nullptr;
    for (Field& field : inputs_.fields) {
      if (identifier(field.name) == name) return &field;
    }
    remarks_.push_back({line, fmt::format("`{}` is used and not declared: it became a string", name)});
    inputs_.fields.push_back({std::string(name), {}, nullptr});
    return &inputs_.fields.back();
  }

  std::string write_tag(const Piece& piece) {
    for (const std::string_view word : {"if ", "elif "}) {
      if (!piece.text.starts_with(word)) continue;
      std::string_view condition = trim(piece.text.substr(word.size()));
      const bool fails = condition.starts_with("not ");
      if (fails) condition = trim(condition.substr(4));
      if (!is_name(condition) || bound_.contains(condition)) break;
      const Field* field = input(condition, piece.line);
      const std::string truth = truth_of(std::string(condition), field->shape);
      if (field->shape.optional) opened_.insert(std::string(condition));
      return fmt::format("{}{}", word,
                         !fails               ? truth
                         : truth == condition ? "not " + truth
                                              : "not (" + truth + ")");
    }
    if (piece.text == "endif") opened_.clear();
    return std::string(piece.text);
  }

  /// Whether the output at `i` is the address of a picture: `![a cat]({{ photo }})`.
  bool is_picture(size_t i) const {
    if (i == 0 || i + 1 == pieces_.size() || pieces_[i - 1].kind != 0 || pieces_[i + 1].kind != 0)
      return false;
    const std::string_view before = pieces_[i - 1].text;
    return before.ends_with("](") && before.rfind("![") != std::string_view::npos &&
           pieces_[i + 1].text.starts_with(')');
  }

  std::string write_output(size_t i) {
    const Piece& piece = pieces_[i];
    Field* field = is_name(piece.text) ? input(piece.text, piece.line) : nullptr;
    if (field != nullptr && is_picture(i)) {
      field->shape.kind = Shape::Kind::Image;
      const size_t mark = out_.rfind("![");
      if (mark != std::string::npos) out_.erase(mark);
      pieces_[i + 1].text.remove_prefix(1);
    }
    const bool opens = field != nullptr && field->shape.optional && !opened_.contains(piece.text);
    if (opens && field->shape.kind != Shape::Kind::String)
      return fmt::format("{{% if {0} %}}{{{{ {0} }}}}{{% endif %}}", piece.text);
    return fmt::format("{{{{{} {}{} {}}}}}", piece.open, piece.text, opens ? " ?? \"\"" : "", piece.close);
  }

  void write_text(size_t i) { out_ += template_text(pieces_[i].text); }

  std::vector<Piece> pieces_;
  std::set<std::string, std::less<>> bound_;
  std::set<std::string, std::less<>> opened_;
  Shape& inputs_;
  std::vector<Remark>& remarks_;
  std::string out_;
};

}  // namespace

std::string rewrite_jinja(std::string_view text, uint32_t first_line, Shape& inputs,
                          std::vector<Remark>& remarks) {
  return Rewriter(pieces_of(text, first_line), inputs, remarks).rewrite();
}

}  // namespace chain::foreign
