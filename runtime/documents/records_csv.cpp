#include <algorithm>
#include <utility>

#include "runtime/documents/records.h"

namespace chain::documents {
namespace {

constexpr size_t kMostColumns = 10'000;

}  // namespace

CsvReader::CsvReader(std::string_view text, uint64_t most_record) : text_(text), most_record_(most_record) {
  const std::string_view first = text.substr(0, std::min(text.find('\n'), text.size()));
  auto most = std::ranges::count(first, ',');
  for (const char c : {';', '\t'}) {
    const auto count = std::ranges::count(first, c);
    if (count > most) most = count, separator_ = c;
  }
  std::vector<Field> header;
  std::string error;
  if (!read_row(header, error)) return;
  for (size_t i = 0; i < header.size(); ++i)
    names_.push_back(header[i].text.empty() ? "column" + std::to_string(i + 1) : header[i].text);
}

void CsvReader::pass_line_end() {
  if (at_ < text_.size() && text_[at_] == '\r') ++at_;
  if (at_ < text_.size() && text_[at_] == '\n') ++at_;
  ++next_line_;
}

/// Whether the quotation mark in hand opens a quoted field. Between tabs most files mean it as it stands;
/// only a field that it opens and another one closes is quoted there.
bool CsvReader::quotes_here() const {
  if (separator_ != '\t') return true;
  std::string_view field = text_.substr(at_ + 1);
  field = field.substr(0, field.find_first_of("\t\r\n"));
  for (size_t quote = field.find('"'); quote != std::string_view::npos; quote = field.find('"', quote + 2)) {
    if (quote + 1 == field.size()) return true;
    if (field[quote + 1] != '"') return false;
  }
  return false;
}

/// Up to the separator or the end of the line behind it.
Field CsvReader::read_field() {
  TextBuilder text;
  const auto ends = [&] { return text_[at_] == separator_ || text_[at_] == '\n' || text_[at_] == '\r'; };
  if (at_ < text_.size() && text_[at_] == '"' && quotes_here()) {
    ++at_;
    open_quote_ = true;
    while (at_ < text_.size()) {
      const size_t quote = std::min(text_.find('"', at_), text_.size());
      const std::string_view part = text_.substr(at_, quote - at_);
      if (!part.empty()) text.copy(part, at_);
      next_line_ += static_cast<uint64_t>(std::ranges::count(part, '\n'));
      at_ = std::min(quote + 1, text_.size());
      open_quote_ = quote == text_.size();
      if (at_ >= text_.size() || text_[at_] != '"') break;
      text.put("\"", at_ - 1, 2);  // two of them are one
      ++at_;
      open_quote_ = true;
    }
  }
  const size_t begin = at_;
  while (at_ < text_.size() && !ends()) ++at_;
  if (at_ > begin || text.size() == 0) text.copy(text_.substr(begin, at_ - begin), begin);
  Field field{.name = {}, .text = text.text(), .origins = text.take_origins()};
  if (field.origins.empty()) field.origins.push_back({0, 0});
  return field;
}

bool CsvReader::read_row(std::vector<Field>& row, std::string& error) {
  row.clear();
  line_ = next_line_;
  const size_t begin = at_;
  while (true) {
    row.push_back(read_field());
    if (at_ >= text_.size() || text_[at_] != separator_) break;
    ++at_;
    if (row.size() > kMostColumns) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      pass_line_end();
      error = "it has more than " + std::to_string(kMostColumns) + " columns";
      return false;
    }
  }
  const bool open = std::exchange(open_quote_, false);
  if (open || at_ - begin > most_record_) {
    // What is behind its line may be good.
    at_ = std::min(text_.find('\n', begin), text_.size());
    next_line_ = line_;
    pass_line_end();
    error = open ? "a quote in it is not closed"
                 : "it has more than " + std::to_string(most_record_) + " bytes; is a quote not closed?";
    return false;
  }
  pass_line_end();
  return true;
}

CsvReader::Next CsvReader::next(std::vector<Field>& record, std::string& error) {
  while (at_ < text_.size()) {
    if (!read_row(record, error)) return Next::Bad;
    if (record.size() == 1 && record[0].text.empty()) continue;  // an empty line
    if (record.size() > names_.size()) {
      error = "it has " + std::to_string(record.size()) + " columns, and the first line names " +
              std::to_string(names_.size());
      return Next::Bad;
    }
    missing_ = names_.size() - record.size();
    record.resize(names_.size());
    for (size_t i = 0; i < record.size(); ++i) record[i].name = names_[i];
    return Next::Record;
  }
  return Next::End;
}

}  // namespace chain::documents
