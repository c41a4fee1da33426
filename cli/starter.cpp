#include "cli/starter.h"

namespace chain::cli {

namespace {

constexpr std::string_view kMain =
    R"chain(//! Sorts what customers write: chain run main.chain -a message="The app crashes"

/// What a message is about.
enum Topic {
  billing "invoices, prices, refunds"
  bug "something does not work"
  other
}

// Offline and without a key. With one, in OPENAI_API_KEY: model fast = openai("gpt-5-mini")
model fast = baseline()

/// Decide what a message is about.
prompt classify@1.0(message: string) -> Topic {
  model: fast
  system: "You sort messages to a software company. {{ output.format }}"
  example: ("The app crashes when I save") -> bug
  example: ("Why was I charged twice?") -> billing
  example: ("Do you have an office in Seoul?") -> other
  user: "{{ message }}"
}

/// Who should answer a message.
chain main(message: untrusted string = "I was charged twice this month") -> string {
  let topic = classify(message)
  return match topic {
    billing => "accounting"
    bug => "engineering"
    other => "the front desk"
  }
}

test "a bug goes to engineering" {
  given classify returns bug
  expect main("It does not start") == "engineering"
}
)chain";

constexpr std::string_view kReadme = R"(# A Chain project

```sh
chain run main.chain                               # offline; no key is needed
chain run main.chain -a message="It crashes"
chain test main.chain                              # calls no model
chain plan main.chain                              # what a run may touch, and how often it may call
chain repl main.chain                              # try the prompts and chains by hand
```

For a language model, put it in the place of `baseline()` in `main.chain`, or for one run:

```sh
export OPENAI_API_KEY=...
chain run main.chain --model 'fast=openai("gpt-5-mini")'
```
)";

constexpr std::string_view kIgnore = R"(# What runs leave behind.
.chain/

# Keys do not belong in a repository.
.env
)";

constexpr StarterFile kFiles[] = {{"main.chain", kMain}, {"README.md", kReadme}, {".gitignore", kIgnore}};

}  // namespace

std::span<const StarterFile> starter_files() {
  return kFiles;
}

}  // namespace chain::cli
