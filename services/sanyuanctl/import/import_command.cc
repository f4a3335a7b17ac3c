#include "services/sanyuanctl/import/import_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "common/clock/business_time.h"
#include "common/digest/digest.h"
#include "common/reference/policies.h"
#include "common/reference/wire_time.h"
#include "sanyuan/operations/v1/operations.grpc.pb.h"
#include "sanyuan/registry/v1/policy.grpc.pb.h"
#include "services/sanyuanctl/client/request_id.h"
#include "services/sanyuanctl/import/rows.h"
#include "services/sanyuanctl/import/send.h"

namespace sanyuan::ctl {
namespace {

using import::Item;
using import::Kind;
using import::Report;

// nullopt after saying why.
std::optional<std::string> ReadFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const int why = errno;
  std::error_code error;
  if (!file.is_open()) {
    error = std::error_code(why, std::generic_category());
  } else if (std::filesystem::is_directory(path, error)) {
    error = std::make_error_code(std::errc::is_a_directory);
  } else {
    std::ostringstream content;
    content << file.rdbuf();
    if (!file.bad()) return std::move(content).str();
    error = std::make_error_code(std::errc::io_error);
  }
  fmt::print(stderr, "sanyuanctl: {}: {}\n", path, error.message());
  return std::nullopt;
}

nlohmann::json ErrorJson(const grpc::Status& status) {
  return {{"code", static_cast<int>(status.error_code())}, {"message", status.error_message()}};
}

int Import(const Globals& globals, const Kind& kind, const std::vector<std::string>& files) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const std::string& file : files) {
    std::optional<std::string> text = ReadFile(file);
    if (!text) return kUsage;
    texts.emplace_back(file, *std::move(text));
  }
  Report report;
  std::vector<Item> items;
  for (const auto& [file, text] : texts) {
    for (Item& item : import::ReadItems(kind, file, text, report)) items.push_back(std::move(item));
  }
  const Session session(globals);
  const bool shown = !globals.json && isatty(STDERR_FILENO) != 0;
  const grpc::Status status = import::SendAll(session, kind, items, report, [&](size_t done) {
    if (shown) fmt::print(stderr, "\r{} {} of {}", kind.name, done, items.size());
  });
  if (shown) fmt::print(stderr, "\r\x1b[K");
  nlohmann::json object = report.Json();
  object["kind"] = kind.name;
  if (!status.ok()) object["error"] = ErrorJson(status);
  session.Print(object, report.Text());
  if (!status.ok()) return session.ExitCode(status);
  if (report.unreadable()) return kUsage;
  return report.clean() ? kDone : kCheckFailed;
}

int ImportStartPolicies(const Globals& globals, const std::string& label, const std::string& from) {
  const auto day = ParseDate(from);
  if (!day) {
    fmt::print(stderr, "sanyuanctl: --from: YYYY-MM-DD\n");
    return kUsage;
  }
  const Session session(globals);
  operations::v1::GetClockResponse clock;
  const grpc::Status asked = session.Call([&](grpc::ClientContext& context) {
    return operations::v1::OperationsService::NewStub(session.channel())
        ->GetClock(&context, operations::v1::GetClockRequest(), &clock);
  });
  if (!asked.ok()) return session.Fail(asked);
  nlohmann::json versions = nlohmann::json::array();
  for (const registry::v1::PolicyVersion& policy : reference::StartPolicies(label, StartOfDay(*day))) {
    registry::v1::PublishPolicyRequest request;
    *request.mutable_policy() = policy;
    // The same version again is the same content: the decider finds it standing.
    request.mutable_header()->set_request_id(
        RequestId(reference::FromWireTime(clock.now()), Sha256(policy.SerializeAsString())));
    registry::v1::PublishPolicyResponse response;
    const grpc::Status status = session.Call([&](grpc::ClientContext& context) {
      return registry::v1::PolicyService::NewStub(session.channel())
          ->PublishPolicy(&context, request, &response);
    });
    if (!status.ok()) return session.Fail(status);
    versions.push_back(policy.version());
  }
  session.Print({{"policies", versions}},
                fmt::format("{} policies in force from {}\n", versions.size(), from));
  return kDone;
}

std::string LayoutOf(const Kind& kind) {
  std::string text = "Columns, in any order (* must be filled in):\n";
  for (const import::Column& column : kind.columns) {
    text += fmt::format("  {:28}{} {}{}\n", column.name, column.required ? "*" : " ",
                        import::FormOf(column, *kind.item),
                        column.usual.empty() ? "" : fmt::format(" [{}]", column.usual));
  }
  text += fmt::format("Role: {}\nExample: sanyuanctl import {} {}.csv", kind.role, kind.name, kind.name);
  return text;
}

}  // namespace

CLI::App& AddImportCommands(CLI::App& app, const Globals& globals, std::function<int()>& run) {
  CLI::App* import = app.add_subcommand("import", "Takes files in: good rows go in, bad rows are listed");
  import->require_subcommand(1);
  import->fallthrough();
  import->footer(
      "Good rows go in, bad rows are listed with line, column and reason; a file that is imported again "
      "changes\n"
      "nothing, and one that was interrupted goes on. Exit codes: 0 done, 1 some rows were refused, 2 a file "
      "or\n"
      "its header can't be read, 3 refused, 4 unavailable.\n"
      "Example: sanyuanctl import counties /usr/local/share/sanyuan/registry/counties.csv");
  const CLI::Option* role = app.get_option("--role");
  for (const Kind& kind : import::Kinds()) {
    CLI::App* command = import->add_subcommand(kind.name, kind.about);
    command->fallthrough();
    command->footer(LayoutOf(kind));
    const auto files = std::make_shared<std::vector<std::string>>();
    command->add_option("FILE", *files, "CSV in UTF-8 with a header; several are taken in this order")
        ->required();
    command->callback([&kind, files, role, &globals, &run] {
      run = [&kind, files, role, &globals] {
        Globals own = globals;
        if (role->count() == 0) own.role = kind.role;
        return Import(own, kind, *files);
      };
    });
  }
  CLI::App* policies =
      import->add_subcommand("start-policies", "Publishes the policies that the product starts with");
  policies->fallthrough();
  policies->footer("Example: sanyuanctl import start-policies --label 2019 --from 2019-06-01");
  const auto label = std::make_shared<std::string>();
  const auto from = std::make_shared<std::string>();
  policies->add_option("--label", *label, "Part of the versions' names: ordering-LABEL")->required();
  policies->add_option("--from", *from, "First business date that they count on, YYYY-MM-DD")->required();
  policies->callback([label, from, &globals, &run] {
    run = [label, from, &globals] { return ImportStartPolicies(globals, *label, *from); };
  });
  return *import;
}

}  // namespace sanyuan::ctl
