#include "common/sealed/wrapping.h"

#include "common/digest/digest.h"
#include "common/sealed/cipher.h"

namespace sanyuan::sealed {
namespace {

constexpr std::string_view kReceivers = " receivers";

std::string AboutKey(std::string_view kind, std::string_view name) {
  return std::string(Sha256OfParts({"sanyuan wrapped key 1", kind, name}).view());
}
std::string AboutPerson(std::string_view person) { return AboutKey("person_key", person); }
std::string AboutHashKey() { return AboutKey("service_key", "hash key"); }

}  // namespace

std::string WrapPersonKey(std::string_view master_key, std::string_view person, std::string_view key) {
  return Lock(master_key, AboutPerson(person), key);
}

std::string WrapHashKey(std::string_view master_key, std::string_view key) {
  return Lock(master_key, AboutHashKey(), key);
}

std::optional<std::string> UnwrapPersonKey(std::string_view master_key, std::string_view person,
                                           std::string_view wrapped) {
  return Unlock(master_key, AboutPerson(person), wrapped);
}

std::optional<std::string> UnwrapHashKey(std::string_view master_key, std::string_view wrapped) {
  return Unlock(master_key, AboutHashKey(), wrapped);
}

std::vector<std::string> NamesToForget(std::string_view person, bool with_receivers) {
  std::vector<std::string> names = {std::string(person)};
  if (with_receivers) names.push_back(std::string(person) + std::string(kReceivers));
  return names;
}

std::vector<std::string> NamesOf(std::string_view person) {
  std::vector<std::string> names = {std::string(person)};
  for (size_t dash = person.find('-'); dash != std::string_view::npos; dash = person.find('-', dash + 1)) {
    names.push_back(std::string(person.substr(0, dash)) + std::string(kReceivers));
  }
  return names;
}

std::optional<std::string_view> LicenceOf(std::string_view forgotten_name) {
  if (!forgotten_name.ends_with(kReceivers)) return std::nullopt;
  return forgotten_name.substr(0, forgotten_name.size() - kReceivers.size());
}

}  // namespace sanyuan::sealed
