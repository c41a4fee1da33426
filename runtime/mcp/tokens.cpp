#include "runtime/mcp/tokens.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "runtime/access/grants.h"
#include "runtime/access/own_files.h"
#include "runtime/value/digest.h"

namespace chain::mcp {

using nlohmann::json;

std::string Tokens::default_folder() {
  const std::string folder = access::config_folder();
  return folder.empty() ? folder : folder + "/tokens";
}

std::string Tokens::path_of(const std::string& server) const {
  return folder_ + '/' + value::hex(value::sha256(server)).substr(0, 40) + ".json";
}

std::optional<Login> Tokens::find(const std::string& server) const {
  const auto text = folder_.empty() ? std::nullopt : access::read_own(path_of(server));
  const json object = text ? json::parse(*text, nullptr, false) : json();
  if (!object.is_object()) return std::nullopt;
  const auto word = [&](const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  Login login;
  login.server = word("server");
  login.issuer = word("issuer");
  login.token_endpoint = word("token_endpoint");
  login.client = {word("client_id"), word("client_secret"), word("method")};
  login.redirect = word("redirect");
  login.access = word("access_token");
  login.refresh = word("refresh_token");
  login.scope = word("scope");
  const auto ends = object.find("ends");
  if (ends != object.end() && ends->is_number_integer()) login.ends = ends->get<int64_t>();
  return login.server == server && !login.access.empty() ? std::optional(std::move(login)) : std::nullopt;
}

bool Tokens::store(const Login& login, std::string& error) const {
  const json object = {{"server", login.server},
                       {"issuer", login.issuer},
                       {"token_endpoint", login.token_endpoint},
                       {"client_id", login.client.id},
                       {"client_secret", login.client.secret},
                       {"method", login.client.method},
                       {"redirect", login.redirect},
                       {"access_token", login.access},
                       {"refresh_token", login.refresh},
                       {"scope", login.scope},
                       {"ends", login.ends}};
  const std::string text = object.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
  return access::write_own(folder_, path_of(login.server), text, error);
}

bool Tokens::remove(const std::string& server) const {
  return !folder_.empty() && unlink(path_of(server).c_str()) == 0;
}

}  // namespace chain::mcp
