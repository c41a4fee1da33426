#include "runtime/model/raw_call.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/http/printable.h"
#include "runtime/model/endpoint.h"
#include "runtime/model/json_reader.h"

namespace chain::model {

namespace {

class RawReply final : public Reply {
 public:
  explicit RawReply(std::string protocol) : protocol_(std::move(protocol)) {}

  void read(std::string_view bytes, DeltaSink& /*sink*/) override { text_ += bytes; }
  [[nodiscard]] bool complete() const override { return false; }
  [[nodiscard]] bool finish(Completion& completion, Problem& problem) override {
    JsonReader reader(text_);
    if (!reader.skip() || !reader.end()) {
      problem.what =
          fmt::format("the reply is not JSON, as {} send it: \"{}\"", protocol_, http::printable(text_, 120));
      return false;
    }
    completion.text = std::move(text_);
    completion.finish_reason = "stop";
    return true;
  }

 private:
  std::string protocol_;
  std::string text_;
};

class RawDialect final : public JsonDialect {
 public:
  RawDialect(Setup setup, std::string provider, RawApi api)
      : JsonDialect(std::move(setup), api.protocol, MediaApi::Chat),
        provider_(std::move(provider)),
        api_(std::move(api)) {}

  Form write(const Request& request, std::span<const Medium> /*media*/, std::string& body) override {
    body += request.messages.front().text;
    return {};
  }

 private:
  std::string path() const override { return api_.path; }
  http::Header key_header() const override {
    if (provider_ == "anthropic") return {"x-api-key", ""};
    if (provider_ == "gemini") return {"x-goog-api-key", ""};
    return {"Authorization", "Bearer "};
  }
  std::vector<http::Header> more_headers() const override {
    if (provider_ == "anthropic") return {{"anthropic-version", "2023-06-01"}};
    return {};
  }
  std::unique_ptr<Reply> read_object(const Form& /*form*/) const override {
    return std::make_unique<RawReply>(api_.protocol);
  }
  std::unique_ptr<Reply> read_stream(const Form& /*form*/) const override {
    return std::make_unique<RawReply>(api_.protocol);
  }
  bool speaks_of_schema(std::string_view /*body*/) const override { return false; }

  std::string provider_;
  RawApi api_;
};

}  // namespace

MadeBackend make_raw_backend(const program::Model& model, const Services& services, RawApi api) {
  return make_http_backend(model, services, [&](Setup setup, const Options& /*options*/) {
    if (model.provider == "ollama") setup.base_url = ollama_server(std::move(setup.base_url));
    return std::make_unique<RawDialect>(std::move(setup), model.provider, std::move(api));
  });
}

}  // namespace chain::model
