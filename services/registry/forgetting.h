// What follows from a person being forgotten (domain/person.h): the key goes. It goes with the registry's view: a
// forgotten person becomes a row of the view, and the key is deleted before the view moves on, so whoever waits for
// the view knows that the text is gone, a crash between leaves nothing undone, and a view built anew does it again.
//
//   forgotten/<county>/<person>   "licence 620121/620121100001", whose receivers go too, or "staff 620121/AM01"
//
// Thread safety: any thread.
#ifndef SANYUAN_SERVICES_REGISTRY_FORGETTING_H_
#define SANYUAN_SERVICES_REGISTRY_FORGETTING_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/view/view_store.h"

namespace sanyuan::registry {

// Adds those rows to the registry's other ones. `others` may be nullptr; else it outlives this.
class ForgettingProjection final : public view::Projection {
 public:
  explicit ForgettingProjection(const view::Projection* others) : others_(others) {}
  void Project(const state::Change& change, std::vector<view::ViewRow>& rows) const override;

 private:
  const view::Projection* const others_;
};

// Deletes a person's key: "620121/620121100001", and whether the keys of receivers go too. Called more than once.
using ForgetFn = std::function<absl::Status(const std::string& person, bool with_receivers)>;

// A store of views that forgets whom a batch of the registry's view names before it applies the batch; when that
// fails the batch is not applied.
class ForgettingViewStore final : public view::ViewStore {
 public:
  // `views` outlives this.
  ForgettingViewStore(view::ViewStore& views, ForgetFn forget) : views_(views), forget_(std::move(forget)) {}

  // Forgets everybody whom these rows of the registry's state say to be forgotten: keys that an old copy brought back go
  // again. The view would not do: it may be away when keys are already in use.
  absl::Status ForgetAgain(const std::vector<state::Change>& rows) const;

  absl::StatusOr<std::optional<view::ViewPosition>> Position(const view::ViewName& view) override {
    return views_.Position(view);
  }
  absl::Status Apply(const view::ViewName& view, const std::optional<view::ViewPosition>& from,
                     const view::ViewPosition& to, absl::Span<const view::ViewRow> rows) override;
  absl::Status Clear(const view::ViewName& view) override { return views_.Clear(view); }
  std::unique_ptr<view::ViewReader> Reader(const view::ViewName& view) override {
    return views_.Reader(view);
  }
  bool shared() const override { return views_.shared(); }

 private:
  absl::Status Forget(std::string_view row) const;

  view::ViewStore& views_;
  const ForgetFn forget_;
};

}  // namespace sanyuan::registry

#endif  // SANYUAN_SERVICES_REGISTRY_FORGETTING_H_
