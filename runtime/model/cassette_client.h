// Clients that write down what models answer, and that answer from what was written down.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/model/cassette.h"
#include "runtime/model/client.h"

namespace chain::model {

/// Puts every call of `inner` that ends into `cassette`, which must outlive it.
[[nodiscard]] std::unique_ptr<Client> make_recording_client(std::unique_ptr<Client> inner, Cassette& cassette,
                                                            CassetteQuestions questions);

/// A call that a cassette does not hold.
struct CassetteMiss {
  uint64_t row = 0;  // as of the request
  std::string step;
  std::string prompt;
  std::string why;  // as `Cassette::explain` has it
};

/// Calls nobody: answers as `cassette` has it, in the order in which it is asked, each at a turn of the loop.
/// A call that is not there fails with `not_found`, and `missed` is told. `program`, `cassette` and `loop`
/// must outlive it.
[[nodiscard]] std::unique_ptr<Client> make_replaying_client(const program::Program& program,
                                                            Cassette& cassette, CassetteQuestions questions,
                                                            EventLoop& loop,
                                                            std::function<void(CassetteMiss)> missed);

}  // namespace chain::model
