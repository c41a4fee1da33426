#include "runtime/documents/records.h"

#include <algorithm>

#include "runtime/value/characters.h"

namespace chain::documents {
namespace {

constexpr size_t kMostMeta = 1000;  // bytes of a value that counts as metadata
constexpr size_t kMostMetaFields = 100;
constexpr uint64_t kToldOneByOne = 20;

const Field* find(const std::vector<Field>& record, std::string_view name) {
  const auto found = std::ranges::find(record, name, &Field::name);
  return found == record.end() ? nullptr : &*found;
}

/// Appends a text that stands where its origins say.
void append(TextBuilder& builder, const Field& field) {
  const std::vector<Origin>& origins = field.origins;
  if (origins.empty()) return builder.add(field.text);
  for (size_t i = 0; i < origins.size(); ++i) {
    const uint64_t end = i + 1 < origins.size() ? origins[i + 1].text : field.text.size();
    if (end <= origins[i].text) continue;
    builder.copy(std::string_view(field.text).substr(origins[i].text, end - origins[i].text),
                 origins[i].source);
  }
}

/// So that whoever misspelled a field sees what there is.
std::string names_of(const std::vector<Field>& record) {
  constexpr size_t kMost = 12;
  std::string names;
  size_t count = 0;
  for (const Field& field : record) {
    if (field.name.empty() || ++count > kMost) continue;
    names += (names.empty() ? "`" : ", `") + field.name + "`";
  }
  if (names.empty()) return "it has no fields";
  return "its fields are " + names + (count > kMost ? ", ..." : "");
}

bool write_text(const std::vector<Field>& record, const RecordFields& fields, TextBuilder& builder,
                std::string& error) {
  if (fields.text.empty()) {
    for (const Field& field : record) {
      if (value::trimmed(field.text).empty()) continue;
      if (builder.size() > 0) builder.add("\n");
      const uint64_t place = field.origins.empty() ? builder.next() : field.origins.front().source;
      if (!field.name.empty()) builder.put(field.name + ": ", place, 0);
      append(builder, field);
    }
    return true;
  }
  bool any = false;
  for (const std::string& name : fields.text) {
    const Field* field = find(record, name);
    if (field == nullptr) continue;
    any = true;
    if (value::trimmed(field->text).empty()) continue;
    if (builder.size() > 0) builder.add("\n\n");
    append(builder, *field);
  }
  if (!any) error = "it has no `" + fields.text.front() + "`; " + names_of(record);
  return any;
}

std::vector<std::pair<std::string, std::string>> meta_of(const std::vector<Field>& record,
                                                         const RecordFields& fields) {
  std::vector<std::pair<std::string, std::string>> meta;
  const auto used = [&](const std::string& name) {
    return name == fields.id || name == fields.title || name == fields.source ||
           std::ranges::find(fields.text, name) != fields.text.end();
  };
  for (const Field& field : record) {
    const bool wanted = fields.meta.empty() ? !used(field.name)
                                            : std::ranges::find(fields.meta, field.name) != fields.meta.end();
    if (wanted && !field.name.empty() && !field.text.empty() && field.text.size() <= kMostMeta &&
        meta.size() < kMostMetaFields)
      meta.emplace_back(field.name, field.text);
  }
  std::ranges::stable_sort(meta, {}, &std::pair<std::string, std::string>::first);
  const auto repeated = std::ranges::unique(meta, {}, &std::pair<std::string, std::string>::first);
  meta.erase(repeated.begin(), repeated.end());
  return meta;
}

}  // namespace

std::optional<Document> document_of(const std::vector<Field>& record, const RecordFields& fields,
                                    const RecordPlace& place, std::string& error) {
  Document document;
  document.form = Form::Record;
  document.id = place.source + '#' + place.number;
  document.source = place.source;
  document.first_line = place.line;
  if (!fields.id.empty()) {
    const Field* id = find(record, fields.id);
    if (id == nullptr || value::trimmed(id->text).empty()) {
      error = "it has no `" + fields.id + "`, which names it; " + names_of(record);
      return std::nullopt;
    }
    document.id = value::trimmed(id->text);
  }
  if (const Field* source = find(record, fields.source); source != nullptr && !source->text.empty())
    document.source = source->text;
  const Field* title = find(record, fields.title.empty() ? "title" : fields.title);
  if (title != nullptr) document.title = value::trimmed(title->text);
  TextBuilder builder;
  if (!write_text(record, fields, builder, error)) return std::nullopt;
  // Of some records in collections nothing is known but the title.
  if (builder.size() == 0 && !document.title.empty()) append(builder, *title);
  document.origins = builder.take_origins();
  document.text = builder.take_text();
  if (value::trimmed(document.text).empty()) {
    error = "it has no text";
    return std::nullopt;
  }
  document.meta = meta_of(record, fields);
  return document;
}

SkippedRecords::~SkippedRecords() {
  if (count_ > kToldOneByOne)
    sink_.skipped(source_, "and " + std::to_string(count_ - kToldOneByOne) + " more records cannot be read",
                  false);
  if (noted_ > kToldOneByOne)
    sink_.noted(source_, "there are " + std::to_string(noted_ - kToldOneByOne) + " more records like this");
}

void SkippedRecords::note(uint64_t line, const std::string& what) {
  if (++noted_ <= kToldOneByOne) sink_.noted(source_ + ':' + std::to_string(line), what);
}

void SkippedRecords::add(uint64_t line, const std::string& why) {
  if (++count_ <= kToldOneByOne)
    sink_.skipped(source_ + ':' + std::to_string(line), "the record is left out: " + why, false);
}

std::vector<Origin> compose(const std::vector<Origin>& inner, uint64_t size,
                            const std::vector<Origin>& outer) {
  if (outer.empty()) return inner;
  const std::vector<Origin> whole = {{0, 0}};
  const std::vector<Origin>& parts = inner.empty() ? whole : inner;
  std::vector<Origin> result;
  for (size_t i = 0; i < parts.size(); ++i) {
    const uint64_t end = i + 1 < parts.size() ? parts[i + 1].text : size;
    result.push_back({parts[i].text, source_offset(outer, parts[i].source)});
    uint64_t last = parts[i].source + (end - std::min(end, parts[i].text));
    // What was put before a value stands nowhere: the value goes on at the same place.
    if (i + 1 < parts.size() && parts[i + 1].source >= parts[i].source)
      last = std::min(last, parts[i + 1].source);
    for (auto cut = std::ranges::upper_bound(outer, parts[i].source, {}, &Origin::text);
         cut != outer.end() && (cut->text < last || (cut->text == last && end == size)); ++cut)
      result.push_back({parts[i].text + (cut->text - parts[i].source), cut->source});
  }
  return result;
}

}  // namespace chain::documents
