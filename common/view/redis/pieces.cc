#include "common/view/redis/pieces.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace sanyuan::view {
namespace {

constexpr size_t kTokenBytes = 16;
// Small rows cost Redis their number, not their bytes.
constexpr size_t kMaxRows = 2'000;

std::string DrawToken() {
  std::random_device random;
  std::string token;
  while (token.size() < kTokenBytes) token.push_back(static_cast<char>(random()));
  return token;
}

size_t BytesOf(const ViewRow& row) { return row.key.size() + (row.value ? row.value->size() : 0); }

}  // namespace

RedisPieces::RedisPieces(const RedisKeys& keys, const std::optional<ViewPosition>& from,
                         const ViewPosition& to, absl::Span<const ViewRow> rows, size_t max_bytes)
    : keys_(keys) {
  absl::flat_hash_set<std::string_view> changed;
  changed.reserve(rows.size());
  rows_.reserve(rows.size());
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (changed.insert(row->key).second) rows_.push_back(&*row);
  }
  std::stable_partition(rows_.begin(), rows_.end(),
                        [](const ViewRow* row) { return row->value.has_value(); });
  Cut(max_bytes);
  const std::string token = pieces_.size() > 1 ? DrawToken() : "";
  for (size_t i = 0; i + 1 < pieces_.size(); ++i) {
    pieces_[i].to = RedisBuilding(token, i + 1);
    pieces_[i + 1].from = pieces_[i].to;
  }
  pieces_.front().from = from ? RedisPosition(*from) : "";
  pieces_.back().to = RedisPosition(to);
}

void RedisPieces::Cut(size_t max_bytes) {
  size_t begin = 0;
  do {
    size_t end = begin;
    size_t puts = 0;
    for (size_t bytes = 0; end < rows_.size() && end - begin < kMaxRows; ++end) {
      bytes += BytesOf(*rows_[end]);
      if (bytes > max_bytes && end > begin) break;
      if (rows_[end]->value) ++puts;
    }
    pieces_.push_back({begin, end, fmt::format("{}", puts), "", ""});
    begin = end;
  } while (begin < rows_.size());
}

std::vector<std::string_view> RedisPieces::Command(size_t index) const {
  const Piece& piece = pieces_[index];
  std::vector<std::string_view> command = {"FCALL",    TheRedisFunctions().apply,
                                           "3",        keys_.position,
                                           keys_.rows, keys_.order,
                                           piece.from, piece.to,
                                           piece.puts};
  command.reserve(command.size() + 2 * (piece.end - piece.begin));
  for (size_t i = piece.begin; i < piece.end; ++i) {
    command.emplace_back(rows_[i]->key);
    if (rows_[i]->value) command.emplace_back(*rows_[i]->value);
  }
  return command;
}

}  // namespace sanyuan::view
