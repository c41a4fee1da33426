# cmake -DOUTPUT=pages.cpp -DFOLDER=docs/errors -P EmbedPages.cmake
#
# Writes the pages as raw string literals. Compilers accept literals of 64 KiB; a page is a few kilobytes.
file(GLOB pages "${FOLDER}/[ER]*.md")
list(SORT pages)
set(rows "")
foreach(page IN LISTS pages)
  get_filename_component(code "${page}" NAME_WE)
  file(READ "${page}" text)
  string(APPEND rows "    {\"${code}\", R\"page(${text})page\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"cli/pages.h\"\n
namespace chain::cli {\n
std::span<const Page> pages() {
  static constexpr Page kPages[] = {
${rows}  };
  return kPages;
}\n
}  // namespace chain::cli\n")
