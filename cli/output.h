// Standard output and standard error. Answers go to the one, everything else to the other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chain::cli {

/// Opens /dev/null at descriptors 0 to 2 where one is closed, so that no socket lands there, and ignores
/// SIGPIPE, which sockets would raise as well, and SIGXFSZ: a file that may not grow is an error like a full
/// disk.
void prepare_standard_files();

/// Should the process crash, no file is made of its memory, in which keys and texts stand; children inherit
/// that.
void keep_memory_out_of_files();

/// Writes all of `text` to standard output. If the reader has gone, the process ends as SIGPIPE would end it.
/// False if it cannot be written for another reason (a full disk, a closed descriptor), which is said on
/// standard error.
[[nodiscard]] bool write_out(std::string_view text);

/// `write_out` of a JSON document or of a text, made safe first if standard output is a terminal.
[[nodiscard]] bool answer_text(std::string_view text);
[[nodiscard]] bool answer_json(std::string_view json);

/// Writes to standard error; nothing can be done if that fails. `text` must be fit for a terminal.
void say(std::string_view text);
/// `say("error: " ...)`, in colour where there is some; `message` is made safe.
void say_error(std::string_view message);

/// JSON on one line laid out with two spaces a level, 64 levels far. The tokens stay as they are.
[[nodiscard]] std::string pretty_json(std::string_view json);

/// All of a file, or of standard input; nothing, with `error` set, if it cannot be read or is larger than
/// `limit`.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::string& error,
                                                   size_t limit = size_t{64} << 20);
[[nodiscard]] std::optional<std::string> read_stdin(std::string& error, size_t limit = size_t{64} << 20);

/// Ends the process as one whose output nobody reads any more, without a word.
[[noreturn]] void end_as_by_sigpipe();

}  // namespace chain::cli
