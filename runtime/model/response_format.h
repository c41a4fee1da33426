// How a result's JSON Schema is sent, and the reply brought back to what was asked for.
#pragma once

#include <string>
#include <string_view>

namespace chain::model {

struct ResponseFormat {
  std::string
      members;  // "name":...,"strict":...,"schema":..., as OpenAI has them; empty if the schema is none
  bool wrapped = false;  // the endpoint wants an object at the root: the schema is that of {"value": ...}
  bool closed = false;   // every object in it says that it has no other members
  std::string schema;    // alone, wrapped if `wrapped`
};

/// For the schema of a result. `strict` unless the schema has open objects (maps), which strict mode does not
/// know.
[[nodiscard]] ResponseFormat make_response_format(std::string_view name, std::string_view schema);

/// Takes the {"value": ...} off a reply that comes in pieces. A reply of another shape goes through as it is.
class Unwrapper {
 public:
  /// Appends to `out` what of `text` belongs to the value.
  void feed(std::string_view text, std::string& out);
  /// The reply is over: appends what was held back.
  void finish(std::string& out);

 private:
  enum class State : unsigned char { Head, Value, Tail, Through };

  void feed_value(std::string_view text, std::string& out);

  State state_ = State::Head;
  std::string held_;  // Head: all of it. Value: white space that may be the end's
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace chain::model
