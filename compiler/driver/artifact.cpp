#include "compiler/driver/artifact.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "compiler/driver/files.h"
#include "compiler/jit/engine.h"
#include "compiler/jit/load.h"
#include "compiler/sema/stdlib.h"
#include "runtime/program/serialize.h"
#include "runtime/program/well_formed.h"
#include "runtime/value/digest.h"

namespace chain::driver {

namespace {

constexpr std::string_view kMagic = "chain artifact 1\n";
constexpr const char* kTable = "chain_functions";
constexpr uint64_t kMostFunctions = 10'000'000;

using value::hex;

std::string digest(std::string_view bytes) {
  return value::sha256(bytes);
}

/// Distinguishes builds of this program and of the back end: a change in either may change the code.
std::string build_identity() {
  std::string identity = jit::kBuild;
  for (const std::string& file : {std::string("/proc/self/exe"), jit::library_path()}) {
    struct stat info{};
    if (stat(file.c_str(), &info) != 0) continue;
    identity += ' ' + std::to_string(info.st_size) + ' ' + std::to_string(info.st_mtim.tv_sec) + '.' +
                std::to_string(info.st_mtim.tv_nsec);
  }
  return identity;
}

// The file: magic, checksum of the rest, then fields, each a 64-bit size and its bytes.

void append_field(std::string& out, std::string_view bytes) {
  const uint64_t size = bytes.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += bytes;
}

bool take_field(std::string_view& in, std::string_view& field) {
  uint64_t size;
  if (in.size() < sizeof size) return false;
  std::memcpy(&size, in.data(), sizeof size);
  in.remove_prefix(sizeof size);
  if (in.size() < size) return false;
  field = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

bool take_number(std::string_view& in, uint64_t& number) {
  std::string_view field;
  if (!take_field(in, field) || field.size() != sizeof number) return false;
  std::memcpy(&number, field.data(), sizeof number);
  return true;
}

void append_number(std::string& out, uint64_t number) {
  append_field(out, {reinterpret_cast<const char*>(&number), sizeof number});
}

/// Code that the dynamic linker has loaded.
struct LinkedCode : program::CodeHandle {
  LinkedCode(void* handle, int file) : handle(handle), file(file) {}
  ~LinkedCode() override {
    dlclose(handle);
    close(file);
  }
  void* handle;
  int file;  // open as long, for the dynamic linker knows a library by its path, which names this descriptor
};

/// Stands before the text of a file that was made, in place of a digest.
constexpr char kMade = '=';

/// A `SourceFile` holds its text without one.
std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

bool make_private_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(folder).parent_path(), error);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return false;
  struct stat info{};
  if (lstat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
  return info.st_uid == geteuid() && (info.st_mode & 0022) == 0;
}

}  // namespace

std::optional<std::string_view> standard_source(std::string_view path) {
  if (!path.starts_with("std.")) return std::nullopt;
  for (const sema::StdModule& module : sema::std_modules()) {
    if (module.name == path.substr(4)) return module.source;
  }
  return std::nullopt;
}

std::string artifact_folder() {
  std::string folder;
  auto variable = [](const char* name) {
    return std::getenv(name) ? std::string(std::getenv(name)) : std::string();
  };
  if (folder = variable("CHAIN_CACHE_DIR"); folder.empty()) {
    if (folder = variable("XDG_CACHE_HOME"); folder.empty() && !variable("HOME").empty())
      folder = variable("HOME") + "/.cache";
    if (!folder.empty()) folder += "/chain";
  }
  return !folder.empty() && make_private_folder(folder) ? folder : std::string();
}

ArtifactCache::ArtifactCache(std::string folder, std::string variant)
    : folder_(std::move(folder)), variant_(std::move(variant)) {}

std::string ArtifactCache::file_of(const std::string& path) const {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
  return folder_ + '/' +
         hex(digest(absolute + '\n' + path + '\n' + variant_ + '\n' + build_identity())).substr(0, 40) +
         ".artifact";
}

std::shared_ptr<const program::Program> ArtifactCache::load(const std::string& path,
                                                            SourceMap& sources) const {
  if (folder_.empty()) return nullptr;
  const std::string file = file_of(path);
  const std::optional<std::string> bytes = read_file(file);
  if (!bytes) return nullptr;
  auto damaged = [&]() -> std::shared_ptr<const program::Program> {
    unlink(file.c_str());
    return nullptr;
  };
  std::string_view in = *bytes;
  std::string_view checksum;
  if (!in.starts_with(kMagic)) return damaged();
  in.remove_prefix(kMagic.size());
  if (!take_field(in, checksum) || digest(in) != checksum) return damaged();

  uint64_t count = 0;
  if (!take_number(in, count) || count > 10'000) return damaged();
  struct File {
    std::string path, text;
    bool made = false;
  };
  std::vector<File> files;  // added only if all are unchanged
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view source, hash;
    if (!take_field(in, source) || !take_field(in, hash)) return damaged();
    if (hash.empty()) {  // of the standard library, which is part of this very build
      const auto text = standard_source(source);
      if (!text) return damaged();
      files.push_back({std::string(source), std::string(*text)});
      continue;
    }
    if (hash == kMissing) {
      std::error_code error;
      if (std::filesystem::exists(std::string(source), error)) return nullptr;
      continue;
    }
    if (hash.starts_with(kMade)) {  // out of a file that is among these
      files.push_back({std::string(source), std::string(hash.substr(1)), true});
      continue;
    }
    std::optional<std::string> text = read_file(std::string(source));
    if (!text || digest(without_byte_order_mark(*text)) != hash)
      return nullptr;  // changed: the next compilation replaces it
    files.push_back({std::string(source), std::move(*text)});
  }
  std::string_view tables, library;
  uint64_t functions = 0;
  auto program = std::make_shared<program::Program>();
  if (!take_number(in, functions) || functions > kMostFunctions) return damaged();
  if (!take_field(in, tables) || !take_field(in, library) || !program::deserialize(tables, *program))
    return damaged();
  program->functions.assign(functions, nullptr);
  if (!load_code(library, *program) || !program::has_its_functions(*program)) return damaged();
  for (File& each : files) {
    each.made ? sources.add_made(each.path, std::move(each.text))
              : sources.add(each.path, std::move(each.text));
  }
  return program;
}

std::vector<Input> ArtifactCache::inputs(const SourceMap& sources) {
  std::vector<Input> inputs;
  for (uint32_t i = 0; i < sources.size(); ++i) {
    const SourceFile& file = sources.file({i});
    if (file.made()) {
      inputs.push_back({file.path(), kMade + std::string(file.text())});
      continue;
    }
    const bool built_in = standard_source(file.path()) == file.text();
    inputs.push_back({file.path(), built_in ? std::string() : digest(file.text())});
  }
  return inputs;
}

void ArtifactCache::store(const std::string& path, const std::vector<Input>& inputs,
                          const program::Program& program, const std::string& library) const {
  if (folder_.empty()) return;
  std::string body;
  append_number(body, inputs.size());
  for (const Input& input : inputs) {
    append_field(body, input.path);
    append_field(body, input.hash);
  }
  append_number(body, program.functions.size());
  append_field(body, program::serialize(program));
  append_field(body, library);
  std::string whole(kMagic);
  append_field(whole, digest(body));
  whole += body;
  write_file_atomically(file_of(path), whole);
}

bool load_code(std::string_view library, program::Program& program) {
  const int file = memfd_create("chain-artifact", MFD_CLOEXEC);
  if (file < 0) return false;
  // From memory, not from the cache's file: what was checked is what is linked.
  bool written = true;
  for (std::string_view rest = library; written && !rest.empty();) {
    const ssize_t size = write(file, rest.data(), rest.size());
    written = size > 0;
    if (written) rest.remove_prefix(static_cast<size_t>(size));
  }
  void* handle =
      written ? dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (!handle) {
    close(file);
    return false;
  }
  program.code = std::make_shared<LinkedCode>(handle, file);
  const auto* table = static_cast<const void* const*>(dlsym(handle, kTable));
  Dl_info info{};
  void* symbol = nullptr;
  if (!table || dladdr1(table, &info, &symbol, RTLD_DL_SYMENT) == 0 || !symbol) return false;
  const uint64_t bytes = static_cast<const ElfW(Sym)*>(symbol)->st_size;
  if (bytes != program.functions.size() * sizeof(void*)) return false;
  for (const void*& function : program.functions) function = *table++;
  return true;
}

}  // namespace chain::driver
