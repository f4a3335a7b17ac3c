// Dies at the crash point that SANYUAN_TEST_CRASH_AT names, as by kill -9: "before_answer:12" when it is reached for the
// twelfth time since the start. "between_pages:2:landed" first holds the thread, so that what it has sent off so
// far lands in the journal and nothing after it.
#include "common/partition/crash_points.h"

#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace sanyuan::partition {
namespace {

struct CrashAt {
  std::string name;
  int time = 0;
  bool landed = false;

  CrashAt() {
    const char* setting = std::getenv("SANYUAN_TEST_CRASH_AT");
    if (setting == nullptr) return;
    std::string_view rest(setting);
    const size_t colon = rest.find(':');
    name = rest.substr(0, colon);
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    constexpr std::string_view kLanded = ":landed";
    landed = rest.ends_with(kLanded);
    if (landed) rest.remove_suffix(kLanded.size());
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), time);
    // A test that names its crash point wrongly must not pass as one without crashes.
    if (parsed.ec != std::errc() || parsed.ptr != rest.data() + rest.size() || time < 1) std::abort();
  }
};

// Many times what a commit takes.
constexpr auto kLanding = std::chrono::milliseconds(200);

}  // namespace

void ReachCrashPoint(std::string_view name) {
  static const CrashAt at;
  static std::atomic<int> reached{0};
  if (name != at.name || ++reached != at.time) return;
  if (at.landed) std::this_thread::sleep_for(kLanding);
  raise(SIGKILL);
}

}  // namespace sanyuan::partition
