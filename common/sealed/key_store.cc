#include "common/sealed/key_store.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "common/digest/digest.h"
#include "common/sealed/cipher.h"

namespace sanyuan::sealed {
namespace {

constexpr size_t kIdBytes = 8;
constexpr std::string_view kHashKey = "hash key";

// Each wrapped key says whose it is, so that nobody can hang one person's key on another.
std::string About(std::string_view table, std::string_view name) {
  return std::string(Sha256OfParts({"sanyuan wrapped key 1", table, name}).view());
}

absl::Status OwnerOnly(const std::string& path) {
  using std::filesystem::perms;
  std::error_code error;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write, error);
  return error ? absl::PermissionDeniedError(fmt::format("{}: {}", path, error.message())) : absl::OkStatus();
}

absl::Status Unreadable(std::string_view name) {
  return absl::DataLossError(fmt::format("the key of {} in keys.db is damaged", name));
}

}  // namespace

std::string KeyStore::PathIn(const std::string& directory) { return directory + "/keys.db"; }

absl::StatusOr<std::unique_ptr<KeyStore>> KeyStore::Open(const std::string& directory,
                                                         const std::string& master_key) {
  auto database = sqlite::Database::Open(PathIn(directory), sqlite::Database::Mode::kCreate);
  if (!database.ok()) return database.status();
  if (absl::Status owner_only = OwnerOnly(PathIn(directory)); !owner_only.ok()) return owner_only;
  std::unique_ptr<KeyStore> store(new KeyStore(*std::move(database), master_key));
  if (absl::Status prepared = store->Prepare(); !prepared.ok()) return prepared;
  return store;
}

absl::Status KeyStore::Prepare() {
  // A write-ahead log would keep deleted keys until it is reused.
  if (absl::Status set = database_->Execute(
          "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON");
      !set.ok()) {
    return set;
  }
  return Transaction([this]() -> absl::Status {
    absl::Status made = database_->Execute(
        "CREATE TABLE IF NOT EXISTS service_key (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;"
        // No wrapped key: forgotten.
        "CREATE TABLE IF NOT EXISTS person_key (name TEXT PRIMARY KEY, id BLOB NOT NULL, wrapped BLOB) "
        "STRICT");
    if (!made.ok()) return made;
    auto select = database_->Prepare("SELECT wrapped FROM service_key WHERE name = ?");
    if (!select.ok()) return select.status();
    select->BindText(1, kHashKey);
    const auto row = select->Step();
    if (!row.ok()) return row.status();
    if (*row) {
      auto key = Unlock(master_key_, About("service_key", kHashKey), select->Bytes(0));
      if (!key) {
        return absl::FailedPreconditionError("the master key is not the one that keys.db was made with");
      }
      hash_key_ = *std::move(key);
      return absl::OkStatus();
    }
    hash_key_ = RandomBytes(kKeyBytes);
    auto insert = database_->Prepare("INSERT INTO service_key VALUES (?, ?)");
    if (!insert.ok()) return insert.status();
    const std::string wrapped = Lock(master_key_, About("service_key", kHashKey), hash_key_);
    insert->BindText(1, kHashKey);
    insert->BindBlob(2, wrapped);
    return insert->Run();
  });
}

absl::Status KeyStore::Transaction(const std::function<absl::Status()>& work) {
  absl::Status done = database_->Execute("BEGIN IMMEDIATE");
  if (!done.ok()) return done;
  done = work();
  if (done.ok()) done = database_->Execute("COMMIT");
  if (!done.ok()) database_->RollBack();
  return done;
}

absl::StatusOr<std::optional<PersonKey>> KeyStore::Read(const std::string& person, bool& known) {
  auto select = database_->Prepare("SELECT id, wrapped FROM person_key WHERE name = ?");
  if (!select.ok()) return select.status();
  select->BindText(1, person);
  const auto row = select->Step();
  if (!row.ok()) return row.status();
  known = *row;
  if (!known || select->IsNull(1)) return std::optional<PersonKey>();
  auto key = Unlock(master_key_, About("person_key", person), select->Bytes(1));
  if (!key) return Unreadable(person);
  return std::optional(PersonKey{std::string(select->Bytes(0)), *std::move(key)});
}

absl::StatusOr<std::optional<PersonKey>> KeyStore::Find(const std::string& person) {
  const std::lock_guard lock(mutex_);
  bool known = false;
  return Read(person, known);
}

absl::StatusOr<PersonKeys> KeyStore::KeysFor(const std::vector<std::string>& people) {
  const std::lock_guard lock(mutex_);
  PersonKeys keys;
  std::vector<std::string> fresh;
  for (const std::string& person : people) {
    if (keys.contains(person)) continue;
    bool known = false;
    auto key = Read(person, known);
    if (!key.ok()) return key.status();
    keys[person] = *std::move(key);
    if (!known) fresh.push_back(person);
  }
  if (fresh.empty()) return keys;
  const absl::Status made = Transaction([&]() -> absl::Status {
    auto insert = database_->Prepare("INSERT INTO person_key VALUES (?, ?, ?)");
    if (!insert.ok()) return insert.status();
    for (const std::string& person : fresh) {
      PersonKey key{RandomBytes(kIdBytes), RandomBytes(kKeyBytes)};
      const std::string wrapped = Lock(master_key_, About("person_key", person), key.key);
      insert->BindText(1, person);
      insert->BindBlob(2, key.id);
      insert->BindBlob(3, wrapped);
      if (absl::Status inserted = insert->Run(); !inserted.ok()) return inserted;
      keys[person] = std::move(key);
    }
    return absl::OkStatus();
  });
  if (!made.ok()) return made;
  return keys;
}

absl::Status KeyStore::Forget(const std::string& person, bool with_receivers) {
  const std::lock_guard lock(mutex_);
  return Transaction([&]() -> absl::Status {
    auto insert = database_->Prepare("INSERT INTO person_key VALUES (?, x'', NULL) ON CONFLICT DO NOTHING");
    if (!insert.ok()) return insert.status();
    insert->BindText(1, person);
    if (absl::Status inserted = insert->Run(); !inserted.ok()) return inserted;
    auto update = database_->Prepare(
        "UPDATE person_key SET id = x'', wrapped = NULL WHERE wrapped IS NOT NULL AND (name = ?1 OR "
        "(?2 AND substr(name, 1, length(?1) + 1) = ?1 || '-'))");
    if (!update.ok()) return update.status();
    update->BindText(1, person);
    update->BindInt(2, with_receivers ? 1 : 0);
    return update->Run();
  });
}

absl::Status KeyStore::RewrapTable(const char* table, const std::string& new_master_key) {
  auto select =
      database_->Prepare(fmt::format("SELECT name, wrapped FROM {} WHERE wrapped IS NOT NULL", table));
  if (!select.ok()) return select.status();
  std::vector<std::pair<std::string, std::string>> keys;
  while (true) {
    const auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    const std::string whose(select->Bytes(0));
    auto key = Unlock(master_key_, About(table, whose), select->Bytes(1));
    if (!key) return Unreadable(whose);
    keys.emplace_back(whose, *std::move(key));
  }
  select->Reset();
  auto update = database_->Prepare(fmt::format("UPDATE {} SET wrapped = ? WHERE name = ?", table));
  if (!update.ok()) return update.status();
  for (const auto& [whose, key] : keys) {
    const std::string wrapped = Lock(new_master_key, About(table, whose), key);
    update->BindBlob(1, wrapped);
    update->BindText(2, whose);
    if (absl::Status updated = update->Run(); !updated.ok()) return updated;
  }
  return absl::OkStatus();
}

absl::Status KeyStore::Rewrap(const std::string& new_master_key) {
  const std::lock_guard lock(mutex_);
  const absl::Status done = Transaction([&]() -> absl::Status {
    const absl::Status service = RewrapTable("service_key", new_master_key);
    return service.ok() ? RewrapTable("person_key", new_master_key) : service;
  });
  if (done.ok()) master_key_ = new_master_key;
  return done;
}

absl::Status KeyStore::Copy(const std::string& directory, const std::string& path) {
  auto database = sqlite::Database::Open(PathIn(directory), sqlite::Database::Mode::kReadOnly);
  if (!database.ok()) return database.status();
  if (absl::Status copied = (*database)->BackupTo(path, nullptr); !copied.ok()) return copied;
  return OwnerOnly(path);
}

}  // namespace sanyuan::sealed
