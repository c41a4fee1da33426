#include "cli/price_table.h"

#include <sys/stat.h>
#include <unistd.h>

#include "cli/output.h"
#include "runtime/access/grants.h"

namespace chain::cli {

std::string price_file() {
  const std::string folder = access::config_folder();
  return folder.empty() ? std::string() : folder + "/prices.json";
}

std::optional<model::Prices> load_prices(std::string& error) {
  model::Prices prices;
  const std::string file = price_file();
  if (file.empty() || ::access(file.c_str(), F_OK) != 0) return prices;
  struct stat info{};
  if (stat(file.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    error = "`" + file + "` is no file";
    return std::nullopt;
  }
  const auto text = read_file(file, error);
  if (!text) return std::nullopt;
  if (!prices.add(*text, error)) {
    error = "`" + file + "`: " + error;
    return std::nullopt;
  }
  return prices;
}

}  // namespace chain::cli
