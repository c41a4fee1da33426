// bench_replies usual|broken|steps|stream TYPES FILE...: the parser of models' replies, over the replies in
// FILEs; TYPES is replies.chain. As peers/parse.mjs.
//   usual   the median over the files of the time for each, as a Review
//   broken  the time for the one file, as a Report
//   steps   the time to take in the one file in steps of 20 bytes, and to finish
//   stream  the time to take in the one file in steps of 20 bytes, with the value so far after each, and to
//   finish
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "runtime/value/reply_parser.h"
#include "tests/bench/micro/compiled.h"

using namespace chain;

namespace {

program::TypeId named(const program::TypeTable& types, std::string_view name) {
  for (uint32_t i = 0; i < types.types.size(); ++i) {
    if (types.types[i].name == name) return {i};
  }
  fmt::print(stderr, "no type {}\n", name);
  std::exit(1);
}

std::string contents(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// One parser for all replies, as a prompt has one.
class Reader {
 public:
  Reader(const program::TypeTable& types, program::TypeId type)
      : plan_(types, type), parser_(plan_), out_(types[type].size / sizeof(std::max_align_t) + 1) {}

  /// False if the reply cannot be read. `step` is the size of the pieces, 0 for all at once; `shows` asks for
  /// the value after each.
  bool read(std::string_view reply, size_t step, bool shows) {
    parser_.reset();
    arena_.reset();
    for (size_t at = 0; step != 0 && at < reply.size(); at += step) {
      parser_.feed(reply.substr(at, step));
      if (shows) shown_ += parser_.partial(true).json.size();
    }
    if (step == 0) parser_.feed(reply);
    return parser_.finish(arena_, out_.data()).ok;
  }
  [[nodiscard]] size_t shown() const { return shown_; }

 private:
  value::ReplyPlan plan_;
  value::ReplyParser parser_;
  value::Arena arena_;
  std::vector<std::max_align_t> out_;
  size_t shown_ = 0;  // so that the snapshots are used
};

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (argc < 4 || (mode != "usual" && mode != "broken" && mode != "steps" && mode != "stream")) {
    fmt::print(stderr, "usage: bench_replies usual|broken|steps|stream TYPES FILE...\n");
    return 2;
  }
  const auto program = bench::compile_quick(argv[2]);
  Reader reader(program->types, named(program->types, mode == "usual" ? "Review" : "Report"));
  const bool shows = mode == "stream";
  const size_t step = shows || mode == "steps" ? 20 : 0;

  std::vector<double> each;
  uint64_t bad = 0;
  for (int i = 3; i < argc; ++i) {
    const std::string reply = contents(argv[i]);
    if (!reader.read(reply, step, shows) || (shows && reader.shown() < reply.size())) ++bad;
    each.push_back(bench::time_each([&] { (void)reader.read(reply, step, shows); }, 5));
  }
  std::sort(each.begin(), each.end());
  fmt::print("{{\"impl\":\"chain\",\"bad\":{},\"us\":{:.4f}}}\n", bad, each[each.size() / 2]);
  return bad == 0 ? 0 : 1;
}
