#include "common/rpc/method_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "common/digest/digest.h"
#include "common/rpc/errors.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "sanyuan/common/v1/position.pb.h"

namespace sanyuan::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* HeaderField(const google::protobuf::Descriptor& type) {
  const FieldDescriptor* field = type.FindFieldByName("header");
  return field != nullptr && field->message_type() == common::v1::CommandHeader::descriptor() ? field
                                                                                              : nullptr;
}

const Message* PrototypeOf(const google::protobuf::Descriptor& type) {
  return google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
}

template <typename Roles>
bool Contains(const Roles& roles, common::v1::Role role) {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

}  // namespace

std::unique_ptr<Message> Method::NewRequest() const { return std::unique_ptr<Message>(request->New()); }
std::unique_ptr<Message> Method::NewResponse() const { return std::unique_ptr<Message>(response->New()); }

namespace {

Method Describe(const google::protobuf::MethodDescriptor& descriptor) {
  Method method;
  method.path = fmt::format("/{}/{}", descriptor.service()->full_name(), descriptor.name());
  method.access = descriptor.options().GetExtension(common::v1::access);
  method.command = HeaderField(*descriptor.input_type()) != nullptr;
  method.request = PrototypeOf(*descriptor.input_type());
  method.response = PrototypeOf(*descriptor.output_type());
  return method;
}

// A method without anybody to answer it is a mistake of the program, found at every start.
void RequireAnswered(const Method& method) {
  if (method.command || method.query != nullptr || method.local != nullptr || method.feed != nullptr) return;
  fmt::print(stderr, "{} is no command and has neither a query nor a feed\n", method.path);
  std::abort();
}

}  // namespace

void MethodTable::AddService(const google::protobuf::ServiceDescriptor& service, const std::string& context,
                             const std::map<std::string, view::QueryFn>& queries) {
  for (int i = 0; i < service.method_count(); ++i) {
    Method method = Describe(*service.method(i));
    method.context = context;
    if (const auto query = queries.find(method.path); query != queries.end()) method.query = query->second;
    RequireAnswered(method);
    methods_.emplace(method.path, std::move(method));
  }
}

void MethodTable::AddServiceElsewhere(const google::protobuf::ServiceDescriptor& service,
                                      const std::string& context) {
  for (int i = 0; i < service.method_count(); ++i) {
    Method method = Describe(*service.method(i));
    method.context = context;
    methods_.emplace(method.path, std::move(method));
  }
}

void MethodTable::AddFeeds(const google::protobuf::ServiceDescriptor& service, const std::string& context,
                           const std::map<std::string, host::OpenFeed>& feeds) {
  for (int i = 0; i < service.method_count(); ++i) {
    Method method = Describe(*service.method(i));
    method.context = context;
    if (const auto feed = feeds.find(method.path); feed != feeds.end()) method.feed = feed->second;
    RequireAnswered(method);
    methods_.emplace(method.path, std::move(method));
  }
}

void MethodTable::AddLocalService(const google::protobuf::ServiceDescriptor& service,
                                  std::map<std::string, LocalFn> functions) {
  for (int i = 0; i < service.method_count(); ++i) {
    Method method = Describe(*service.method(i));
    method.local = std::move(functions[std::string(service.method(i)->name())]);
    RequireAnswered(method);
    methods_.emplace(method.path, std::move(method));
  }
}

void MethodTable::AnswerAfterView(std::string_view path) {
  const auto it = methods_.find(path);
  if (it == methods_.end()) {
    fmt::print(stderr, "no method {}\n", path);
    std::abort();
  }
  it->second.answer_after_view = true;
}

const Method* MethodTable::Find(std::string_view path) const {
  const auto it = methods_.find(path);
  return it == methods_.end() ? nullptr : &it->second;
}

std::optional<common::v1::Refusal> CheckAccess(const Method& method, const Caller& caller,
                                               std::string_view county_code) {
  const common::v1::Role role = caller.actor.role;
  const bool recorded = Contains(method.access.recorded(), role);
  if (role == common::v1::ROLE_SYSTEM || (!Contains(method.access.allowed(), role) && !recorded)) {
    return MakeRefusal(common::v1::REASON_ROLE_NOT_ALLOWED, "", common::v1::Role_Name(role));
  }
  if (!county_code.empty() && !county_code.starts_with(caller.unit)) {
    return MakeRefusal(common::v1::REASON_UNIT_NOT_ALLOWED, "county_code", std::string(county_code));
  }
  return std::nullopt;
}

std::optional<common::v1::Refusal> CheckAccess(const Method& method, const Caller& caller,
                                               const Message& request) {
  if (auto refusal = CheckAccess(method, caller, CountyCodeOf(request))) return refusal;
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("county_codes");
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING || !field->is_repeated()) {
    return std::nullopt;
  }
  const auto& reflection = *request.GetReflection();
  for (int i = 0; i < reflection.FieldSize(request, field); ++i) {
    if (auto refusal = CheckAccess(method, caller, reflection.GetRepeatedString(request, field, i))) {
      refusal->set_field("county_codes");
      return refusal;
    }
  }
  return std::nullopt;
}

std::string CountyCodeOf(const Message& request) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("county_code");
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING || field->is_repeated())
    return "";
  return request.GetReflection()->GetString(request, field);
}

const Message* HeaderOf(const Message& request) {
  const FieldDescriptor* field = HeaderField(*request.GetDescriptor());
  return field == nullptr ? nullptr : &request.GetReflection()->GetMessage(request, field);
}

std::string ContentOf(const Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    if (!request.SerializeToCodedStream(&coded)) std::abort();  // Over 2 GiB only; no call brings so much.
  }
  // The header is field 1 of every command, so the other fields' bytes follow it.
  std::string_view own = bytes;
  const FieldDescriptor* header = HeaderField(*request.GetDescriptor());
  if (header != nullptr && request.GetReflection()->HasField(request, header)) {
    google::protobuf::io::CodedInputStream stream(reinterpret_cast<const uint8_t*>(bytes.data()),
                                                  static_cast<int>(bytes.size()));
    uint32_t length = 0;
    if (stream.ReadTag() >> 3 == 1 && stream.ReadVarint32(&length)) {
      own.remove_prefix(static_cast<size_t>(stream.CurrentPosition()) + length);
    }
  }
  return std::string(Sha256(own).view().substr(0, 16));
}

}  // namespace sanyuan::rpc
