#include "cli/argument_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/output.h"
#include "runtime/model/media.h"
#include "runtime/model/media_type.h"
#include "runtime/value/base64.h"
#include "runtime/value/utf8.h"

namespace chain::cli {
namespace {

using program::TypeId;
using program::TypeKind;
using program::TypeTable;

constexpr size_t kMostTextBytes = size_t{64} << 20;

/// All of a regular file. What blocks, a pipe for one, is not waited for.
std::optional<std::string> read_regular(const std::string& path, size_t limit, std::string& error) {
  const auto fail = [&](std::string_view why) {
    error = fmt::format("cannot read `{}`: {}", path, why);
    return std::nullopt;
  };
  const int file = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file < 0) return fail(std::strerror(errno));
  struct stat info{};
  const bool known = fstat(file, &info) == 0;
  close(file);
  if (!known) return fail(std::strerror(errno));
  if (S_ISDIR(info.st_mode)) return fail("it is a folder");
  if (!S_ISREG(info.st_mode)) return fail("it is a device or a pipe; `@-` reads standard input");
  return read_file(path, error, limit);
}

/// The bytes of a medium as a data URI.
std::optional<std::string> data_uri(const std::string& bytes, model::MediumKind kind,
                                    const std::string& source, std::string& error) {
  const auto fail = [&](const std::string& what) {
    error = fmt::format("{} {}", source, what);
    return std::nullopt;
  };
  if (bytes.empty()) return fail("is empty");
  const model::MediaType* type = model::media_type_of(bytes);
  if (type == nullptr)
    return fail(
        fmt::format("is of a type that is not known here; convert it to {}", model::media_types(kind)));
  if (type->kind != kind)
    return fail(fmt::format("is {}, and the argument is of type {}: that is {}", type->one,
                            model::to_string(kind), model::media_types(kind)));
  std::string uri = fmt::format("data:{};base64,", type->mime);
  value::append_base64(uri, bytes);
  return uri;
}

std::string trimmed(const std::string& text) {
  constexpr const char* kWhite = " \t\r\n";
  const size_t begin = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const size_t first = text.find_first_not_of(kWhite, begin);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

/// What `bytes` are as the value of a setting.
std::optional<std::string> setting_of(const TypeTable& types, TypeId id, std::string bytes,
                                      const std::string& source, std::string& error) {
  TypeKind kind = types.base_kind(id);
  if (kind == TypeKind::Optional) {
    id = types[id].element;
    kind = types.base_kind(id);
  }
  if (kind == TypeKind::Media) return data_uri(bytes, model::medium_kind(types, id), source, error);
  if (kind == TypeKind::Bytes) {
    std::string encoded;
    value::append_base64(encoded, bytes);
    return encoded;
  }
  if (const size_t wrong = value::find_invalid_utf8(bytes); wrong != std::string::npos) {
    error = fmt::format(
        "{} is not UTF-8 at byte {}; {}", source, wrong,
        kind == TypeKind::String ? "a parameter of type `bytes` takes what is no text" : "write it as UTF-8");
    return std::nullopt;
  }
  if (kind != TypeKind::String) bytes = trimmed(bytes);
  return bytes.starts_with('@') ? "@" + bytes : bytes;
}

/// The value of `name=@path` for a parameter of type `id`. `stdin_read`: whether somebody had it before.
std::optional<std::string> read_value(const TypeTable& types, TypeId id, const std::string& path,
                                      bool& stdin_read, std::string& error) {
  if (path.empty()) {
    error = "`@` needs the path of a file behind it; `@@` stands for a text that begins with `@`";
    return std::nullopt;
  }
  const bool from_stdin = path == "-";
  if (from_stdin && std::exchange(stdin_read, true)) {
    error = "standard input is read once, for one argument";
    return std::nullopt;
  }
  const TypeId plain = types[id].kind == TypeKind::Optional ? types[id].element : id;
  const size_t limit = types.base_kind(plain) == TypeKind::Media ? model::kMostMediumBytes : kMostTextBytes;
  auto bytes = from_stdin ? read_stdin(error, limit) : read_regular(path, limit, error);
  if (!bytes) return std::nullopt;
  return setting_of(types, id, *std::move(bytes), from_stdin ? "standard input" : "`" + path + "`", error);
}

}  // namespace

std::optional<std::vector<std::string>> with_files(const TypeTable& types, TypeId parameters,
                                                   const std::vector<std::string>& settings, bool stdin_read,
                                                   std::string& error) {
  std::vector<std::string> result;
  const auto& fields = types[parameters].fields;
  for (const std::string& setting : settings) {
    const size_t equals = std::min(setting.find('='), setting.size());
    const std::string name = setting.substr(0, equals);
    const std::string_view value = std::string_view(setting).substr(std::min(equals + 1, setting.size()));
    const auto field = std::ranges::find(fields, name, &program::Field::name);
    if (field == fields.end() || !value.starts_with('@') || value.starts_with("@@")) {
      result.push_back(setting);
      continue;
    }
    const auto read = read_value(types, field->type, std::string(value.substr(1)), stdin_read, error);
    if (!read) {
      error = fmt::format("argument `{}`: {}", name, error);
      return std::nullopt;
    }
    result.push_back(name + "=" + *read);
  }
  return result;
}

}  // namespace chain::cli
