// What this process knows of a view in Redis, and what a read may therefore be answered from. Redis may come back
// empty, with an old dump or with a part of the rows: a view is read only at the position that this process has
// seen or applied last, or at a later one.
//
// Thread safety: all methods may be called from any thread.
#ifndef SANYUAN_COMMON_VIEW_REDIS_KNOWN_VIEW_H_
#define SANYUAN_COMMON_VIEW_REDIS_KNOWN_VIEW_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/view/redis/connection.h"
#include "common/view/redis/functions.h"

namespace sanyuan::view {

// Where Redis says that a view stands.
struct Standing {
  enum class Kind { kNothing, kBuilding, kBroken, kFinished };
  Kind kind = Kind::kNothing;
  std::optional<ViewPosition> position;  // Of kFinished.
  std::string ToString() const;
};
Standing StandingOf(std::string_view at, bool whole);

class KnownView {
 public:
  explicit KnownView(ViewName view) : name(std::move(view)), keys(name) {}

  const ViewName name;
  const RedisKeys keys;

  // What was known before Redis was asked: its answer may be of any moment after this.
  struct Before {
    std::optional<ViewPosition> floor;
    bool cleared = false;
    bool failed = false;
    uint64_t epoch = 0;
    uint64_t builds = 0;
  };
  Before Look() const;

  enum class Verdict {
    kAnswer,   // From the rows, or from their absence.
    kAgain,    // This process has changed the view meanwhile.
    kUnbuilt,  // Nobody has said yet that there should be anything.
    kLost,     // The view is not what it was.
  };
  // What to do with what Redis gave while the view stood so. Remembers the position if it is an answer. While this
  // process is changing the view it waits for that, until the deadline.
  Verdict Judge(const Before& before, const Standing& standing, bool refuse_unbuilt, RedisDeadline deadline);
  // Position() has given this.
  void Seen(const Before& before, const ViewPosition& position);

  // For as long as this process changes the view.
  class Changing {
   public:
    explicit Changing(KnownView* view);
    ~Changing();
    Changing(const Changing&) = delete;
    Changing& operator=(const Changing&) = delete;

    void Cleared();
    void Applied(bool anew, const ViewPosition& to);
    // The view stands elsewhere.
    void Refused(bool anew);
    // It could not be cleared or built anew: whatever is there is not what it should be.
    void Failed();

   private:
    KnownView* const view_;
  };

  // Whether it is time to say that the view is lost: once, then again after a pause for as long as it is.
  bool TimeToSay();

  // The server that has the view, when another than the first was learnt of.
  std::optional<RedisAddress> node() const;
  void set_node(const RedisAddress& node);

 private:
  // REQUIRES: mutex_ is held.
  void Raise(const Before& before, const ViewPosition& position);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<ViewPosition> floor_;  // Not below this.
  bool cleared_ = false;               // By this process: until it is seen again, there need be nothing.
  bool failed_ = false;                // It was to be cleared or built anew, and isn't.
  int changing_ = 0;
  uint64_t epoch_ = 0;   // Moves with every begin and end of a change.
  uint64_t builds_ = 0;  // How often it was cleared or built anew: what was seen before says nothing.
  std::chrono::steady_clock::time_point next_say_;
  std::optional<RedisAddress> node_;
};

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_REDIS_KNOWN_VIEW_H_
