#include "common/events/public_event.h"

#include <cstdlib>
#include <memory>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/partition/partitioner.h"
#include "common/sealed/marks.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "sanyuan/common/v1/publication.pb.h"

namespace sanyuan::events {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool LooksWhole(const Descriptor& type) {
  std::set<const Descriptor*> reached = {&type};
  std::vector<const Descriptor*> next = {&type};
  while (!next.empty()) {
    const Descriptor& one = *next.back();
    next.pop_back();
    for (int i = 0; i < one.field_count(); ++i) {
      const FieldDescriptor& field = *one.field(i);
      if (!IsPublished(field)) return false;
      if (field.message_type() != nullptr && reached.insert(field.message_type()).second) {
        next.push_back(field.message_type());
      }
    }
  }
  return true;
}

bool IsOfPartition(County county, int32_t partition, int32_t partitions) {
  return partition::PartitionOf(county, partitions) == partition;
}

// Looks through a message in the order of its fields.
struct Search {
  const int32_t partition;
  const int32_t partitions;
  std::optional<County> by_code;
  std::optional<County> by_id;
  std::string id;

  void Look(const FieldDescriptor& field, const std::string& text) {
    const std::string_view name = field.name();
    const bool code = name == "county_code";
    const bool names_a_thing =
        name == "licence" || (name.size() > 3 && name.substr(name.size() - 3) == "_id");
    if (!code && !names_a_thing) return;
    const std::optional<County> county = code ? CountyOfCode(text) : CountyOfId(text);
    if (!county || !IsOfPartition(*county, partition, partitions)) return;
    if (code) {
      if (!by_code) by_code = county;
    } else if (!by_id) {
      by_id = county;
      id = text;
    }
  }

  void Through(const Message& message) {
    const Reflection& reflection = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (!IsPublished(*field)) continue;
      const bool many = field->is_repeated();
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        // Of several the first: all of them are of one county.
        std::string scratch;
        Look(*field, many ? reflection.GetRepeatedStringReference(message, field, 0, &scratch)
                          : reflection.GetStringReference(message, field, &scratch));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Through(many ? reflection.GetRepeatedMessage(message, field, 0)
                     : reflection.GetMessage(message, field));
      }
    }
  }
};

}  // namespace

bool IsPublished(const FieldDescriptor& field) {
  return sealed::PersonalOf(field) == nullptr && !field.options().GetExtension(common::v1::unpublished);
}

bool IsPublishedWhole(const Descriptor& type) {
  // Looking a type over costs more than looking a message over, so each thread does it once.
  thread_local std::unordered_map<const Descriptor*, bool> known;
  const auto [it, first] = known.try_emplace(&type, false);
  if (first) it->second = LooksWhole(type);
  return it->second;
}

void RemoveUnpublished(Message& message) {
  if (IsPublishedWhole(*message.GetDescriptor())) return;
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (!IsPublished(*field)) {
      reflection.ClearField(&message, field);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        RemoveUnpublished(*reflection.MutableRepeatedMessage(&message, field, i));
      }
    } else {
      RemoveUnpublished(*reflection.MutableMessage(&message, field));
    }
  }
}

const Message* InnerEvent(const Message& event) {
  const auto* oneof = event.GetDescriptor()->FindOneofByName("event");
  if (oneof == nullptr) return nullptr;
  const FieldDescriptor* field = event.GetReflection()->GetOneofFieldDescriptor(event, oneof);
  if (field == nullptr || field->message_type() == nullptr) return nullptr;
  return &event.GetReflection()->GetMessage(event, field);
}

std::string PublicBytes(const Message& inner) {
  const Message* source = &inner;
  std::unique_ptr<Message> copy;
  if (!IsPublishedWhole(*inner.GetDescriptor())) {
    copy.reset(inner.New());
    copy->CopyFrom(inner);
    RemoveUnpublished(*copy);
    source = copy.get();
  }
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    if (!source->SerializeToCodedStream(&out)) std::abort();  // Over 2 GiB only; no frame holds so much.
  }
  return bytes;
}

About WhatItIsAbout(const Message& inner, int32_t partition, int32_t partitions) {
  Search search{partition, partitions, std::nullopt, std::nullopt, ""};
  search.Through(inner);
  About about;
  about.county = search.by_code ? search.by_code : search.by_id;
  if (!about.county) return about;
  about.subject = search.by_id == about.county ? search.id : CountyText(*about.county);
  return about;
}

}  // namespace sanyuan::events
