#include "common/sealed/file_key_store.h"

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <system_error>

#include "common/sealed/cipher.h"

namespace sanyuan::sealed {
namespace {

constexpr std::string_view kHashKey = "hash key";

absl::Status OwnerOnly(const std::string& path) {
  using std::filesystem::perms;
  std::error_code error;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write, error);
  return error ? absl::PermissionDeniedError(fmt::format("{}: {}", path, error.message())) : absl::OkStatus();
}

absl::Status Unreadable(std::string_view person) {
  return absl::DataLossError(fmt::format("the key of {} in keys.db is damaged", person));
}

absl::Status Transaction(sqlite::Database& database, const std::function<absl::Status()>& work) {
  absl::Status done = database.Execute("BEGIN IMMEDIATE");
  if (!done.ok()) return done;
  done = work();
  if (done.ok()) done = database.Execute("COMMIT");
  if (!done.ok()) database.RollBack();
  return done;
}

absl::Status MakeTables(sqlite::Database& database) {
  return database.Execute(
      "CREATE TABLE IF NOT EXISTS service_key (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;"
      // No wrapped key: forgotten. A file that was made earlier has one row for a name; all below suits it too.
      "CREATE TABLE IF NOT EXISTS person_key (name TEXT NOT NULL, id BLOB NOT NULL, wrapped BLOB, "
      "PRIMARY KEY (name, id)) STRICT");
}

// "" when there is none.
absl::StatusOr<std::string> ReadHashKey(sqlite::Database& database) {
  auto select = database.Prepare("SELECT wrapped FROM service_key WHERE name = ?");
  if (!select.ok()) return select.status();
  select->BindText(1, kHashKey);
  const auto row = select->Step();
  if (!row.ok()) return row.status();
  return *row ? std::string(select->Bytes(0)) : "";
}

absl::Status WriteHashKey(sqlite::Database& database, const std::string& wrapped) {
  auto insert = database.Prepare("INSERT OR REPLACE INTO service_key VALUES (?, ?)");
  if (!insert.ok()) return insert.status();
  insert->BindText(1, kHashKey);
  insert->BindBlob(2, wrapped);
  return insert->Run();
}

absl::Status InsertKeys(sqlite::Database& database, const std::vector<StoredKeys::Key>& keys) {
  auto insert = database.Prepare("INSERT INTO person_key VALUES (?, ?, ?)");
  if (!insert.ok()) return insert.status();
  for (const StoredKeys::Key& key : keys) {
    insert->BindText(1, key.name.person);
    insert->BindBlob(2, key.name.id);
    insert->BindBlob(3, key.wrapped);
    if (absl::Status inserted = insert->Run(); !inserted.ok()) return inserted;
  }
  return absl::OkStatus();
}

absl::Status InsertForgotten(sqlite::Database& database, const std::vector<std::string>& names) {
  auto insert = database.Prepare("INSERT INTO person_key VALUES (?, x'', NULL) ON CONFLICT DO NOTHING");
  if (!insert.ok()) return insert.status();
  for (const std::string& name : names) {
    insert->BindText(1, name);
    if (absl::Status inserted = insert->Run(); !inserted.ok()) return inserted;
  }
  return absl::OkStatus();
}

}  // namespace

std::string FileKeyStore::PathIn(const std::string& directory) { return directory + "/keys.db"; }

absl::StatusOr<std::unique_ptr<FileKeyStore>> FileKeyStore::Open(const std::string& directory,
                                                                 const std::string& master_key) {
  auto database = sqlite::Database::Open(PathIn(directory), sqlite::Database::Mode::kCreate);
  if (!database.ok()) return database.status();
  if (absl::Status owner_only = OwnerOnly(PathIn(directory)); !owner_only.ok()) return owner_only;
  std::unique_ptr<FileKeyStore> store(new FileKeyStore(*std::move(database), master_key));
  if (absl::Status prepared = store->Prepare(); !prepared.ok()) return prepared;
  return store;
}

absl::Status FileKeyStore::Prepare() {
  // A write-ahead log would keep deleted keys until it is reused.
  if (absl::Status set = database_->Execute(
          "PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=EXTRA; PRAGMA secure_delete=ON");
      !set.ok()) {
    return set;
  }
  return Transaction(*database_, [this]() -> absl::Status {
    if (absl::Status made = MakeTables(*database_); !made.ok()) return made;
    const auto wrapped = ReadHashKey(*database_);
    if (!wrapped.ok()) return wrapped.status();
    if (wrapped->empty()) {
      hash_key_ = RandomBytes(kKeyBytes);
      return WriteHashKey(*database_, WrapHashKey(master_key_, hash_key_));
    }
    auto key = UnwrapHashKey(master_key_, *wrapped);
    if (!key)
      return absl::FailedPreconditionError("the master key is not the one that keys.db was made with");
    hash_key_ = *std::move(key);
    return absl::OkStatus();
  });
}

absl::StatusOr<bool> FileKeyStore::IsForgotten(const std::string& person) {
  auto select = database_->Prepare("SELECT 1 FROM person_key WHERE name = ? AND wrapped IS NULL");
  if (!select.ok()) return select.status();
  for (const std::string& name : NamesOf(person)) {
    select->BindText(1, name);
    auto row = select->Step();
    if (!row.ok() || *row) return row;
    select->Reset();
  }
  return false;
}

absl::StatusOr<std::optional<PersonKey>> FileKeyStore::FirstKey(const std::string& person) {
  auto select = database_->Prepare(
      "SELECT id, wrapped FROM person_key WHERE name = ? AND wrapped IS NOT NULL ORDER BY rowid");
  if (!select.ok()) return select.status();
  select->BindText(1, person);
  const auto row = select->Step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  auto key = UnwrapPersonKey(master_key_, person, select->Bytes(1));
  if (!key) return Unreadable(person);
  return PersonKey{std::string(select->Bytes(0)), *std::move(key)};
}

absl::StatusOr<PersonKeys> FileKeyStore::KeysFor(const std::vector<std::string>& people) {
  const std::lock_guard lock(mutex_);
  PersonKeys keys;
  std::vector<StoredKeys::Key> fresh;
  for (const std::string& person : people) {
    if (keys.contains(person)) continue;
    auto key = FirstKey(person);
    if (!key.ok()) return key.status();
    std::optional<PersonKey>& found = keys[person] = *std::move(key);
    if (found) continue;
    const auto forgotten = IsForgotten(person);
    if (!forgotten.ok()) return forgotten.status();
    if (*forgotten) continue;
    found = PersonKey{RandomBytes(kKeyIdBytes), RandomBytes(kKeyBytes)};
    fresh.push_back({{person, found->id}, WrapPersonKey(master_key_, person, found->key)});
  }
  if (fresh.empty()) return keys;
  const absl::Status made = Transaction(*database_, [&] { return InsertKeys(*database_, fresh); });
  if (!made.ok()) return made;
  return keys;
}

absl::StatusOr<FoundKeys> FileKeyStore::Find(const std::vector<KeyName>& names) {
  const std::lock_guard lock(mutex_);
  auto select = database_->Prepare("SELECT wrapped FROM person_key WHERE name = ? AND id = ?");
  if (!select.ok()) return select.status();
  FoundKeys keys;
  for (const KeyName& name : names) {
    std::optional<std::string>& found = keys[name];
    if (found) continue;
    select->BindText(1, name.person);
    select->BindBlob(2, name.id);
    const auto row = select->Step();
    if (!row.ok()) return row.status();
    if (*row && !select->IsNull(0)) {
      found = UnwrapPersonKey(master_key_, name.person, select->Bytes(0));
      if (!found) return Unreadable(name.person);
    }
    select->Reset();
  }
  return keys;
}

absl::Status FileKeyStore::Forget(const std::string& person, bool with_receivers) {
  const std::lock_guard lock(mutex_);
  return Transaction(*database_, [&]() -> absl::Status {
    auto remove = database_->Prepare(
        "DELETE FROM person_key WHERE wrapped IS NOT NULL AND (name = ?1 OR "
        "(?2 AND substr(name, 1, length(?1) + 1) = ?1 || '-'))");
    if (!remove.ok()) return remove.status();
    remove->BindText(1, person);
    remove->BindInt(2, with_receivers ? 1 : 0);
    if (absl::Status removed = remove->Run(); !removed.ok()) return removed;
    return InsertForgotten(*database_, NamesToForget(person, with_receivers));
  });
}

absl::Status FileKeyStore::Rewrap(const std::string& new_master_key) {
  const std::lock_guard lock(mutex_);
  absl::Status done = Transaction(*database_, [&]() -> absl::Status {
    auto select = database_->Prepare("SELECT rowid, name, wrapped FROM person_key WHERE wrapped IS NOT NULL");
    if (!select.ok()) return select.status();
    std::vector<std::pair<int64_t, std::string>> wrapped;
    while (true) {
      const auto row = select->Step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      const std::string person(select->Bytes(1));
      const auto key = UnwrapPersonKey(master_key_, person, select->Bytes(2));
      if (!key) return Unreadable(person);
      wrapped.emplace_back(select->Int(0), WrapPersonKey(new_master_key, person, *key));
    }
    select->Reset();
    auto update = database_->Prepare("UPDATE person_key SET wrapped = ? WHERE rowid = ?");
    if (!update.ok()) return update.status();
    for (const auto& [row, key] : wrapped) {
      update->BindBlob(1, key);
      update->BindInt(2, row);
      if (absl::Status updated = update->Run(); !updated.ok()) return updated;
    }
    return WriteHashKey(*database_, WrapHashKey(new_master_key, hash_key_));
  });
  if (done.ok()) master_key_ = new_master_key;
  return done;
}

absl::Status FileKeyStore::Copy(const std::string& directory, const std::string& path) {
  auto database = sqlite::Database::Open(PathIn(directory), sqlite::Database::Mode::kReadOnly);
  if (!database.ok()) return database.status();
  if (absl::Status copied = (*database)->BackupTo(path, nullptr); !copied.ok()) return copied;
  return OwnerOnly(path);
}

absl::StatusOr<StoredKeys> ReadKeyFile(const std::string& path) {
  auto database = sqlite::Database::Open(path, sqlite::Database::Mode::kReadOnly);
  if (!database.ok()) return database.status();
  StoredKeys stored;
  auto hash_key = ReadHashKey(**database);
  if (!hash_key.ok()) return hash_key.status();
  if (hash_key->empty()) return absl::FailedPreconditionError(fmt::format("{} holds no hash key", path));
  stored.hash_key = *std::move(hash_key);
  auto select = (*database)->Prepare("SELECT name, id, wrapped FROM person_key ORDER BY rowid");
  if (!select.ok()) return select.status();
  while (true) {
    const auto row = select->Step();
    if (!row.ok()) return row.status();
    if (!*row) return stored;
    std::string name(select->Bytes(0));
    if (select->IsNull(2)) {
      stored.forgotten.push_back(std::move(name));
    } else {
      stored.keys.push_back(
          {{std::move(name), std::string(select->Bytes(1))}, std::string(select->Bytes(2))});
    }
  }
}

absl::Status WriteKeyFile(const std::string& path, const StoredKeys& keys) {
  if (std::filesystem::exists(path))
    return absl::AlreadyExistsError(fmt::format("{} is there already", path));
  auto database = sqlite::Database::Open(path, sqlite::Database::Mode::kCreate);
  if (!database.ok()) return database.status();
  if (absl::Status owner_only = OwnerOnly(path); !owner_only.ok()) return owner_only;
  return Transaction(**database, [&]() -> absl::Status {
    if (absl::Status made = MakeTables(**database); !made.ok()) return made;
    if (absl::Status written = WriteHashKey(**database, keys.hash_key); !written.ok()) return written;
    if (absl::Status inserted = InsertKeys(**database, keys.keys); !inserted.ok()) return inserted;
    return InsertForgotten(**database, keys.forgotten);
  });
}

}  // namespace sanyuan::sealed
