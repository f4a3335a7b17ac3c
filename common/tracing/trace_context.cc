#include "common/tracing/trace_context.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>

namespace sanyuan::tracing {
namespace {

constexpr size_t kLength = 55;  // Of version 00.
constexpr size_t kMostState = 512;
constexpr size_t kMostMembers = 32;
constexpr size_t kMostKey = 256;
constexpr size_t kMostValue = 256;
constexpr char kDigits[] = "0123456789abcdef";

template <size_t size>
std::string Hex(const std::array<uint8_t, size>& bytes) {
  std::string text;
  text.reserve(2 * size);
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// Lower case only, as the recommendation has it.
std::optional<int> Nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return std::nullopt;
}

template <size_t size>
bool FromHex(std::string_view text, std::array<uint8_t, size>& bytes) {
  if (text.size() != 2 * size) return false;
  for (size_t i = 0; i < size; ++i) {
    const auto high = Nibble(text[2 * i]), low = Nibble(text[2 * i + 1]);
    if (!high || !low) return false;
    bytes[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return true;
}

template <size_t size>
bool IsZero(const std::array<uint8_t, size>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

bool IsKey(std::string_view key) {
  const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (key.empty() || key.size() > kMostKey || !starts(key.front())) return false;
  return std::all_of(key.begin(), key.end(), [&](char c) {
    return starts(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
  });
}

bool IsValue(std::string_view value) {
  if (value.empty() || value.size() > kMostValue || value.back() == ' ') return false;
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

bool IsTracestate(std::string_view text) {
  if (text.size() > kMostState) return false;
  std::set<std::string_view> keys;
  while (true) {
    const size_t comma = text.find(',');
    std::string_view member = text.substr(0, comma);
    member.remove_prefix(std::min(member.find_first_not_of(" \t"), member.size()));
    member = member.substr(0, member.find_last_not_of(" \t") + 1);
    // Members may be empty.
    if (!member.empty()) {
      const size_t equals = member.find('=');
      if (equals == std::string_view::npos || !IsKey(member.substr(0, equals)) ||
          !IsValue(member.substr(equals + 1)) || !keys.insert(member.substr(0, equals)).second ||
          keys.size() > kMostMembers) {
        return false;
      }
    }
    if (comma == std::string_view::npos) return !keys.empty();
    text.remove_prefix(comma + 1);
  }
}

template <size_t size>
std::array<uint8_t, size> Drawn() {
  // Ids need not be hard to guess, only different: a generator for each thread, seeded by the system.
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  std::array<uint8_t, size> bytes;
  do {
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
      const uint64_t number = generator();
      std::memcpy(bytes.data() + i, &number, sizeof(number));
    }
  } while (IsZero(bytes));
  return bytes;
}

}  // namespace

std::string Text(const TraceId& id) { return Hex(id); }
std::string Text(const SpanId& id) { return Hex(id); }

std::optional<TraceContext> ParseTrace(std::string_view traceparent, std::string_view tracestate) {
  if (traceparent.size() < kLength || traceparent[2] != '-' || traceparent[35] != '-' ||
      traceparent[52] != '-') {
    return std::nullopt;
  }
  std::array<uint8_t, 1> version{}, flags{};
  TraceContext context;
  if (!FromHex(traceparent.substr(0, 2), version) || !FromHex(traceparent.substr(3, 32), context.trace_id) ||
      !FromHex(traceparent.substr(36, 16), context.span_id) || !FromHex(traceparent.substr(53, 2), flags)) {
    return std::nullopt;
  }
  if (version[0] == 0xff || IsZero(context.trace_id) || IsZero(context.span_id)) return std::nullopt;
  // A later version may add fields behind.
  const bool longer = traceparent.size() > kLength;
  if (longer && (version[0] == 0 || traceparent[kLength] != '-')) return std::nullopt;
  context.sampled = (flags[0] & 1) != 0;
  if (IsTracestate(tracestate)) context.state = tracestate;
  return context;
}

std::string Traceparent(const TraceContext& context) {
  std::string text;
  text.reserve(kLength);
  text += "00-";
  text += Hex(context.trace_id);
  text += '-';
  text += Hex(context.span_id);
  text += context.sampled ? "-01" : "-00";
  return text;
}

Headers ToTraceHeaders(const TraceContext& context) {
  Headers headers{{std::string(kTraceparent), Traceparent(context)}};
  if (!context.state.empty()) headers.emplace_back(kTracestate, context.state);
  return headers;
}

std::optional<TraceContext> FromTraceHeaders(const Headers& headers) {
  const std::string* parent = nullptr;
  std::string state;
  for (const auto& [name, value] : headers) {
    if (name == kTraceparent) {
      if (parent != nullptr) return std::nullopt;
      parent = &value;
    } else if (name == kTracestate) {
      // Several count as one list.
      state += state.empty() ? value : "," + value;
    }
  }
  return parent == nullptr ? std::nullopt : ParseTrace(*parent, state);
}

TraceContext NewTrace() {
  TraceContext context;
  context.trace_id = Drawn<16>();
  context.span_id = NewSpanId();
  return context;
}

SpanId NewSpanId() { return Drawn<8>(); }

}  // namespace sanyuan::tracing
