#include "common/view/embedded/embedded_view_store.h"

#include <fmt/format.h>

#include <utility>

namespace sanyuan::view {
namespace {

const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace

class EmbeddedViewStore::PooledReader : public ViewReader {
 public:
  PooledReader(EmbeddedViewStore* store, ViewName view) : store_(store), view_(std::move(view)) {}

  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) const override {
    return store_->Reading([&](ViewQueries& queries) { return queries.Get(view_, key); });
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> Scan(std::string_view prefix,
                                                                        std::string_view after,
                                                                        size_t limit) const override {
    return store_->Reading([&](ViewQueries& queries) { return queries.Scan(view_, prefix, after, limit); });
  }

 private:
  EmbeddedViewStore* const store_;
  const ViewName view_;
};

absl::StatusOr<std::unique_ptr<EmbeddedViewStore>> EmbeddedViewStore::Open(const std::string& directory,
                                                                           OnDiscarded on_discarded) {
  std::unique_ptr<EmbeddedViewStore> store(
      new EmbeddedViewStore(directory + "/views.db", std::move(on_discarded)));
  if (absl::Status status = store->OpenFile(); !status.ok()) return status;
  return store;
}

absl::Status EmbeddedViewStore::OpenFile() {
  absl::StatusOr<std::unique_ptr<ViewFile>> file = ViewFile::Open(path_);
  if (absl::IsDataLoss(file.status())) {
    on_discarded_(file.status());
    ViewFile::Delete(path_);
    file = ViewFile::Open(path_);
  }
  if (!file.ok()) return file.status();
  file_ = *std::move(file);
  return absl::OkStatus();
}

absl::Status EmbeddedViewStore::Discard(const ViewFile* damaged, const absl::Status& why) {
  std::unique_lock life(life_);
  if (file_ != nullptr && file_.get() == damaged) {
    on_discarded_(why);
    file_->Distrust();
    file_.reset();
    ViewFile::Delete(path_);
  }
  if (file_ == nullptr) {
    if (absl::Status status = OpenFile(); !status.ok()) return status;
  }
  return absl::UnavailableError(
      fmt::format("the views were damaged and are built again: {}", std::string(why.message())));
}

template <typename Work>
auto EmbeddedViewStore::Writing(Work work) -> decltype(work(std::declval<ViewFile&>())) {
  absl::Status damage = absl::DataLossError("the file could not be opened");
  const ViewFile* file = nullptr;
  {
    std::shared_lock life(life_);
    std::lock_guard writing(writing_);
    file = file_.get();
    if (file_ != nullptr) {
      auto result = work(*file_);
      if (!absl::IsDataLoss(StatusOf(result))) return result;
      damage = StatusOf(result);
    }
  }
  return Discard(file, damage);
}

template <typename Work>
auto EmbeddedViewStore::Reading(Work work) -> decltype(work(std::declval<ViewQueries&>())) {
  absl::Status damage = absl::DataLossError("the file could not be opened");
  const ViewFile* file = nullptr;
  {
    std::shared_lock life(life_);
    file = file_.get();
    if (file_ != nullptr) {
      absl::StatusOr<std::unique_ptr<ViewQueries>> queries = file_->Borrow();
      damage = queries.status();
      if (queries.ok()) {
        auto result = work(**queries);
        // A connection that met an error is not given back.
        if (result.ok()) file_->GiveBack(*std::move(queries));
        if (!absl::IsDataLoss(result.status())) return result;
        damage = result.status();
      } else if (!absl::IsDataLoss(damage)) {
        return damage;
      }
    }
  }
  return Discard(file, damage);
}

absl::StatusOr<std::optional<ViewPosition>> EmbeddedViewStore::Position(const ViewName& view) {
  return Reading([&](ViewQueries& queries) { return queries.Position(view); });
}

absl::Status EmbeddedViewStore::Apply(const ViewName& view, const std::optional<ViewPosition>& from,
                                      const ViewPosition& to, absl::Span<const ViewRow> rows) {
  return Writing([&](ViewFile& file) { return file.Apply(view, from, to, rows); });
}

absl::Status EmbeddedViewStore::Clear(const ViewName& view) {
  return Writing([&](ViewFile& file) { return file.Clear(view); });
}

std::unique_ptr<ViewReader> EmbeddedViewStore::Reader(const ViewName& view) {
  return std::make_unique<PooledReader>(this, view);
}

}  // namespace sanyuan::view
