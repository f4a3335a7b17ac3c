// What a partition keeps in the folded state beside its domain's tables: how far inputs were read, and which
// requests were decided. Being state, it is the same for whoever takes over.
// Thread safety: as its store.
#ifndef SANYUAN_COMMON_PARTITION_BOOKKEEPING_H_
#define SANYUAN_COMMON_PARTITION_BOOKKEEPING_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/partition/domain.h"
#include "common/partition/rule.h"
#include "common/state/table.h"
#include "sanyuan/journal/v1/journal.pb.h"

namespace sanyuan::partition {

// How far an input was consumed: all effects of the record at `height`, and of the next one those before `index`.
struct CursorRow {
  std::string journal_id;
  int64_t offset = -1;
  uint64_t height = 0;
  Digest head;
  uint64_t index = 0;

  bool operator==(const CursorRow&) const = default;
  static void Fields(auto& self, auto&& visit) {
    visit(self.journal_id, self.offset, self.height, self.head, self.index);
  }
};

struct TopicKey {
  std::string topic;

  auto operator<=>(const TopicKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.topic); }
};

// Ordered by the time inside the id, so that what is too old to come again can be forgotten from the front.
struct RequestKey {
  uint64_t id_ms = 0;
  std::pair<uint64_t, uint64_t> hash;  // Of principal, method and request id.

  auto operator<=>(const RequestKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.id_ms, self.hash); }
};

struct RequestRow {
  std::string content;  // 16 bytes of the digest of what the client asked.
  uint64_t height = 0;  // Where it was decided.
  std::string result;   // A Decision with refusals and response only.

  static void Fields(auto& self, auto&& visit) { visit(self.content, self.height, self.result); }
};

// A format that the journal was raised to.
struct FormatKey {
  uint32_t format = 0;

  auto operator<=>(const FormatKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.format); }
};

struct FormatRow {
  uint64_t height = 0;  // Where.

  static void Fields(auto& self, auto&& visit) { visit(self.height); }
};

struct OriginKey {
  std::string journal_id;

  auto operator<=>(const OriginKey&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.journal_id); }
};

// A journal that was copied into this one and into others beside it, or into those that these were copied from.
struct OriginRow {
  uint64_t height = 0;     // Where it ended.
  bool completed = false;  // All of it that belongs here was copied.

  static void Fields(auto& self, auto&& visit) { visit(self.height, self.completed); }
};

// How long people's requests are remembered, and how far a client's clock may be ahead.
inline constexpr absl::Duration kRequestWindow = absl::Minutes(7 * 24 * 60 + 10);
inline constexpr absl::Duration kRequestAhead = absl::Minutes(10);

// The time in a UUIDv7, milliseconds since the epoch.
uint64_t RequestMillis(const RequestId& id);
RequestKey KeyOf(const Actor& actor, std::string_view method, const RequestId& id);

class Bookkeeping {
 public:
  explicit Bookkeeping(state::Store& store)
      : cursors(store, "cursors", state::Content::kInternal),
        requests(store, "requests", state::Content::kInternal),
        formats(store, "formats", state::Content::kInternal),
        origins(store, "origins", state::Content::kInternal) {
    formats.CameLater();
    origins.CameLater();
    cursors.HoldsPlaces();
    requests.HoldsPlaces();
    formats.HoldsPlaces();
    origins.HoldsPlaces();
  }

  void Fold(const journal::v1::Genesis& genesis);
  // Folds the cause, outcome and cursors of a decision.
  void Fold(const journal::v1::Decision& decision, uint64_t height);
  void FoldCursor(const journal::v1::Cursor& cursor);
  // What the journal may hold behind the record at `height`.
  uint32_t Format(uint64_t height = UINT64_MAX) const;
  // The journal is made out of older ones, and not all of them that belongs here is here yet.
  bool BeingCopied() const;

  state::Table<TopicKey, CursorRow> cursors;
  state::Table<RequestKey, RequestRow> requests;
  state::Table<FormatKey, FormatRow> formats;
  state::Table<OriginKey, OriginRow> origins;
};

journal::v1::Cursor CursorMessage(std::string_view topic, int32_t partition, const CursorRow& row);

}  // namespace sanyuan::partition

#endif  // SANYUAN_COMMON_PARTITION_BOOKKEEPING_H_
