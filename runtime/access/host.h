// Where URLs lead, as capabilities and rules have it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chain::access {

/// The host in a URL as a capability has it: "api.example.com", "localhost:8080". `*` stands for what is made
/// at run time, and alone for a URL that does not say its host.
[[nodiscard]] std::string host_of_url(std::string_view url);

/// The host that a connection string of PostgreSQL's libpq leads to, with its port: a URL
/// ("postgres://db.example.com/shop") or words ("host=db.example.com port=5433"). A socket of this machine is
/// "localhost"; `*` stands for what is not sure.
[[nodiscard]] std::string host_of_database(std::string_view connection);

/// Why `url` cannot be called, or why nobody can say where it leads; nothing if it is one of http or https.
/// If it is not `whole`, something that is made at run time follows it.
[[nodiscard]] std::optional<std::string> url_mistake(std::string_view url, bool whole);

}  // namespace chain::access
