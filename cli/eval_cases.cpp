#include "cli/eval_cases.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "runtime/access/project_files.h"
#include "runtime/datasets/dataset.h"

namespace chain::cli {
namespace {

constexpr size_t kMostTold = 10;  // wrong cases

std::string place_of(const datasets::Source& source, const datasets::Record& record) {
  const auto* file = std::get_if<datasets::FromFile>(&source);
  return file != nullptr ? fmt::format("{}:{}", file->file, record.line)
                         : fmt::format("row {}", record.number);
}

}  // namespace

EvalCases::~EvalCases() {
  if (file_ != nullptr) std::fclose(file_);
}

bool EvalCases::read(const program::Program& program, uint32_t dataset,
                     const std::shared_ptr<const access::Policy>& policy, uint64_t limit,
                     std::string& error) {
  const program::Resource& resource = program.resources[dataset];
  const access::ProjectFiles files(policy->folder);
  const datasets::Surroundings around{.files = &files, .access = policy};
  const auto element = datasets::element_of(program, resource);
  const auto source = datasets::source_of(resource, error);
  auto reader = element && source ? datasets::open(*source, program.types, *element, around, error) : nullptr;
  if (!reader) {
    error = fmt::format("dataset `{}` cannot be read: {}", resource.name, error);
    return false;
  }
  file_ = std::tmpfile();
  if (file_ == nullptr) {
    error = fmt::format("there is no place for the cases: {}", std::strerror(errno));
    return false;
  }
  path_ = fmt::format("/proc/self/fd/{}", fileno(file_));
  uint64_t wrong = 0;
  std::string told;
  bool written = true;
  for (datasets::Record record; written && count_ < limit && reader->next(record, error);) {
    ++count_;
    if (record.problem.empty()) {
      record.json += '\n';
      written = std::fwrite(record.json.data(), 1, record.json.size(), file_) == record.json.size();
    } else if (++wrong <= kMostTold) {
      told += fmt::format("\n{}: {}", place_of(*source, record), record.problem);
    }
  }
  if (!error.empty()) {
    error = fmt::format("dataset `{}` cannot be read: {}", resource.name, error);
  } else if (!written || std::fflush(file_) != 0) {
    error = fmt::format("the cases cannot be kept for the time of the eval: {}", std::strerror(errno));
  } else if (wrong > 0) {
    error = fmt::format("{} of {} cases of dataset `{}` are not what it says; nothing was asked{}{}", wrong,
                        count_, resource.name, told, wrong > kMostTold ? "\n..." : "");
  } else if (count_ == 0) {
    error = fmt::format("dataset `{}` has no cases", resource.name);
  }
  return error.empty();
}

}  // namespace chain::cli
