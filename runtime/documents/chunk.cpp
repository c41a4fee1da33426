#include "runtime/documents/chunk.h"

#include <algorithm>
#include <utility>

#include "runtime/documents/code.h"
#include "runtime/documents/flow.h"
#include "runtime/documents/pack.h"
#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

constexpr uint32_t kMostNesting = 8;  // of symbols that are cut between their members

Cut cut_of(Form form) {
  switch (form) {
    case Form::Markdown: return Cut::Markdown;
    case Form::Html: return Cut::Html;
    case Form::Pages: return Cut::Pages;
    case Form::Code: return Cut::Code;
    case Form::Record: return Cut::Record;
    case Form::Image:
    case Form::Text: break;
  }
  return Cut::Sentences;
}

Flow flow_of(const Document& document, Cut cut) {
  // Symbols are found in the text as it stands, whatever it is.
  if (cut == Cut::Code) return flow_of_text(document.text, BlockKind::Lines);
  if (document.form == Form::Html) return flow_of_html(document.text);
  if (document.form == Form::Markdown) return flow_of_markdown(document.text);
  if (cut == Cut::Html) return flow_of_html(document.text);
  if (cut == Cut::Markdown) return flow_of_markdown(document.text);
  return flow_of_text(document.text, document.form == Form::Code ? BlockKind::Lines : BlockKind::Paragraph);
}

/// Whether a section is above another one.
bool leads_to(const std::vector<std::string>& path, const std::vector<std::string>& other) {
  return path.size() < other.size() && std::equal(path.begin(), path.end(), other.begin());
}

/// A passage never goes on in the next section; but a heading without words goes with what is under it.
void cut_sections(const Flow& flow, Packer& packer) {
  std::vector<Unit> units;
  bool only_headings = true;
  for (size_t i = 0; i < flow.blocks.size(); ++i) {
    const Block& block = flow.blocks[i];
    const bool new_section = i > 0 && block.section != flow.blocks[i - 1].section;
    const bool below =
        new_section && leads_to(flow.sections[flow.blocks[i - 1].section], flow.sections[block.section]);
    if (new_section && !(only_headings && below)) {
      packer.pack(std::exchange(units, {}));
      only_headings = true;
    }
    only_headings = only_headings && block.kind == BlockKind::Heading;
    packer.add_block(block, units);
    // The headings of a passage are those of its innermost section.
    if (only_headings || below) {
      for (Unit& unit : units) unit.section = block.section;
    }
  }
  packer.pack(std::move(units));
}

void cut_parts(const Flow& flow, Packer& packer) {
  std::vector<Unit> units;
  for (const Block& block : flow.blocks) packer.add_parts(block, units);
  packer.pack(std::move(units));
}

/// No passage goes on on the next page.
void cut_pages(const Document& document, const Flow& flow, Packer& packer) {
  std::vector<Unit> units;
  size_t page = 0;
  for (const Block& block : flow.blocks) {
    for (uint64_t begin = block.begin; begin < block.end;) {
      while (page + 1 < document.pages.size() && document.pages[page + 1] <= begin) {
        packer.pack(std::exchange(units, {}));
        ++page;
      }
      const bool more = page + 1 < document.pages.size();
      const uint64_t end = more ? std::min(block.end, document.pages[page + 1]) : block.end;
      packer.add_parts({.begin = begin, .end = end, .kind = block.kind, .section = block.section}, units);
      begin = end;
    }
  }
  packer.pack(std::move(units));
}

/// Each function and type is a passage of its own; what stands between them is put together.
class CodeCutter {
 public:
  CodeCutter(const Document& document, Flow& flow, Packer& packer)
      : document_(document), flow_(flow), packer_(packer) {}

  void cut() {
    cut(find_symbols(document_.text, document_.language, 0, document_.text.size()), 0, 0);
    packer_.pack(std::move(units_));
  }

 private:
  void cut(const std::vector<Symbol>& symbols, uint32_t section, uint32_t depth) {
    for (const Symbol& symbol : symbols) {
      if (symbol.name.empty()) {
        add(symbol.begin, symbol.end, section);
        continue;
      }
      const uint32_t own = section_of(section, symbol.name);
      if (symbol.members_end > symbol.members_begin && depth < kMostNesting &&
          !packer_.fits(symbol.begin, symbol.end)) {
        cut_members(symbol, own, depth);
      } else {
        flush();
        add(symbol.begin, symbol.end, own);
        flush();
      }
    }
  }
  void cut_members(const Symbol& symbol, uint32_t section, uint32_t depth) {
    flush();
    add(symbol.begin, symbol.members_begin, section);
    cut(find_symbols(document_.text, document_.language, symbol.members_begin, symbol.members_end), section,
        depth + 1);
    add(symbol.members_end, symbol.end, section);
    flush();
  }
  void flush() { packer_.pack(std::exchange(units_, {})); }

  /// From the first line that has words on.
  void add(uint64_t begin, uint64_t end, uint32_t section) {
    const std::string_view text = std::string_view(document_.text).substr(begin, end - begin);
    size_t first = 0;
    while (first < text.size() && value::is_space(text[first])) ++first;
    if (first == text.size()) return;
    const size_t line = text.substr(0, first).rfind('\n');
    if (line != std::string_view::npos) begin += line + 1;
    packer_.add_block({.begin = begin, .end = end, .kind = BlockKind::Lines, .section = section}, units_);
  }
  uint32_t section_of(uint32_t outer, const std::string& name) {
    std::vector<std::string> path = flow_.sections[outer];
    path.push_back(name);
    flow_.sections.push_back(std::move(path));
    return static_cast<uint32_t>(flow_.sections.size() - 1);
  }

  const Document& document_;
  Flow& flow_;
  Packer& packer_;
  std::vector<Unit> units_;
};

/// The one passage of an image stands for all of its bytes.
Chunk whole_image(const Document& document, const Splitter& splitter) {
  return {.text = document.text,
          .end = document.image.size(),
          .tokens = static_cast<uint32_t>(count_tokens(document.text, splitter.encoding))};
}

}  // namespace

std::vector<Chunk> cut(const Document& document, const Splitter& splitter) {
  if (document.form == Form::Image) return {whole_image(document, splitter)};
  const Cut cut = splitter.cut == Cut::Auto ? cut_of(document.form) : splitter.cut;
  Splitter settled = splitter;
  settled.cut = cut;
  Flow flow = flow_of(document, cut);
  Packer packer(document, flow, settled);
  switch (cut) {
    case Cut::Tokens: {
      std::vector<Unit> units;
      packer.add_words(units);
      packer.pack(std::move(units));
      break;
    }
    case Cut::Markdown:
    case Cut::Html: cut_sections(flow, packer); break;
    case Cut::Pages: cut_pages(document, flow, packer); break;
    case Cut::Code: CodeCutter(document, flow, packer).cut(); break;
    case Cut::Auto:
    case Cut::Sentences:
    case Cut::Record: cut_parts(flow, packer); break;
  }
  return packer.take();
}

}  // namespace chain::documents
