#include "tests/simulation/ledger.h"

#include <fmt/format.h>

#include <utility>

namespace sanyuan::simulation {

void Ledger::Fail(std::string text) {
  if (failed()) return;
  failure_ = fmt::format("at {:.3f} s: {}", static_cast<double>(schedule_.now()) / kSecond, text);
}

void Ledger::Accepted(int process, size_t context, const partition::Place& place) {
  Chapter& chapter = chapters[context];
  if (place.height < chapter.accepted.size()) {
    if (chapter.accepted[place.height].head != place.head && !chapter.unsound) {
      Fail(fmt::format(
          "readers disagree: process {} accepted offset {} of {} as height {}, which was another record "
          "(offset {}) for whoever read it first",
          process, place.offset, chapter.name, place.height, chapter.accepted[place.height].offset));
    }
    return;
  }
  if (place.height > chapter.accepted.size()) {
    if (!chapter.unsound) {
      Fail(fmt::format("process {} accepted height {} of {}, and nobody has seen height {}", process,
                       place.height, chapter.name, chapter.accepted.size()));
    }
    return;
  }
  if (chapter.accepted.empty()) chapter.journal_id = place.journal_id;
  chapter.accepted.push_back(place);
  if (place.height == 0 || place.term != place.height) return;
  chapter.last_take_over = schedule_.now();
  if (chapter.on_take_over) std::exchange(chapter.on_take_over, nullptr)(place);
}

void Ledger::Halted(int process, size_t context, const std::string& why) {
  const Chapter& chapter = chapters[context];
  if (!chapter.unsound)
    Fail(fmt::format("process {} halted {} on a sound log: {}", process, chapter.name, why));
}

}  // namespace sanyuan::simulation
