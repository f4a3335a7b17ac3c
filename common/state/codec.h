// The canonical binary form of folded state: what snapshots hold and what state digests are taken over.
// Equal values have equal bytes, on every machine. It is never sent to anybody and never journaled:
// messages are for the wire and the journal, a changed form only makes old snapshots unusable.
//
// A struct takes part by naming its fields once:
//   struct Stop {
//     Code licence;  absl::Time planned_from;  std::vector<Line> lines;
//     static void Fields(auto& self, auto&& visit) { visit(self.licence, self.planned_from, self.lines); }
//   };
// Known are integers, bool, enums, strings, Code, Digest, absl::Time (microseconds), absl::Duration,
// std::optional, std::pair, std::vector, ordered maps and sets, and structs with Fields.
// Pure functions, any thread.
#ifndef SANYUAN_COMMON_STATE_CODEC_H_
#define SANYUAN_COMMON_STATE_CODEC_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/digest/digest.h"
#include "common/state/code.h"

namespace sanyuan::state {

class Encoder;
class Decoder;

template <typename T>
concept Struct = requires(T& value, Encoder& encoder) {
  T::Fields(value, encoder);
};
template <typename T>
concept Map = requires {
  typename T::key_type;
  typename T::mapped_type;
};
template <typename T>
concept Set = requires {
  typename T::key_type;
}
&&!Map<T>;

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  template <typename... T>
  void operator()(const T&... values) {
    (Put(values), ...);
  }

 private:
  void PutVarint(uint64_t value);
  void PutBytes(std::string_view bytes);

  template <typename T>
  void Put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      Put(static_cast<int64_t>(value));
    } else if constexpr (std::unsigned_integral<T>) {
      PutVarint(value);
    } else if constexpr (std::signed_integral<T>) {
      const auto wide = static_cast<int64_t>(value);
      PutVarint((static_cast<uint64_t>(wide) << 1) ^ static_cast<uint64_t>(wide >> 63));
    } else if constexpr (Struct<T>) {
      T::Fields(value, *this);
    } else if constexpr (Map<T> || Set<T>) {
      PutVarint(value.size());
      for (const auto& element : value) Put(element);
    } else {
      PutOther(value);
    }
  }
  void PutOther(const std::string& value) { PutBytes(value); }
  void PutOther(const Code& value) { PutBytes(value.view()); }
  void PutOther(const Digest& value) { out_.append(value.view()); }
  void PutOther(const absl::Time& value);
  void PutOther(const absl::Duration& value);
  template <typename A, typename B>
  void PutOther(const std::pair<A, B>& value) {
    Put(value.first);
    Put(value.second);
  }
  template <typename T>
  void PutOther(const std::optional<T>& value) {
    Put(value.has_value());
    if (value) Put(*value);
  }
  template <typename T>
  void PutOther(const std::vector<T>& value) {
    PutVarint(value.size());
    for (const T& element : value) Put(element);
  }

  std::string& out_;
};

// Reads what Encoder wrote. After the first error ok() is false, and every further value is left as it was.
class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return in_.empty(); }
  // What was not read yet.
  std::string_view rest() const { return in_; }

  template <typename... T>
  void operator()(T&... values) {
    (Get(values), ...);
  }

 private:
  uint64_t GetVarint();
  std::string_view GetBytes(uint64_t size);
  // The length of a list: never more than the bytes that are left, so that damage can't ask for all memory.
  uint64_t GetCount();
  void Fail() { ok_ = false; }

  template <typename T>
  void Get(T& value) {
    if (!ok_) return;
    if constexpr (std::is_enum_v<T>) {
      int64_t number = 0;
      Get(number);
      value = static_cast<T>(number);
    } else if constexpr (std::same_as<T, bool>) {
      const uint64_t wide = GetVarint();
      if (wide > 1) return Fail();
      value = wide == 1;
    } else if constexpr (std::unsigned_integral<T>) {
      const uint64_t wide = GetVarint();
      if (!std::in_range<T>(wide)) return Fail();
      value = static_cast<T>(wide);
    } else if constexpr (std::signed_integral<T>) {
      const uint64_t raw = GetVarint();
      const auto wide = static_cast<int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
      if (!std::in_range<T>(wide)) return Fail();
      value = static_cast<T>(wide);
    } else if constexpr (Struct<T>) {
      T::Fields(value, *this);
    } else if constexpr (Map<T>) {
      value.clear();
      for (uint64_t left = GetCount(); left > 0 && ok_; --left) {
        std::pair<typename T::key_type, typename T::mapped_type> element;
        Get(element);
        if (ok_) value.insert(value.end(), std::move(element));
      }
    } else if constexpr (Set<T>) {
      value.clear();
      for (uint64_t left = GetCount(); left > 0 && ok_; --left) {
        typename T::key_type element;
        Get(element);
        if (ok_) value.insert(value.end(), std::move(element));
      }
    } else {
      GetOther(value);
    }
  }
  void GetOther(std::string& value);
  void GetOther(Code& value);
  void GetOther(Digest& value);
  void GetOther(absl::Time& value);
  void GetOther(absl::Duration& value);
  template <typename A, typename B>
  void GetOther(std::pair<A, B>& value) {
    Get(value.first);
    Get(value.second);
  }
  template <typename T>
  void GetOther(std::optional<T>& value) {
    bool present = false;
    Get(present);
    value.reset();
    if (present) Get(value.emplace());
  }
  template <typename T>
  void GetOther(std::vector<T>& value) {
    const uint64_t count = GetCount();
    value.clear();
    value.reserve(count);
    for (uint64_t i = 0; i < count && ok_; ++i) Get(value.emplace_back());
  }

  std::string_view in_;
  bool ok_ = true;
};

template <typename T>
void EncodeTo(const T& value, std::string& out) {
  Encoder encoder(out);
  encoder(value);
}

template <typename T>
std::string Encode(const T& value) {
  std::string out;
  EncodeTo(value, out);
  return out;
}

// False when `bytes` is not exactly the form of one T; `value` is then unspecified.
template <typename T>
bool Decode(std::string_view bytes, T& value) {
  Decoder decoder(bytes);
  decoder(value);
  return decoder.ok() && decoder.AtEnd();
}

}  // namespace sanyuan::state

#endif  // SANYUAN_COMMON_STATE_CODEC_H_
