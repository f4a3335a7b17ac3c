// How keys lie at rest in every store: wrapped by the master key, each bound to whose it is, so that nobody can hang one
// person's key on another. And under which names people are forgotten. Pure functions, any thread.
#ifndef SANYUAN_COMMON_SEALED_WRAPPING_H_
#define SANYUAN_COMMON_SEALED_WRAPPING_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/sealed/key_store.h"

namespace sanyuan::sealed {

// REQUIRES: a master key of kKeyBytes, here and below.
std::string WrapPersonKey(std::string_view master_key, std::string_view person, std::string_view key);
std::string WrapHashKey(std::string_view master_key, std::string_view key);
// nullopt: damaged, or wrapped by another master key or for somebody else.
std::optional<std::string> UnwrapPersonKey(std::string_view master_key, std::string_view person,
                                           std::string_view wrapped);
std::optional<std::string> UnwrapHashKey(std::string_view master_key, std::string_view wrapped);

// All that a store holds, as it lies at rest.
struct StoredKeys {
  struct Key {
    KeyName name;
    std::string wrapped;
  };
  std::string hash_key;  // Wrapped.
  std::vector<Key> keys;
  std::vector<std::string> forgotten;  // Names as below.
};

// The names to write down when a person is forgotten: the own one, and with receivers one that stands for all of them.
// No person is named like that: names of people hold no spaces.
std::vector<std::string> NamesToForget(std::string_view person, bool with_receivers);
// The names under which a person may have been forgotten: the own one, and those of the receivers of every licence that
// the name may come from.
std::vector<std::string> NamesOf(std::string_view person);
// The licence whose receivers the name stands for; nullopt for a person's own one.
std::optional<std::string_view> LicenceOf(std::string_view forgotten_name);

}  // namespace sanyuan::sealed

#endif  // SANYUAN_COMMON_SEALED_WRAPPING_H_
