// The models of a file: who is there, what was found, what to write.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/doctor.h"
#include "cli/output.h"
#include "cli/permission.h"
#include "cli/price_table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "runtime/access/host.h"
#include "runtime/model/options.h"
#include "runtime/model/probe.h"
#include "runtime/program/model_links.h"
#include "runtime/program/providers.h"
#include "runtime/program/quote.h"
#include "runtime/program/web_search.h"
#include "runtime/sched/ambient.h"

namespace chain::cli {
namespace {

using model::Probe;
using model::Probed;
using model::ProbeState;
using nlohmann::json;

/// One model, and what was found of it. Of a `balance` nothing is asked: its members are.
struct Examined {
  const program::Model* model = nullptr;
  std::vector<std::string> members;
  std::string price;  // what is known of it, in words; empty for models that cost nothing
  Probed probed;
};

std::string_view word_of(ProbeState state) {
  switch (state) {
    case ProbeState::Works: return "works";
    case ProbeState::Missing: return "no";
    case ProbeState::Fails: return "fails";
    case ProbeState::Skipped: return "not asked";
  }
  return "";
}

std::string written(const Examined& each) {
  std::string text = each.model->provider + "(";
  if (!each.model->id.empty()) program::append_quoted(text, each.model->id);
  for (size_t i = 0; i < each.members.size(); ++i) text += (i > 0 ? ", " : "") + each.members[i];
  return text + ")";
}

void add_probe(std::string& text, const Probe& probe) {
  const std::string time =
      probe.time > 0 ? fmt::format("{:.2f} s", static_cast<double>(probe.time) / 1e9) : std::string();
  std::string line =
      fmt::format("  {:<10} {:<13} {:>8}  {}", word_of(probe.state), probe.name, time, one_line(probe.note));
  while (line.ends_with(' ')) line.pop_back();
  text += line + "\n";
  if (!probe.advice.empty()) text += fmt::format("{:37}{}\n", "", one_line(probe.advice));
}

std::string as_text(const Examined& each) {
  const Probed& probed = each.probed;
  std::string text = fmt::format("model {}: {}\n", one_line(each.model->name), one_line(written(each)));
  if (!probed.url.empty()) text += fmt::format("  url        {}\n", one_line(probed.url));
  if (!probed.key_env.empty())
    text +=
        fmt::format("  key        {} is {}\n", one_line(probed.key_env), probed.key_set ? "set" : "not set");
  if (!each.price.empty()) text += fmt::format("  price      {}\n", one_line(each.price));
  for (const Probe& probe : probed.probes) add_probe(text, probe);
  if (!each.members.empty()) text += "  its members are asked in its place\n";
  if (!probed.usable) text += "  it cannot be used as it is\n";
  return text;
}

json as_json(const Examined& each) {
  const Probed& probed = each.probed;
  json object = {{"name", each.model->name},
                 {"provider", each.model->provider},
                 {"usable", probed.usable},
                 {"probes", json::array()}};
  if (!each.model->id.empty()) object["id"] = each.model->id;
  if (!each.members.empty()) object["members"] = each.members;
  if (!each.price.empty()) object["price"] = each.price;
  if (!probed.url.empty()) object["url"] = probed.url;
  if (!probed.key_env.empty()) object["key"] = {{"variable", probed.key_env}, {"set", probed.key_set}};
  for (const Probe& probe : probed.probes) {
    json entry = {{"name", probe.name}, {"state", word_of(probe.state)}};
    if (probe.time > 0) entry["nanoseconds"] = probe.time;
    if (!probe.note.empty()) entry["note"] = probe.note;
    if (!probe.advice.empty()) entry["advice"] = probe.advice;
    object["probes"].push_back(std::move(entry));
  }
  return object;
}

/// Questions cost nothing on this machine, nor, as far as anybody knows, where nobody has named a price.
bool may_ask(const program::Model& model, const model::Prices& prices, const DoctorSettings& settings) {
  return settings.live || model::is_served_here(model, settings.variables.get()) ||
         (model.provider == "compatible" && !prices.of(model));
}

std::string price_of(const program::Model& model, const model::Prices& prices) {
  const auto dollars = [](double amount) { return fmt::format("${:.4g}", amount); };
  const auto price = prices.of(model);
  if (!price)
    return fmt::format("unknown, so that `within` cannot bound its cost: add \"{}/{}\" to {}", model.provider,
                       model.id, price_file().empty() ? "prices.json" : price_file());
  if (price->input == 0 && price->output == 0) return {};
  const double million = 1e9, thousand = 1e12;
  std::string text =
      fmt::format("{} in, {} out for a million tokens", dollars(static_cast<double>(price->input) / million),
                  dollars(static_cast<double>(price->output) / million));
  if (program::searches_web(model))
    text += price->search < 0 ? ", a search unknown: add its `search`"
                              : fmt::format(", {} for a thousand searches",
                                            dollars(static_cast<double>(price->search) / thousand));
  return text;
}

/// What calling the model takes of the world outside, as a run would need it.
std::vector<program::Capability> needs_of(const program::Model& model) {
  std::string error;
  const auto options = model::Options::read(model, error);
  const program::ProviderInfo* provider = program::find_model_provider(model.provider);
  if (!options || !provider) return {};
  const std::string url = options->text("base_url").value_or(std::string(provider->home));
  if (url.empty()) return {};
  const std::string user = "model `" + model.name + "`";
  const std::string host = access::host_of_url(url);
  const bool usual = host == access::host_of_url(provider->home) || model::is_loopback(url);
  std::vector<program::Capability> needs;
  needs.push_back({.value = host, .user = user, .model = model.name, .usual = usual});
  const std::string key = options->text("api_key_env").value_or(std::string(provider->key));
  if (!key.empty())
    needs.push_back({.kind = program::CapabilityKind::Env,
                     .value = key,
                     .user = user,
                     .model = model.name,
                     .usual = usual && key == provider->key});
  if (!program::searches_web(model)) return needs;
  std::vector<std::string> domains = options->texts("search_domains");
  if (domains.empty()) domains.emplace_back("*");
  for (std::string& domain : domains)
    needs.push_back({.kind = program::CapabilityKind::Search,
                     .value = std::move(domain),
                     .user = user,
                     .model = model.name});
  return needs;
}

class Examination {
 public:
  Examination(const program::Program& program, const DoctorSettings& settings, const model::Prices& prices)
      : program_(program), settings_(settings), prices_(prices), now_(sched::wall_clock() / 1'000'000'000) {
    const std::string file = endpoint_file();
    if (!file.empty()) known_ = model::KnownEndpoints::load(file, now_);
  }

  /// Calls with options of their own have models of the same name, which are the same to their server.
  std::vector<Examined> all() {
    std::vector<Examined> examined;
    std::set<std::string_view> seen;
    for (uint32_t i = 0; i < program_.models.size(); ++i) {
      const program::Model& model = program_.models[i];
      const bool wanted = model.use == program::ModelUse::Answers &&
                          (settings_.model.empty() || settings_.model == model.name);
      if (wanted && seen.insert(model.name).second) examined.push_back(one(i));
    }
    return examined;
  }
  void keep() const {
    const std::string file = endpoint_file();
    if (!found_ || file.empty()) return;
    const std::string why = known_.save(file);
    if (!why.empty()) say("warning: cannot keep what was found in `" + printable(file) + "`: " + why + "\n");
  }

 private:
  Examined one(uint32_t index) {
    Examined examined{.model = &program_.models[index], .members = {}, .price = {}, .probed = {}};
    for (const uint32_t member : program::links_of(*examined.model).members)
      examined.members.push_back(program_.models.at(member).name);
    if (!examined.members.empty()) return examined;
    examined.price = price_of(*examined.model, prices_);
    if (std::string why = refusal(*examined.model); !why.empty()) {
      examined.probed.usable = false;
      Probe& probe = examined.probed.probes.emplace_back();
      probe.name = "reach";
      probe.note = std::move(why);
      probe.advice = "`chain allow " + shell_word(settings_.file) + "` allows it, `--allow` for this once";
      return examined;
    }
    model::ProbeOptions options;
    options.asks = may_ask(*examined.model, prices_, settings_);
    options.timeout = settings_.timeout;
    options.variables = settings_.variables;
    examined.probed = model::probe_model(program_, index, options);
    if (options.asks && examined.probed.usable && !examined.probed.base_url.empty()) {
      known_.note(examined.model->provider, examined.probed.base_url, examined.model->id,
                  examined.probed.found, now_);
      found_ = true;
    }
    return examined;
  }

  /// What the model needs and is not allowed; empty if it may be called. Who only looks at a file sends no
  /// key to wherever that says.
  [[nodiscard]] std::string refusal(const program::Model& model) const {
    for (const program::Capability& need : needs_of(model)) {
      const access::Verdict verdict = settings_.policy.judge(need);
      if (verdict == access::Verdict::Missing || verdict == access::Verdict::Denied)
        return "it needs `" + access::to_string(need) + "`, which is not allowed";
    }
    return {};
  }

  const program::Program& program_;
  const DoctorSettings& settings_;
  const model::Prices& prices_;
  int64_t now_;  // seconds since 1970
  model::KnownEndpoints known_;
  bool found_ = false;
};

}  // namespace

int examine_models(const program::Program& program, const DoctorSettings& settings) {
  std::string error;
  const std::optional<model::Prices> prices = load_prices(error);
  if (!prices) {
    say_error(error);
    return kFailed;
  }
  Examination examination(program, settings, *prices);
  const std::vector<Examined> examined = examination.all();
  examination.keep();
  bool usable = true;
  std::string text;
  json models = json::array();
  for (const Examined& each : examined) {
    usable = usable && each.probed.usable;
    if (settings.json) {
      models.push_back(as_json(each));
    } else {
      text += (text.empty() ? "" : "\n") + as_text(each);
    }
  }
  if (examined.empty()) text = "the program has no models\n";
  const json report = {{"models", std::move(models)}, {"usable", usable}};
  const bool out = settings.json
                       ? answer_json(report.dump(2, ' ', false, json::error_handler_t::replace) + "\n")
                       : write_out(printable(text));
  return out && usable ? kOk : kFailed;
}

}  // namespace chain::cli
