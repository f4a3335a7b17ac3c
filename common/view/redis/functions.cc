#include "common/view/redis/functions.h"

#include <fmt/format.h>

#include <algorithm>

namespace sanyuan::view {
namespace {

constexpr char kFinished = 'P';
constexpr char kBuilding = 'B';
constexpr size_t kHeightBytes = 8;
constexpr size_t kHeadBytes = 32;

// Lua's unpack takes less than 8,000 values, hence the slices.
constexpr std::string_view kCode = R"lua(
local SLICE = 500

-- Where the view stands, and whether it has all its rows.
local function standing(keys)
  local stored = redis.call('HMGET', keys[1], 'at', 'rows')
  if not stored[1] then return '', 1 end
  local rows = tonumber(stored[2])
  local whole = redis.call('HLEN', keys[2]) == rows and redis.call('ZCARD', keys[3]) == rows
  return stored[1], whole and 1 or 0
end

local function finished(at, whole)
  return whole == 1 and string.sub(at, 1, 1) == 'P'
end

local function apply(keys, args)
  local at, whole = standing(keys)
  if args[1] == '' and not finished(at, whole) then
    redis.call('UNLINK', keys[1], keys[2], keys[3])
  elseif args[1] ~= at or whole == 0 then
    return {0, at, whole}
  end
  local deletes = 4 + 2 * tonumber(args[3])
  for i = 4, deletes - 1, 2 * SLICE do
    local last = math.min(i + 2 * SLICE, deletes) - 1
    -- Only new rows have keys that are not in the sorted set yet.
    if redis.call('HSET', keys[2], unpack(args, i, last)) > 0 then
      local members = {}
      for k = i, last, 2 do
        members[#members + 1] = '0'
        members[#members + 1] = args[k]
      end
      redis.call('ZADD', keys[3], unpack(members))
    end
  end
  for i = deletes, #args, SLICE do
    local last = math.min(i + SLICE - 1, #args)
    redis.call('HDEL', keys[2], unpack(args, i, last))
    redis.call('ZREM', keys[3], unpack(args, i, last))
  end
  redis.call('HSET', keys[1], 'at', args[2], 'rows', redis.call('HLEN', keys[2]))
  return {1}
end

local function position(keys)
  return {standing(keys)}
end

local function get(keys, args)
  local at, whole = standing(keys)
  return {at, whole, finished(at, whole) and redis.call('HGET', keys[2], args[1])}
end

local function scan(keys, args)
  local at, whole = standing(keys)
  local reply = {at, whole, 0}
  if not finished(at, whole) then return reply end
  local limit, most, bytes = tonumber(args[3]), tonumber(args[4]), 0
  local found = redis.call('ZRANGEBYLEX', keys[3], args[1], args[2], 'LIMIT', 0, args[3])
  if #found == limit then reply[3] = 1 end
  -- Small slices: their values are read before their size is known.
  for i = 1, #found, 50 do
    local last = math.min(i + 49, #found)
    local values = redis.call('HMGET', keys[2], unpack(found, i, last))
    for k = i, last do
      local value = values[k - i + 1]
      if not value then return {at, 0, 0} end
      reply[#reply + 1] = found[k]
      reply[#reply + 1] = value
      bytes = bytes + #found[k] + #value
      if bytes >= most and k < #found then
        reply[3] = 1
        return reply
      end
    end
  end
  return reply
end

redis.register_function('@apply', apply)
redis.register_function{function_name = '@position', callback = position, flags = {'no-writes'}}
redis.register_function{function_name = '@get', callback = get, flags = {'no-writes'}}
redis.register_function{function_name = '@scan', callback = scan, flags = {'no-writes'}}
)lua";

RedisFunctions MakeFunctions() {
  const std::string library = "sanyuan_view_" + Sha256(kCode).Hex().substr(0, 12);
  std::string code;
  for (const char c : kCode) {
    if (c == '@') {
      code += library + "_";
    } else {
      code += c;
    }
  }
  RedisFunctions functions;
  functions.code = fmt::format("#!lua name={}\n{}", library, code);
  functions.library = library;
  functions.apply = library + "_apply";
  functions.position = library + "_position";
  functions.get = library + "_get";
  functions.scan = library + "_scan";
  return functions;
}

std::string BigEndian(uint64_t number) {
  std::string bytes(kHeightBytes, '\0');
  for (size_t i = kHeightBytes; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
  return bytes;
}

// The least text that is greater than all that begin with `prefix`; empty when there is none.
std::string Behind(std::string_view prefix) {
  std::string behind(prefix);
  while (!behind.empty() && behind.back() == '\xff') behind.pop_back();
  if (!behind.empty()) behind.back() = static_cast<char>(static_cast<unsigned char>(behind.back()) + 1);
  return behind;
}

}  // namespace

const RedisFunctions& TheRedisFunctions() {
  static const auto* const functions = new RedisFunctions(MakeFunctions());
  return *functions;
}

RedisKeys::RedisKeys(const ViewName& view) {
  const std::string tag = fmt::format("{{v:{}/{}}}", view.context, view.partition);
  position = tag + ":p";
  rows = tag + ":r";
  order = tag + ":k";
}

std::string RedisPosition(const ViewPosition& position) {
  return fmt::format("{}{}{}{}", kFinished, BigEndian(position.height), position.head.view(),
                     position.journal_id);
}

std::string RedisBuilding(std::string_view token, uint64_t pieces) {
  return fmt::format("{}{}{}", kBuilding, BigEndian(pieces), token);
}

bool IsRedisBuilding(std::string_view at) { return at.starts_with(kBuilding); }

std::optional<ViewPosition> PositionOfRedis(std::string_view at) {
  if (at.size() != 1 + kHeightBytes + kHeadBytes + kRedisJournalIdBytes || at[0] != kFinished)
    return std::nullopt;
  ViewPosition position;
  for (const char c : at.substr(1, kHeightBytes)) {
    position.height = position.height << 8 | static_cast<unsigned char>(c);
  }
  position.head = DigestFromBytes(at.substr(1 + kHeightBytes, kHeadBytes));
  position.journal_id = std::string(at.substr(1 + kHeightBytes + kHeadBytes));
  return position;
}

RedisRange RangeOf(std::string_view prefix, std::string_view after) {
  const std::string behind = Behind(prefix);
  RedisRange range;
  range.min = !after.empty() && after >= prefix ? fmt::format("({}", after) : fmt::format("[{}", prefix);
  range.max = behind.empty() ? "+" : "(" + behind;
  return range;
}

}  // namespace sanyuan::view
