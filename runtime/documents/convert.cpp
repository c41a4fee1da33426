#include "runtime/documents/convert.h"

#include <algorithm>
#include <utility>

#include "runtime/documents/code.h"
#include "runtime/documents/decode.h"
#include "runtime/documents/flow.h"
#include "runtime/documents/front_matter.h"
#include "runtime/documents/image.h"
#include "runtime/documents/jsonl.h"
#include "runtime/documents/pdf.h"
#include "runtime/documents/records.h"
#include "runtime/value/characters.h"
#include "runtime/value/json.h"

namespace chain::documents {
namespace {

struct Ending {
  std::string_view extension;
  Kind kind;
};
constexpr Ending kEndings[] = {
    {"md", Kind::Markdown}, {"markdown", Kind::Markdown}, {"mdx", Kind::Markdown}, {"mkd", Kind::Markdown},
    {"html", Kind::Html},   {"htm", Kind::Html},          {"xhtml", Kind::Html},   {"pdf", Kind::Pdf},
    {"json", Kind::Json},   {"jsonl", Kind::Jsonl},       {"ndjson", Kind::Jsonl}, {"csv", Kind::Csv},
    {"tsv", Kind::Csv},     {"txt", Kind::Text},          {"text", Kind::Text},    {"log", Kind::Text},
    {"rst", Kind::Text},    {"adoc", Kind::Text},         {"org", Kind::Text},     {"tex", Kind::Text},
};

struct MediaType {
  std::string_view type;
  Kind kind;
};
constexpr MediaType kMediaTypes[] = {
    {"text/html", Kind::Html},          {"application/xhtml+xml", Kind::Html},
    {"text/markdown", Kind::Markdown},  {"application/pdf", Kind::Pdf},
    {"application/json", Kind::Json},   {"application/x-ndjson", Kind::Jsonl},
    {"application/jsonl", Kind::Jsonl}, {"text/csv", Kind::Csv},
};

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return result;
}

/// Of a file whose name says nothing.
Kind kind_of_content(std::string_view bytes) {
  if (bytes.starts_with("%PDF-")) return Kind::Pdf;
  const std::string start = lower_case(value::trimmed(bytes.substr(0, 200)));
  const bool html = start.starts_with("<!doctype html") || start.starts_with("<html");
  return html ? Kind::Html : Kind::Text;
}

/// What `<meta charset=...>` at the beginning says.
std::string charset_in(std::string_view html) {
  const std::string start = lower_case(html.substr(0, 1024));
  const size_t found = start.find("charset=");
  if (found == std::string::npos) return {};
  std::string_view name = std::string_view(start).substr(found + 8);
  if (name.starts_with('"') || name.starts_with('\'')) name.remove_prefix(1);
  return std::string(name.substr(0, name.find_first_of("\"' ;/>")));
}

constexpr const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::Markdown: return "markdown";
    case Kind::Html: return "html";
    case Kind::Code: return "code";
    case Kind::Pdf: return "pdf";
    default: return "text";
  }
}

class Converter {
 public:
  Converter(const Material& material, const RecordFields& fields, const Surroundings& around, Sink& sink)
      : material_(material), fields_(fields), around_(around), sink_(sink), kind_(material.kind) {}

  void run() {
    if (kind_ == Kind::Unknown) kind_ = kind_of_content(material_.bytes);
    if (value::trimmed(material_.bytes).empty()) return skip("it is empty");
    if (kind_ == Kind::Pdf) return pdf();
    if (const auto info = image_info(material_.bytes)) return image(*info);
    if (const std::string binary = binary_kind(material_.bytes); !binary.empty())
      return skip("it is no text, but " + binary);
    std::string charset = material_.charset;
    if (charset.empty() && kind_ == Kind::Html) charset = charset_in(material_.bytes);
    std::string error;
    if (!decode(material_.bytes, charset, around_.limits.text, decoded_, error)) return skip(error);
    if (value::trimmed(decoded_.text).empty()) return skip("it is empty");
    if (decoded_.replaced > 0) sink_.noted(material_.source, replaced_text());
    switch (kind_) {
      case Kind::Json: return json();
      case Kind::Csv: return csv();
      case Kind::Jsonl: return jsonl();
      default: return whole();
    }
  }

 private:
  [[nodiscard]] std::string replaced_text() const {
    const std::string_view begin = material_.bytes.substr(0, decoded_.first_replaced);
    const auto line = std::ranges::count(begin, '\n') + 1;
    const std::string count =
        decoded_.replaced == 1 ? "a byte is" : std::to_string(decoded_.replaced) + " bytes are";
    return count + " no " + decoded_.encoding + ", the first one on line " + std::to_string(line) +
           " (byte " + std::to_string(decoded_.first_replaced) + "): U+FFFD stands there";
  }
  void skip(const std::string& why, bool keep = false) { sink_.skipped(material_.source, why, keep); }
  /// Of records: it may be half written just now.
  void skip_broken(const std::string& why) { skip(why, /*keep=*/true); }
  void give(Document document) {
    add_meta(document, "path", material_.source);
    add_meta(document, "type", name_of(kind_));
    std::ranges::stable_sort(document.meta, {}, &std::pair<std::string, std::string>::first);
    sink_.document(std::move(document), material_.digest);
  }

  /// What the document says itself goes first.
  static void add_meta(Document& document, const char* name, std::string value) {
    const auto is_it = [&](const auto& entry) { return entry.first == name; };
    if (std::ranges::none_of(document.meta, is_it)) document.meta.emplace_back(name, std::move(value));
  }

  void whole() {
    Document document{.id = material_.source, .source = material_.source};
    document.language = language_of(material_.source);
    if (kind_ == Kind::Markdown) {
      document.form = Form::Markdown;
      document.title = flow_of_markdown(decoded_.text).title;
      document.meta = front_matter(decoded_.text).values;
    } else if (kind_ == Kind::Html) {
      document.form = Form::Html;
      document.title = flow_of_html(decoded_.text).title;
    } else if (kind_ == Kind::Code) {
      document.form = Form::Code;
    }
    if (document.form != Form::Code) document.language.clear();
    document.text = std::move(decoded_.text);
    document.origins = std::move(decoded_.origins);
    give(std::move(document));
  }

  void pdf() {
    PdfText read;
    std::string error;
    bool keep = false;
    if (!read_pdf(material_.bytes, around_.limits, around_.stop, read, error, keep)) return skip(error, keep);
    Document document{.id = material_.source, .source = material_.source, .form = Form::Pages};
    document.text = std::move(read.text);
    document.pages = std::move(read.pages);
    document.first_line = 0;
    give(std::move(document));
  }

  /// Its words are its name and what the file says of itself.
  void image(const ImageInfo& info) {
    if (!around_.images)
      return skip("it is an image; an index of images has `embed: compatible(\"...\", images: true)`");
    if (material_.bytes.size() > around_.limits.image)
      return skip("it has more than " + std::to_string(around_.limits.image) +
                  " bytes; make the image smaller");
    const std::string& source = material_.source;
    Document document{.id = source, .source = source, .form = Form::Image};
    document.text = source.substr(source.rfind('/') + 1);
    document.meta = {{"path", source}, {"type", std::string(info.type)}};
    if (info.width > 0 && info.height > 0) {
      document.meta.emplace_back("width", std::to_string(info.width));
      document.meta.emplace_back("height", std::to_string(info.height));
    }
    for (const auto& [name, words] : info.words) {
      if (name == "title") document.title = words;
      if (name != "date") document.text += '\n' + words;
      document.meta.emplace_back(name, words);
    }
    std::ranges::sort(document.meta);
    document.first_line = 0;
    document.image = material_.bytes;
    sink_.document(std::move(document), material_.digest);
  }

  /// The objects of a list are records; anything else is one document.
  void json() {
    const value::JsonLimits limits{.bytes = decoded_.text.size()};
    std::string error;
    SkippedRecords skipped(sink_, material_.source);
    const std::string_view text = value::trimmed(decoded_.text);
    if (!text.starts_with('[')) {
      const auto fields = fields_of_json(decoded_.text, 0, error);
      return fields ? record(*fields, "1", 1, skipped) : skip_broken(error);
    }
    const auto items = value::json_items(decoded_.text, error, limits);
    if (!items) return skip_broken(error);
    uint64_t number = 0, line = 1;
    const char* counted = decoded_.text.data();
    for (const std::string_view item : *items) {
      line += static_cast<uint64_t>(std::count(counted, item.data(), '\n'));
      counted = item.data();
      const auto fields =
          fields_of_json(item, static_cast<uint64_t>(item.data() - decoded_.text.data()), error);
      ++number;
      fields ? record(*fields, std::to_string(number), line, skipped) : skipped.add(line, error);
      if (around_.stop != nullptr && *around_.stop) return;
    }
  }

  void csv() {
    SkippedRecords skipped(sink_, material_.source);
    CsvReader reader(decoded_.text, around_.limits.record);
    std::vector<Field> fields;
    std::string error;
    while (around_.stop == nullptr || !*around_.stop) {
      const CsvReader::Next next = reader.next(fields, error);
      if (next == CsvReader::Next::End) return;
      if (next == CsvReader::Next::Bad) {
        skipped.add(reader.line(), error);
      } else {
        if (reader.missing() > 0)
          skipped.note(reader.line(), "it has " + std::to_string(reader.columns() - reader.missing()) +
                                          " columns, and the first line names " +
                                          std::to_string(reader.columns()) + ": the others are empty");
        record(fields, std::to_string(reader.line()), reader.line(), skipped);
      }
    }
  }

  void jsonl() {
    SkippedRecords skipped(sink_, material_.source);
    LineReader reader(decoded_.text, around_.limits.record);
    Line line;
    while (reader.next(line)) {
      if (around_.stop != nullptr && *around_.stop) return;
      std::string error = line.why;
      if (value::trimmed(line.text).empty() && error.empty()) continue;
      const auto fields = error.empty() ? fields_of_json(line.text, line.begin, error) : std::nullopt;
      fields ? record(*fields, std::to_string(line.number), line.number, skipped)
             : skipped.add(line.number, error);
    }
  }

  void record(const std::vector<Field>& fields, const std::string& number, uint64_t line,
              SkippedRecords& skipped) {
    std::string error;
    std::optional<Document> document =
        document_of(fields, fields_, {.source = material_.source, .number = number, .line = line}, error);
    if (!document) return skipped.add(line, error);
    document->origins = compose(document->origins, document->text.size(), decoded_.origins);
    sink_.document(*std::move(document), material_.digest);
  }

  const Material& material_;
  const RecordFields& fields_;
  const Surroundings& around_;
  Sink& sink_;
  Kind kind_;
  Decoded decoded_;
};

}  // namespace

Kind kind_of_path(std::string_view path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  if (dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash)) {
    const auto found = std::ranges::find(kEndings, lower_case(path.substr(dot + 1)), &Ending::extension);
    if (found != std::end(kEndings)) return found->kind;
  }
  return language_of(path).empty() ? Kind::Unknown : Kind::Code;
}

Kind kind_of_type(std::string_view content_type) {
  const std::string type = lower_case(
      value::trimmed(content_type.substr(0, std::min(content_type.find(';'), content_type.size()))));
  const auto found = std::ranges::find(kMediaTypes, type, &MediaType::type);
  return found == std::end(kMediaTypes) ? Kind::Unknown : found->kind;
}

void convert(const Material& material, const RecordFields& fields, const Surroundings& around, Sink& sink) {
  Converter(material, fields, around, sink).run();
}

}  // namespace chain::documents
