#include "runtime/documents/languages.h"

#include <algorithm>
#include <string>

#include "runtime/documents/code.h"

namespace chain::documents {
namespace {

constexpr Language kLanguages[] = {
    {.name = "c", .preprocessor = true},
    {.name = "chain", .triple = true, .line_ends = true},
    {.name = "cpp", .raw_cpp = true, .preprocessor = true},
    {.name = "csharp", .triple = true, .preprocessor = true},
    {.name = "dart", .single = SingleQuote::String, .triple = true},
    {.name = "go", .backtick = true, .line_ends = true},
    {.name = "java", .triple = true},
    {.name = "javascript",
     .single = SingleQuote::String,
     .backtick = true,
     .regexes = true,
     .line_ends = true},
    {.name = "kotlin", .triple = true, .line_ends = true},
    {.name = "php", .single = SingleQuote::String},
    {.name = "protobuf", .single = SingleQuote::String},
    {.name = "python", .layout = Layout::Indent, .line_comment = "#", .single = SingleQuote::String},
    {.name = "rust", .single = SingleQuote::Lifetime, .raw_rust = true},
    {.name = "scala", .triple = true, .line_ends = true},
    {.name = "swift", .triple = true, .line_ends = true},
    {.name = "typescript",
     .single = SingleQuote::String,
     .backtick = true,
     .regexes = true,
     .line_ends = true},
    {.name = "other", .layout = Layout::Blank},
};

struct Extension {
  std::string_view extension, language;
};
constexpr Extension kExtensions[] = {
    {"awk", "other"},      {"bash", "other"},     {"c", "c"},           {"cc", "cpp"},
    {"chain", "chain"},    {"cjs", "javascript"}, {"clj", "other"},     {"cmake", "other"},
    {"cpp", "cpp"},        {"cs", "csharp"},      {"css", "other"},     {"cxx", "cpp"},
    {"dart", "dart"},      {"el", "other"},       {"erl", "other"},     {"ex", "other"},
    {"exs", "other"},      {"f90", "other"},      {"fs", "other"},      {"g4", "other"},
    {"go", "go"},          {"gradle", "other"},   {"graphql", "other"}, {"groovy", "java"},
    {"h", "cpp"},          {"hh", "cpp"},         {"hpp", "cpp"},       {"hs", "other"},
    {"hxx", "cpp"},        {"java", "java"},      {"jl", "other"},      {"js", "javascript"},
    {"jsx", "javascript"}, {"kt", "kotlin"},      {"kts", "kotlin"},    {"less", "other"},
    {"lisp", "other"},     {"lua", "other"},      {"m", "c"},           {"mjs", "javascript"},
    {"ml", "other"},       {"mm", "cpp"},         {"nim", "other"},     {"nix", "other"},
    {"php", "php"},        {"pl", "other"},       {"pm", "other"},      {"proto", "protobuf"},
    {"ps1", "other"},      {"py", "python"},      {"pyi", "python"},    {"r", "other"},
    {"rb", "other"},       {"rs", "rust"},        {"sass", "other"},    {"scala", "scala"},
    {"scss", "other"},     {"sh", "other"},       {"sql", "other"},     {"svelte", "other"},
    {"swift", "swift"},    {"tcl", "other"},      {"tf", "other"},      {"toml", "other"},
    {"ts", "typescript"},  {"tsx", "typescript"}, {"vim", "other"},     {"vue", "other"},
    {"xml", "other"},      {"yaml", "other"},     {"yml", "other"},     {"zig", "other"},
    {"zsh", "other"},
};

}  // namespace

const Language* find_language(std::string_view name) {
  const auto found = std::ranges::find(kLanguages, name, &Language::name);
  return found == std::end(kLanguages) ? nullptr : found;
}

std::string language_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string_view file = slash == std::string_view::npos ? path : path.substr(slash + 1);
  if (file == "Makefile" || file == "Dockerfile" || file == "CMakeLists.txt") return "other";
  const size_t dot = file.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string extension(file.substr(dot + 1));
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  const auto found = std::ranges::find(kExtensions, extension, &Extension::extension);
  return found == std::end(kExtensions) ? std::string() : std::string(found->language);
}

}  // namespace chain::documents
