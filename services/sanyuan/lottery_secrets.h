// Where allocation takes the secrets of its lotteries from.
#ifndef SANYUAN_SERVICES_SANYUAN_LOTTERY_SECRETS_H_
#define SANYUAN_SERVICES_SANYUAN_LOTTERY_SECRETS_H_

#include <functional>
#include <optional>
#include <string>

#include "services/sanyuan/options.h"

namespace sanyuan {

// One secret for each cycle, from one that the operator keeps: knowing a published one tells nothing of the next.
// Nothing without such a file, but in development mode.
std::function<std::optional<std::string>(const std::string& cycle)> LotterySecrets(
    const ServeOptions& options);

}  // namespace sanyuan

#endif  // SANYUAN_SERVICES_SANYUAN_LOTTERY_SECRETS_H_
