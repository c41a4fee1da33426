// One model of a program, made ready to be called. A provider is a function that makes one of these.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/model/client.h"
#include "runtime/model/retry.h"

namespace chain {
class EventLoop;
namespace http {
class Client;
}
}  // namespace chain

namespace chain::model {

class Backend {
 public:
  using CallId = Client::CallId;

  virtual ~Backend() = default;
  /// As Client::start, under the id that the client gave.
  virtual void start(CallId id, Request request, Listener& listener) = 0;
  virtual void cancel(CallId id) = 0;

  struct Load {
    size_t calls = 0;    // begun and not ended, those that wait among them
    uint32_t cap = 0;    // how many it makes at once; 0 for no cap
    bool waits = false;  // one more would wait for `rpm`, `tpm` or the provider's pause
  };
  [[nodiscard]] virtual Load load() = 0;
};

/// What backends share. `http` is made when it is first asked for: libcurl costs milliseconds to load.
struct Services {
  EventLoop& loop;
  std::function<http::Client&()> http;
  Random& random;
  const ClientOptions& options;
  RateLimits* limits = nullptr;  // null: each backend has its own
};

/// A backend, or why there is none.
struct MadeBackend {
  std::unique_ptr<Backend> backend;
  Failure failure;  // if there is no backend
};

using MakeBackend = MadeBackend (*)(const program::Program& program, const program::Model& model,
                                    const Services& services);

/// Null if there is no such provider. The table stands in providers.cpp.
[[nodiscard]] MakeBackend find_backend(std::string_view provider);

[[nodiscard]] MadeBackend make_openai(const program::Program& program, const program::Model& model,
                                      const Services& services);
[[nodiscard]] MadeBackend make_compatible(const program::Program& program, const program::Model& model,
                                          const Services& services);
[[nodiscard]] MadeBackend make_ollama(const program::Program& program, const program::Model& model,
                                      const Services& services);
[[nodiscard]] MadeBackend make_anthropic(const program::Program& program, const program::Model& model,
                                         const Services& services);
[[nodiscard]] MadeBackend make_gemini(const program::Program& program, const program::Model& model,
                                      const Services& services);
[[nodiscard]] MadeBackend make_baseline(const program::Program& program, const program::Model& model,
                                        const Services& services);
[[nodiscard]] MadeBackend make_scripted(const program::Program& program, const program::Model& model,
                                        const Services& services);

}  // namespace chain::model
