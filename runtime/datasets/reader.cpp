#include <set>
#include <vector>

#include "runtime/datasets/cells.h"
#include "runtime/datasets/dataset.h"
#include "runtime/datasets/spool.h"
#include "runtime/value/digest.h"
#include "runtime/value/json.h"
#include "runtime/value/json_text.h"

namespace chain::datasets {
namespace {

constexpr size_t kMostUnknown = 100;  // keys that are told of

class TypedReader final : public Reader {
 public:
  TypedReader(std::unique_ptr<RawReader> raw, const program::TypeTable& types, program::TypeId element,
              const Surroundings& around)
      : raw_(std::move(raw)),
        types_(types),
        element_(element),
        around_(around),
        value_(types[element].size + 8) {}

  bool next(Record& record, std::string& error) override {
    RawRecord raw;
    error.clear();
    if (!raw_->next(raw, error)) return false;
    record = {
        .number = ++number_, .line = raw.line, .json = {}, .problem = std::move(raw.problem), .unknown = {}};
    if (!record.problem.empty()) return true;
    arena_.reset();
    const value::ReadResult read = value::from_json(types_, element_, raw.json, arena_, value_.data(),
                                                    around_.check, {.bytes = around_.most_record});
    if (!read) {
      record.problem = read.sentence();
      return true;
    }
    value::write_json(types_, element_, value_.data(), record.json);
    note_unknown(raw.json, record.unknown);
    return true;
  }

 private:
  void note_unknown(std::string_view json, std::string& unknown) {
    const program::Type& type = types_[element_];
    if (type.kind != program::TypeKind::Record || told_.size() >= kMostUnknown) return;
    std::string ignored;
    const auto members = value::json_members(json, ignored, {.bytes = around_.most_record});
    if (!members) return;
    for (const value::JsonMember& member : *members) {
      if (find_field(type, member.key) != nullptr || told_.size() >= kMostUnknown) continue;
      if (!told_.insert(member.key).second) continue;
      unknown += (unknown.empty() ? "`" : ", `") + member.key + '`';
    }
  }

  std::unique_ptr<RawReader> raw_;
  const program::TypeTable& types_;
  program::TypeId element_;
  const Surroundings around_;
  value::Arena arena_;
  std::vector<std::max_align_t> value_;
  std::set<std::string, std::less<>> told_;
  uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<Reader> open(const Source& source, const program::TypeTable& types, program::TypeId element,
                             const Surroundings& around, std::string& error) {
  auto raw = open_raw(source, {.types = &types, .element = element}, around, error);
  if (!raw) return nullptr;
  return std::make_unique<TypedReader>(std::move(raw), types, element, around);
}

std::optional<std::string> content_hash(const Source& source, const Surroundings& around,
                                        std::string& error) {
  const auto raw = open_raw(source, {}, around, error);
  if (!raw) return std::nullopt;
  std::string piece;
  error.clear();
  const std::string digest = value::sha256([&]() -> std::string_view {
    RawRecord record;
    if (!raw->next(record, error)) return {};
    const bool good = record.problem.empty() && value::is_json(record.json, {.bytes = around.most_record});
    piece = good ? value::canonical_json(record.json) : std::string(record.json) + record.problem;
    return piece += '\n';
  });
  if (!error.empty()) return std::nullopt;
  return value::hex(digest);
}

}  // namespace chain::datasets
