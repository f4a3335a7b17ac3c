#include "services/sanyuan/lottery_secrets.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "common/digest/digest.h"

namespace sanyuan {

std::function<std::optional<std::string>(const std::string& cycle)> LotterySecrets(
    const ServeOptions& options) {
  std::string master;
  if (!options.tie_key_secret_file.empty()) {
    std::ifstream file(options.tie_key_secret_file, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    master = std::move(content).str();
  } else if (options.dev) {
    master = fmt::format("sanyuan development seed {}", options.dev_seed);
  }
  return [master = std::move(master)](const std::string& cycle) -> std::optional<std::string> {
    if (master.empty()) return std::nullopt;
    return std::string(HmacSha256(master).Of(cycle).view());
  };
}

}  // namespace sanyuan
