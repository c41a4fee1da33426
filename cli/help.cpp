// `chain help [VERB]`: the verbs, or what one of them takes.
#include <fmt/format.h>

#include <iterator>
#include <string>

#include "cli/output.h"
#include "cli/usage.h"
#include "cli/verbs.h"

namespace chain::cli {
namespace {

constexpr Verb kVerbs[] = {
    {"run", "run a chain and print its answer", run},
    {"chat", "talk with a chain or an agent in the terminal", chat},
    {"resume", "go on with a run that was interrupted, or failed", resume},
    {"answer", "answer what a run asks a person, and go on with it", answer},
    {"replay", "run once more from the journal, with other answers if asked", replay},
    {"runs", "list the runs that are written down", runs},
    {"show", "show what a run did, step by step", show},
    {"lineage", "say what a run's answer was made of", lineage},
    {"trace", "show a run as a tree of spans, or export it to OpenTelemetry", trace_run},
    {"cost", "sum up what the runs that are written down cost", cost},
    {"check", "look for mistakes in files", check},
    {"fmt", "bring files into the standard layout", fmt},
    {"lock", "release versions, and hold those that are released", lock},
    {"diff", "say what changed between versions, files or revisions of git", diff},
    {"log", "show the history of a prompt through git", log},
    {"graph", "show the graph that a file becomes", graph},
    {"test", "run a file's tests; no model is called", test},
    {"eval", "score the answers to the cases of a dataset", eval},
    {"plan", "say what a run may touch and how often it may call", plan},
    {"tools", "list the tools that agents of a file could call", tools},
    {"allow", "allow a file what it needs", allow},
    {"cache", "show, or forget, the answers that are kept for later runs", cache},
    {"index", "build, search and measure the indexes of a file", index},
    {"dataset", "check and show the datasets of a file, make cases of runs", dataset},
    {"memory", "list, search, forget, export what a memory keeps", memory},
    {"mcp", "pin, list and call what the MCP servers of a file offer", mcp},
    {"doctor", "say whether models, or this installation, can be used", doctor},
    {"import", "make `.chain` files of Dotprompt and Prompty files", import_files},
    {"new", "make a project to begin with", new_project},
    {"repl", "evaluate expressions, call a file's prompts and chains", repl},
    {"parse", "read a model's reply as a type of a file", parse},
    {"explain", "explain the code of a diagnostic", explain},
    {"version", "print the version", version},
    {"help", "show this, or what a verb takes", help},
};

std::string overview() {
  std::string text =
      "chain runs programs for language models written in the Chain language.\n\nusage: chain VERB ...\n\n";
  for (const Verb& verb : kVerbs)
    fmt::format_to(std::back_inserter(text), "  {:<9}{}\n", verb.name, verb.summary);
  text += "\n`chain help VERB` shows a verb's options. To begin with: chain run examples/hello.chain\n";
  return text;
}

}  // namespace

std::span<const Verb> verbs() {
  return kVerbs;
}

int help(Arguments arguments) {
  if (arguments.empty() || std::string_view(arguments.front()).substr(0, 1) == "-") {
    return write_out(overview()) ? kOk : kFailed;
  }
  const std::string_view name = arguments.front();
  std::vector<std::string_view> names;
  for (const Verb& verb : kVerbs) {
    if (verb.name == name && verb.run != help) {
      std::string option = "--help";
      char* const words[] = {option.data()};
      return verb.run(Arguments(words, 1));
    }
    names.push_back(verb.name);
  }
  if (name == "help") return write_out(overview()) ? kOk : kFailed;
  return usage_error("", "unknown verb `" + std::string(name) + "`" + meant(name, names));
}

}  // namespace chain::cli
