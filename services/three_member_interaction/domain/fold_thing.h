// Folding an event about one thing (clue, inspection, ticket): the row, its sealed texts apart, and its one timer.
// Pure; as the state.
#ifndef SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_FOLD_THING_H_
#define SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_FOLD_THING_H_

#include <string>
#include <utility>

#include "common/sealed/marks.h"
#include "services/three_member_interaction/domain/clue.h"
#include "services/three_member_interaction/domain/decide.h"
#include "services/three_member_interaction/domain/thing_work.h"

namespace sanyuan::three_member_interaction {

// The message of type Facts in field `name` of the event's body; nullptr of events about something else.
template <typename Facts>
const Facts* FactsFieldOf(const v1::Event& event, const char* name) {
  const auto* reflection = event.GetReflection();
  const auto* body = reflection->GetOneofFieldDescriptor(event, event.GetDescriptor()->oneof_decl(0));
  if (body == nullptr) return nullptr;
  const auto* field = body->message_type()->FindFieldByName(name);
  if (field == nullptr || field->message_type() != Facts::descriptor()) return nullptr;
  const google::protobuf::Message& message = reflection->GetMessage(event, body);
  return static_cast<const Facts*>(&message.GetReflection()->GetMessage(message, field));
}

// `texts` is null for things without any. InvalidArgument for an id of no county, a thing that is not there, or one that is there when it begins.
template <typename Message>
absl::Status FoldThing(State& state, state::Table<ThingKey, MessageRow<Message>>& table,
                       state::Table<ThingKey, MessageRow<Message>>* texts, Thing thing,
                       const std::string& county_code, const std::string& id, bool begins,
                       const v1::Event& event, const Stamp& stamp) {
  const auto county = CountyOfId(id);
  if (!county || county_code != CountyText(*county)) return CantFold("an id of no county");
  const ThingKey key{*county, id};
  const auto* row = table.Find(key);
  if ((row == nullptr) != begins) return CantFold("an event of something that is not there");
  Message message = row == nullptr ? Message() : row->get();
  const auto timer = [&](absl::Time due) { return TimerKey{absl::ToUnixMicros(due), *county, thing, id}; };
  if (row != nullptr) {
    if (const auto due = NextDueOf(message)) state.timers.Erase(timer(*due));
  }
  ApplyTo(message, event, stamp.decided_at);
  if (const auto due = NextDueOf(message)) state.timers.Put(timer(*due), {});
  Message personal;
  if (texts != nullptr) sealed::SplitPersonal(message, personal);
  if (personal.ByteSizeLong() != 0) {
    const auto* before = texts->Find(key);
    Message all = before == nullptr ? Message() : before->get();
    all.MergeFrom(personal);
    texts->Put(key, MessageRow<Message>(std::move(all)));
  }
  table.Put(key, MessageRow<Message>(std::move(message)));
  return absl::OkStatus();
}

}  // namespace sanyuan::three_member_interaction

#endif  // SANYUAN_SERVICES_THREE_MEMBER_INTERACTION_DOMAIN_FOLD_THING_H_
