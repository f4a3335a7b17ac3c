// What can be imported: for each kind of thing its columns, and the call that takes it in. Immutable, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IMPORT_KIND_H_
#define SANYUAN_SERVICES_SANYUANCTL_IMPORT_KIND_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "sanyuan/common/v1/position.pb.h"
#include "sanyuan/registry/v1/batch.pb.h"
#include "services/sanyuanctl/import/column.h"
#include "services/sanyuanctl/session.h"

namespace sanyuan::ctl::import {

struct Kind {
  using Items = std::vector<const google::protobuf::Message*>;
  // Registers items of one county (empty: of none) in one command.
  using Send = std::function<grpc::Status(const Session& session, const common::v1::CommandHeader& header,
                                          const std::string& county, const Items& items,
                                          registry::v1::BatchResult& result)>;

  // What stands under the item's key, with the texts that the caller may see; null where that can't be said.
  using Standing = std::function<std::unique_ptr<google::protobuf::Message>(
      const Session& session, const std::string& county, const google::protobuf::Message& item)>;

  std::string name;  // "retailers": the subcommand.
  std::string about;
  std::string role;  // Who may, where the caller names no role.
  std::vector<Column> columns;
  const google::protobuf::Message* item = nullptr;  // Prototype.
  Send send;
  // Of kinds with personal data: sealed anew it is another text each time, so the registry can't tell equal records.
  Standing standing;
  size_t batch = 200;
  // Fills in what follows from the other fields; the column that makes no sense, empty when all do. May be null.
  std::function<std::string(google::protobuf::Message&)> finish;
  // Rows that are one thing together: its key, and adding a row to it (the column that contradicts the rows before,
  // empty when none does). Null for all other kinds.
  std::function<std::string(const google::protobuf::Message&)> group_of;
  std::function<std::string(google::protobuf::Message& thing, const google::protobuf::Message& row)> absorb;
};

// In the order in which a county is loaded: what comes later names what comes before.
const std::vector<Kind>& Kinds();
// REQUIRES: there is one of this name.
const Kind& KindNamed(const std::string& name);

}  // namespace sanyuan::ctl::import

#endif  // SANYUAN_SERVICES_SANYUANCTL_IMPORT_KIND_H_
