#include "common/partition/bookkeeping.h"

#include <cstring>
#include <vector>

#include "common/partition/content.h"
#include "common/partition/safeguards.h"
#include "common/state/table_rows.h"

namespace sanyuan::partition {
namespace {

// Forgetting is bounded, so that the first decision after a quiet week does not have to forget a week at once.
constexpr int kForgetAtOnce = 16;

}  // namespace

uint64_t RequestMillis(const RequestId& id) {
  uint64_t millis = 0;
  for (size_t i = 0; i < 6; ++i) millis = (millis << 8) | id[i];
  return millis;
}

RequestKey KeyOf(const Actor& actor, std::string_view method, const RequestId& id) {
  const Digest digest =
      Sha256OfParts({actor.id, method, {reinterpret_cast<const char*>(id.data()), id.size()}});
  RequestKey key;
  key.id_ms = RequestMillis(id);
  std::memcpy(&key.hash.first, digest.bytes.data(), 8);
  std::memcpy(&key.hash.second, digest.bytes.data() + 8, 8);
  return key;
}

void Bookkeeping::FoldCursor(const journal::v1::Cursor& cursor) {
  CursorRow& row = cursors.Mutate({cursor.topic()});
  row.journal_id = cursor.journal_id();
  row.offset = cursor.offset();
  row.height = cursor.height();
  row.head = cursor.head().size() == 32 ? DigestFromBytes(cursor.head()) : Digest{};
  row.index = cursor.index();
}

uint32_t Bookkeeping::Format(uint64_t height) const {
  uint32_t newest = kFirstFormat;
  formats.ForEach([&](const FormatKey& key, const FormatRow& row) {
    if (row.height <= height) newest = key.format;
  });
  return newest;
}

bool Bookkeeping::BeingCopied() const {
  bool copying = false;
  origins.ForEachFrom({}, [&copying](const OriginKey&, const OriginRow& row) {
    copying = !row.completed;
    return false;  // All of them are completed by one record.
  });
  return copying;
}

void Bookkeeping::Fold(const journal::v1::Genesis& genesis) {
  for (const journal::v1::Cursor& end : genesis.copied_from()) {
    origins.Mutate({end.journal_id()}).height = end.height();
  }
  for (const journal::v1::Generation& generation : genesis.before()) {
    for (const journal::v1::Cursor& end : generation.ends()) {
      origins.Mutate({end.journal_id()}).height = end.height();
    }
  }
}

void Bookkeeping::Fold(const journal::v1::Decision& decision, uint64_t height) {
  for (const journal::v1::Cursor& cursor : decision.cursors()) FoldCursor(cursor);
  if (decision.has_format_raised()) formats.Mutate({decision.format_raised().format()}).height = height;
  if (decision.has_copy_completed()) {
    std::vector<OriginKey> keys;
    origins.ForEach([&keys](const OriginKey& key, const OriginRow&) { keys.push_back(key); });
    for (const OriginKey& key : keys) origins.Mutate(key).completed = true;
  }
  if (!decision.has_command() || !Safeguards::fold_request_ids) return;

  const Stamp stamp = StampOf(decision);
  const auto oldest = static_cast<uint64_t>(absl::ToUnixMillis(stamp.decided_at - kRequestWindow));
  for (int i = 0; i < kForgetAtOnce; ++i) {
    std::optional<RequestKey> first;
    requests.ForEachFrom({}, [&first](const RequestKey& key, const RequestRow&) {
      first = key;
      return false;
    });
    if (!first || first->id_ms >= oldest) break;
    requests.Erase(*first);
  }

  RequestRow& row = requests.Mutate(KeyOf(stamp.actor, stamp.method, stamp.request_id));
  row.content = decision.command().content();
  row.height = height;
  journal::v1::Decision result;
  *result.mutable_refusals() = decision.refusals();
  result.set_response(decision.response());
  row.result = result.SerializeAsString();
}

journal::v1::Cursor CursorMessage(std::string_view topic, int32_t partition, const CursorRow& row) {
  journal::v1::Cursor cursor;
  cursor.set_topic(std::string(topic));
  cursor.set_partition(partition);
  cursor.set_journal_id(row.journal_id);
  cursor.set_offset(row.offset);
  cursor.set_height(row.height);
  cursor.set_head(std::string(row.head.view()));
  cursor.set_index(row.index);
  return cursor;
}

}  // namespace sanyuan::partition

namespace sanyuan {
template class state::Table<partition::TopicKey, partition::CursorRow>;
template class state::Table<partition::RequestKey, partition::RequestRow>;
template class state::Table<partition::FormatKey, partition::FormatRow>;
template class state::Table<partition::OriginKey, partition::OriginRow>;
}  // namespace sanyuan
