#include "common/sealed/sealer.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/digest/digest.h"
#include "common/sealed/cipher.h"
#include "common/sealed/marks.h"

namespace sanyuan::sealed {
namespace {

using common::v1::Personal;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kLongestPersonId = 32;

// One personal text, where it stands.
struct Place {
  Message& message;
  const FieldDescriptor& field;
  const Personal& personal;
  int index;           // -1 when the field is not repeated.
  std::string path;    // "retailers[3].profile.phone"
  std::string person;  // "620121/620121100001"; empty when nobody is named.

  std::string Get() const {
    const Reflection& reflection = *message.GetReflection();
    return index < 0 ? reflection.GetString(message, &field)
                     : reflection.GetRepeatedString(message, &field, index);
  }
  void Set(std::string text) const {
    const Reflection& reflection = *message.GetReflection();
    if (index < 0) {
      reflection.SetString(&message, &field, std::move(text));
    } else {
      reflection.SetRepeatedString(&message, &field, index, std::move(text));
    }
  }
};

// Whether messages of this type can hold personal data at all. Most can't, and are passed over.
bool CanHold(const Descriptor* type) {
  thread_local std::map<const Descriptor*, bool> known;
  const auto [it, fresh] = known.try_emplace(type, false);
  if (!fresh) return it->second;
  std::set<const Descriptor*> reached = {type};
  std::vector<const Descriptor*> next = {type};
  while (!next.empty()) {
    const Descriptor& one = *next.back();
    next.pop_back();
    for (int i = 0; i < one.field_count(); ++i) {
      const FieldDescriptor& field = *one.field(i);
      if (PersonalOf(field) != nullptr) return it->second = true;
      if (field.message_type() != nullptr && reached.insert(field.message_type()).second) {
        next.push_back(field.message_type());
      }
    }
  }
  return false;
}

// The person's id as the nearest message around the field names it; empty when none does.
std::string PersonOf(const std::vector<Message*>& around, const std::string& name, std::string_view county) {
  for (auto it = around.rbegin(); it != around.rend(); ++it) {
    const FieldDescriptor* field = (*it)->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING)
      continue;
    const std::string id = (*it)->GetReflection()->GetString(**it, field);
    return id.empty() ? "" : fmt::format("{}/{}", county, id);
  }
  return "";
}

// Calls `visit` for every personal field of the message and of those in it. A hash that is made of another field is
// visited though it is not set, after that other field.
void Walk(Message& message, std::string_view county, const std::string& path, std::vector<Message*>& around,
          const std::function<void(const Place&)>& visit) {
  around.push_back(&message);
  const Reflection& reflection = *message.GetReflection();
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const Personal* personal = PersonalOf(field);
    if (personal == nullptr && (field.message_type() == nullptr || !CanHold(field.message_type()))) continue;
    const bool made = personal != nullptr && !personal->hash_of().empty();
    const int count = field.is_repeated() ? reflection.FieldSize(message, &field)
                                          : (made || reflection.HasField(message, &field) ? 1 : 0);
    for (int k = 0; k < count; ++k) {
      std::string name = path.empty() ? std::string(field.name()) : fmt::format("{}.{}", path, field.name());
      if (field.is_repeated()) name += fmt::format("[{}]", k);
      if (personal != nullptr) {
        visit({message, field, *personal, field.is_repeated() ? k : -1, std::move(name),
               personal->person_field().empty() ? "" : PersonOf(around, personal->person_field(), county)});
      } else {
        Walk(field.is_repeated() ? *reflection.MutableRepeatedMessage(&message, &field, k)
                                 : *reflection.MutableMessage(&message, &field),
             county, name, around, visit);
      }
    }
  }
  around.pop_back();
}

std::vector<Place> PlacesIn(Message& message, std::string_view county) {
  std::vector<Place> places;
  if (!CanHold(message.GetDescriptor())) return places;
  std::vector<Message*> around;
  Walk(message, county, "", around, [&](const Place& place) { places.push_back(place); });
  return places;
}

std::string Coded(std::string_view mark, const std::string& bytes) {
  std::string text = absl::WebSafeBase64Escape(bytes);
  text.erase(text.find_last_not_of('=') + 1);
  return std::string(mark) + text;
}

std::string About(const Place& place) {
  return std::string(Sha256OfParts({"sanyuan sealed text 1", place.person, place.field.full_name()}).view());
}

// One phone is written in many ways: its digits count, without China's prefix.
std::string Normal(const std::string& kind, const std::string& text) {
  if (kind != "phone") return text;
  std::string digits;
  for (const char c : text) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits += c;
  }
  const std::string_view rest(digits);
  for (const std::string_view prefix : {"0086", "86"}) {
    if (digits.size() == prefix.size() + 11 && rest.starts_with(prefix)) return digits.substr(prefix.size());
  }
  return digits.empty() ? text : digits;
}

std::string Hashed(HmacSha256& hmac, const Place& place, const std::string& text) {
  if (text.empty()) return "";
  const Personal& personal = place.personal;
  const Digest parts =
      Sha256OfParts({"sanyuan hash 1", personal.kind(), personal.per_person() ? place.person : "",
                     Normal(personal.kind(), text)});
  return Coded(kHashMark, std::string(hmac.Of(parts.view()).view()));
}

bool IsPersonId(const std::string& person) {
  return !person.empty() && person.size() <= kLongestPersonId &&
         std::all_of(person.begin(), person.end(),
                     [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); });
}

std::optional<common::v1::Refusal> Check(const Place& place) {
  const std::string text = place.Get();
  if (text.empty() || !place.personal.hash_of().empty()) return std::nullopt;
  common::v1::Refusal refusal;
  refusal.set_field(place.path);
  refusal.set_reason(common::v1::REASON_INVALID_FIELD);
  if (IsSealedText(text) || IsHashText(text)) {
    refusal.set_detail("sealed texts and hashes are not taken");
  } else if (text.size() > kLongestPlain) {
    refusal.set_reason(common::v1::REASON_TOO_LARGE);
    refusal.set_limit(kLongestPlain);
    refusal.set_value(static_cast<int64_t>(text.size()));
  } else if (place.personal.hash()) {
    return std::nullopt;
  } else if (!IsPersonId(place.person)) {
    refusal.set_detail(fmt::format("{} names nobody whose key could seal it", place.personal.person_field()));
  } else {
    return std::nullopt;
  }
  return refusal;
}

}  // namespace

bool Sealer::HasPersonal(const Message& message) {
  if (!CanHold(message.GetDescriptor())) return false;
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (PersonalOf(*field) != nullptr) return true;
    if (field->message_type() == nullptr || !CanHold(field->message_type())) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      if (HasPersonal(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                           : reflection.GetMessage(message, field))) {
        return true;
      }
    }
  }
  return false;
}

absl::StatusOr<std::vector<common::v1::Refusal>> Sealer::Seal(Message& message,
                                                              std::string_view county_code) const {
  std::vector<common::v1::Refusal> refusals;
  std::vector<std::string> people;
  const std::vector<Place> places = PlacesIn(message, county_code);
  for (const Place& place : places) {
    if (auto refusal = Check(place)) refusals.push_back(*std::move(refusal));
    if (!place.personal.hash() && !place.Get().empty()) people.push_back(place.person);
  }
  if (!refusals.empty()) return refusals;
  const auto keys = keys_.KeysFor(people);
  if (!keys.ok()) return keys.status();
  HmacSha256 hmac(keys_.hash_key());
  // Hashes first: what they are made of is still readable.
  for (const Place& place : places) {
    if (!place.personal.hash()) continue;
    const std::string& of = place.personal.hash_of();
    const FieldDescriptor* source =
        of.empty() ? &place.field : place.message.GetDescriptor()->FindFieldByName(of);
    if (source != &place.field) {
      place.Set(Hashed(hmac, place, place.message.GetReflection()->GetString(place.message, source)));
    } else {
      place.Set(Hashed(hmac, place, place.Get()));
    }
  }
  for (const Place& place : places) {
    const std::string text = place.Get();
    if (place.personal.hash() || text.empty()) continue;
    const std::optional<PersonKey>& key = keys->at(place.person);
    if (key) {
      place.Set(Coded(kSealedMark, key->id + Lock(key->key, About(place), text)));
      continue;
    }
    common::v1::Refusal& refusal = refusals.emplace_back();
    refusal.set_reason(common::v1::REASON_PERSON_FORGOTTEN);
    refusal.set_field(place.path);
  }
  return refusals;
}

absl::Status Sealer::Open(Message& message, std::string_view county_code) const {
  struct Sealed {
    Place place;
    KeyName key;
    std::string locked;
  };
  std::vector<Sealed> texts;
  std::vector<KeyName> names;
  for (Place& place : PlacesIn(message, county_code)) {
    const std::string text = place.Get();
    if (place.personal.hash() || !IsSealedText(text)) continue;
    std::string bytes;
    if (!absl::WebSafeBase64Unescape(text.substr(kSealedMark.size()), &bytes) || bytes.size() < kKeyIdBytes) {
      return absl::DataLossError(fmt::format("{}: not a sealed text", place.path));
    }
    names.push_back({place.person, bytes.substr(0, kKeyIdBytes)});
    texts.push_back({std::move(place), names.back(), bytes.substr(kKeyIdBytes)});
  }
  if (texts.empty()) return absl::OkStatus();
  const auto keys = keys_.Find(names);
  if (!keys.ok()) return keys.status();
  for (const Sealed& text : texts) {
    const std::optional<std::string>& key = keys->at(text.key);
    if (!key) {
      text.place.Set("");
      continue;
    }
    auto plain = Unlock(*key, About(text.place), text.locked);
    if (!plain) return absl::DataLossError(fmt::format("{}: the sealed text does not open", text.place.path));
    text.place.Set(*std::move(plain));
  }
  return absl::OkStatus();
}

std::string Sealer::KeyedContent(std::string_view content) const {
  HmacSha256 hmac(keys_.hash_key());
  return std::string(
      hmac.Of(Sha256OfParts({"sanyuan content 1", content}).view()).view().substr(0, content.size()));
}

}  // namespace sanyuan::sealed
