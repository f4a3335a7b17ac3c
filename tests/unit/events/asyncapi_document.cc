// Prints proto/asyncapi.yaml: every topic of public events, with the types that it may hold and how their bytes are read.
// Made from the descriptors, so it can't say anything else than what is published. ctest compares.
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/events/cloud_event.h"
#include "common/events/public_event.h"
#include "services/sanyuan/contexts.h"

namespace sanyuan::events {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

constexpr char kHead[] =
    R"(# Made by `build/release/bin/asyncapi_document >proto/asyncapi.yaml`; a test compares, another validates it and reads a
# day's events by it.
asyncapi: 3.0.0
id: urn:sanyuan:events
info:
  title: Sanyuan public events
  version: 1.0.0
  description: |
    What the contexts of Sanyuan decide, as CloudEvents 1.0 in Kafka's binary mode, for everybody else. An event is
    published once it is accepted in the journal of its context; the events of a county and context are in one
    partition, in the order in which they were decided.

    An event may be repeated, with the id that it had; who drops repeated ids sees each once. After a repetition the
    order goes on from the repeated event. Names, phones, texts about people, keyed hashes, and who reported a clue
    are left out.

    The key is the code of the county, which is null for what belongs to no county. `ce_type` says which message the
    value is; each message below holds the whole of its protobuf schema.
  license:
    name: Apache-2.0
    url: https://www.apache.org/licenses/LICENSE-2.0
defaultContentType: application/protobuf
)";

constexpr char kSchemas[] = R"(  schemas:
    CloudEventHeaders:
      type: object
      required: [ce_specversion, ce_id, ce_source, ce_type, ce_time, ce_dataschema, ce_journaloffset, content-type]
      additionalProperties: false
      properties:
        ce_specversion:
          const: '1.0'
        ce_id:
          type: string
          description: Journal id, height of the decision, number of the event in it, first bytes of the decision's digest.
          pattern: '^[0-9a-f]{32}-[0-9]+-[0-9]+-[0-9a-f]{16}$'
        ce_source:
          type: string
          format: uri-reference
          pattern: '^/sanyuan/[a-z_.]+$'
        ce_type:
          type: string
        ce_subject:
          type: string
          description: The id of what it is about; left out for what belongs to no county.
          minLength: 6
        ce_time:
          type: string
          description: When it was decided.
          format: date-time
        ce_dataschema:
          type: string
          format: uri
        ce_traceparent:
          type: string
          description: Whose trace it is part of, as W3C Trace Context has it; left out when that is not known.
          pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$'
        ce_tracestate:
          type: string
          description: What tracing systems add to that.
          maxLength: 512
        ce_partitionkey:
          type: string
          description: The key; left out when there is none.
          pattern: '^[0-9]{6}$'
        ce_journaloffset:
          type: string
          description: Of use to the publisher alone.
          pattern: '^[0-9]+$'
        content-type:
          const: application/protobuf
)";

void Fail(const std::string& why) {
  fmt::print(stderr, "{}\n", why);
  std::exit(1);
}

// Proto text of a message with everything in it, flat and without packages: on the wire neither is seen.
class SchemaText {
 public:
  explicit SchemaText(const Descriptor& root) {
    Add(root);
    std::string imports;
    for (const std::string& file : imports_) imports += fmt::format("import \"{}\";\n", file);
    text_ = "syntax = \"proto3\";\n" + imports + text_;
  }
  const std::string& text() const { return text_; }

 private:
  // "Outer_Inner" of a nested type.
  template <typename Type>
  static std::string NameOf(const Type& type) {
    const std::string name(type.name());
    return type.containing_type() == nullptr ? name : NameOf(*type.containing_type()) + "_" + name;
  }

  // False when it was added before.
  template <typename Type>
  bool Take(const Type& type) {
    const std::string full(type.full_name());
    const auto [it, fresh] = names_.emplace(NameOf(type), full);
    if (it->second != full) Fail(fmt::format("{} and {} have one name", full, it->second));
    return fresh;
  }

  static bool IsGoogles(const Descriptor& type) {
    return std::string(type.full_name()).starts_with("google.protobuf.");
  }

  std::string TypeOf(const FieldDescriptor& field) {
    if (field.enum_type() != nullptr) return NameOf(*field.enum_type());
    if (field.message_type() == nullptr) return std::string(field.type_name());
    return IsGoogles(*field.message_type()) ? std::string(field.message_type()->full_name())
                                            : NameOf(*field.message_type());
  }

  void Reach(const FieldDescriptor& field) {
    if (field.enum_type() != nullptr) later_enums_.push_back(field.enum_type());
    if (field.message_type() == nullptr) return;
    if (IsGoogles(*field.message_type())) {
      imports_.insert(std::string(field.message_type()->file()->name()));
    } else {
      later_.push_back(field.message_type());
    }
  }

  void AddField(const FieldDescriptor& field, std::string_view indent) {
    if (!IsPublished(field)) {
      text_ += fmt::format("{}reserved {};  // Left out: {}.\n", indent, field.number(), field.name());
      return;
    }
    if (field.is_map()) Fail(fmt::format("{}: maps are not described yet", field.full_name()));
    const char* label = field.is_repeated() ? "repeated "
                        : field.containing_oneof() != nullptr && field.real_containing_oneof() == nullptr
                            ? "optional "
                            : "";
    text_ += fmt::format("{}{}{} {} = {};\n", indent, label, TypeOf(field), field.name(), field.number());
    Reach(field);
  }

  void Add(const Descriptor& type) {
    if (!Take(type)) return;
    std::vector<const Descriptor*> messages;
    std::vector<const EnumDescriptor*> enums;
    text_ += fmt::format("message {} {{\n", NameOf(type));
    for (int i = 0; i < type.field_count(); ++i) {
      if (type.field(i)->real_containing_oneof() == nullptr) AddField(*type.field(i), "  ");
    }
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      const auto& oneof = *type.oneof_decl(i);
      text_ += fmt::format("  oneof {} {{\n", oneof.name());
      for (int j = 0; j < oneof.field_count(); ++j) AddField(*oneof.field(j), "    ");
      text_ += "  }\n";
    }
    text_ += "}\n";
    messages.swap(later_);
    enums.swap(later_enums_);
    for (const EnumDescriptor* one : enums) AddEnum(*one);
    for (const Descriptor* one : messages) Add(*one);
  }

  void AddEnum(const EnumDescriptor& type) {
    if (!Take(type)) return;
    text_ += fmt::format("enum {} {{\n", NameOf(type));
    for (int i = 0; i < type.value_count(); ++i) {
      text_ += fmt::format("  {} = {};\n", type.value(i)->name(), type.value(i)->number());
    }
    text_ += "}\n";
  }

  std::string text_;
  std::set<std::string> imports_;
  std::map<std::string, std::string> names_;  // Full names by those used here.
  std::vector<const Descriptor*> later_;
  std::vector<const EnumDescriptor*> later_enums_;
};

std::string Indented(const std::string& text, size_t spaces) {
  std::string out;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = text.find('\n', begin);
    out += std::string(spaces, ' ') + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

// Of registry.reference: registry_reference.
std::string ChannelOf(const std::string& context) {
  std::string name = context;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

// The messages of a context, in the order of their numbers.
std::vector<const Descriptor*> MessagesOf(const host::ContextSpec& spec) {
  std::vector<const Descriptor*> messages;
  const auto event = spec.new_domain()->NewEvent();
  const auto* oneof = event->GetDescriptor()->FindOneofByName("event");
  if (oneof == nullptr) Fail(fmt::format("{}: no oneof `event`", spec.context));
  for (int i = 0; i < oneof->field_count(); ++i) messages.push_back(oneof->field(i)->message_type());
  return messages;
}

void PrintChannels(const std::vector<host::ContextSpec>& specs) {
  fmt::print("channels:\n");
  for (const host::ContextSpec& spec : specs) {
    fmt::print("  {}:\n    address: '{{prefix}}{}'\n", ChannelOf(spec.context), TopicOf(spec.context));
    fmt::print(
        "    description: >-\n      What {} decides. {}\n", spec.context,
        spec.single_partition ? "One partition." : "As many partitions as its journal, numbered as those.");
    fmt::print(
        "    parameters:\n      prefix:\n        description: Of the installation, as `--topic-prefix` says "
        "it.\n"
        "        default: ''\n");
    fmt::print(
        "    bindings:\n      kafka:\n        topicConfiguration:\n          cleanup.policy: [delete]\n"
        "          retention.ms: 604800000\n        bindingVersion: 0.5.0\n    messages:\n");
    for (const Descriptor* message : MessagesOf(spec)) {
      fmt::print("      {}:\n        $ref: '#/components/messages/{}'\n", message->name(),
                 message->full_name());
    }
  }
  fmt::print("operations:\n");
  for (const host::ContextSpec& spec : specs) {
    const std::string channel = ChannelOf(spec.context);
    fmt::print("  publish_{0}:\n    action: send\n    channel:\n      $ref: '#/channels/{0}'\n", channel);
  }
}

void PrintMessages(const std::vector<host::ContextSpec>& specs) {
  std::map<std::string, const Descriptor*> messages;
  for (const host::ContextSpec& spec : specs) {
    for (const Descriptor* message : MessagesOf(spec)) messages[std::string(message->full_name())] = message;
  }
  fmt::print("  messages:\n");
  for (const auto& [type, message] : messages) {
    fmt::print("    {0}:\n      name: {0}\n      title: {1}\n      contentType: {2}\n", type, message->name(),
               kContentType);
    fmt::print(
        "      headers:\n        allOf:\n          - $ref: '#/components/schemas/CloudEventHeaders'\n"
        "          - type: object\n            properties:\n              ce_type:\n                const: "
        "{}\n"
        "              ce_dataschema:\n                const: '{}'\n",
        type, SchemaOf(type));
    fmt::print(
        "      bindings:\n        kafka:\n          key:\n            type: string\n"
        "            pattern: '^[0-9]{{6}}$'\n          bindingVersion: 0.5.0\n");
    fmt::print(
        "      payload:\n        schemaFormat: application/vnd.google.protobuf;version=3\n        schema: "
        "|\n{}",
        Indented(SchemaText(*message).text(), 10));
  }
}

void Print() {
  const std::vector<host::ContextSpec> specs = Contexts({});
  fmt::print("{}", kHead);
  PrintChannels(specs);
  fmt::print("components:\n{}", kSchemas);
  PrintMessages(specs);
}

}  // namespace
}  // namespace sanyuan::events

int main() { sanyuan::events::Print(); }
