#include "tests/simulation/simulated_log.h"

#include <algorithm>
#include <utility>

namespace sanyuan::simulation {

SimulatedLog::Bytes SimulatedLog::At(size_t topic, int64_t offset) const {
  const auto& records = topics_[topic].records;
  if (offset < 0 || offset >= static_cast<int64_t>(records.size())) return nullptr;
  return records[static_cast<size_t>(offset)];
}

std::optional<std::string> SimulatedLog::Read(size_t topic, int64_t offset) const {
  const Bytes bytes = At(topic, offset);
  return bytes == nullptr ? std::nullopt : std::optional<std::string>(*bytes);
}

std::vector<partition::RawRecord> SimulatedLog::ReadFrom(size_t topic, int64_t offset, size_t count) const {
  std::vector<partition::RawRecord> result;
  for (int64_t at = std::max<int64_t>(offset, 0); at < End(topic) && result.size() < count; ++at) {
    if (const Bytes bytes = At(topic, at)) result.push_back({at, *bytes});
  }
  return result;
}

void SimulatedLog::Append(size_t topic, std::string record) {
  topics_[topic].records.push_back(std::make_shared<const std::string>(std::move(record)));
  on_changed(topic);
}

SimulatedLog::SessionId SimulatedLog::Open(size_t topic) {
  sessions_.emplace_back().topic = topic;
  return sessions_.size() - 1;
}

void SimulatedLog::Produce(SessionId id, std::string record) {
  Session& session = sessions_[id];
  if (session.broken) return;
  session.pending.push_back(std::make_shared<const std::string>(std::move(record)));
  ScheduleLanding(id);
}

size_t SimulatedLog::Pending(size_t topic) const {
  size_t pending = 0;
  for (const Session& session : sessions_) {
    if (session.topic == topic) pending += session.pending.size();
  }
  return pending;
}

void SimulatedLog::ScheduleLanding(SessionId id) {
  Session& session = sessions_[id];
  if (session.scheduled || session.pending.empty()) return;
  session.scheduled = true;
  const Topic& topic = topics_[session.topic];
  Micros at = schedule_.now() + random_.Between(500, 12 * kMillisecond);
  if (schedule_.now() < topic.slow_until) at += random_.Between(0, topic.slow_by);
  if (session.late > 0) at += random_.Between(0, session.late);
  schedule_.At(std::max(at, session.held_until), [this, id] { Land(id); });
}

void SimulatedLog::Land(SessionId id) {
  Session& session = sessions_[id];
  session.scheduled = false;
  if (schedule_.now() >= session.held_until) {
    for (size_t batch = 1 + random_.Below(6); batch > 0 && !session.pending.empty(); --batch)
      LandOne(session);
    on_changed(session.topic);
  }
  ScheduleLanding(id);
}

void SimulatedLog::LandOne(Session& session) {
  Topic& topic = topics_[session.topic];
  const Bytes bytes = std::move(session.pending.front());
  session.pending.pop_front();
  if (topic.lose_next && !session.pending.empty()) {
    session.lost_before_next = std::exchange(topic.lose_next, nullptr);
    return;
  }
  topic.records.push_back(bytes);
  if (session.lost_before_next) std::exchange(session.lost_before_next, nullptr)();
  if (schedule_.now() < topic.duplicate_until && random_.Percent(50)) {
    schedule_.After(random_.Between(0, 300 * kMillisecond), [this, at = session.topic, bytes] {
      topics_[at].records.push_back(bytes);
      on_changed(at);
    });
  }
}

void SimulatedLog::Hold(SessionId id, Micros until) { sessions_[id].held_until = until; }

void SimulatedLog::Break(SessionId id, Micros late) {
  Session& session = sessions_[id];
  session.pending.resize(random_.Below(session.pending.size() + 1));
  session.broken = true;
  session.late = late;
}

void SimulatedLog::SlowDown(size_t topic, Micros until, Micros by) {
  topics_[topic].slow_until = until;
  topics_[topic].slow_by = by;
}

void SimulatedLog::LoseNextInTheMiddle(size_t topic, std::function<void()> done) {
  topics_[topic].lose_next = std::move(done);
}

void SimulatedLog::LoseLanded(size_t topic, int64_t offset) {
  topics_[topic].records[static_cast<size_t>(offset)] = nullptr;
}

void SimulatedLog::Cut(size_t topic, int64_t end) {
  topics_[topic].records.resize(static_cast<size_t>(end));
  on_changed(topic);
}

void SimulatedLog::Recreate(size_t topic, std::vector<std::string> records) {
  topics_[topic].records.clear();
  for (std::string& record : records) {
    topics_[topic].records.push_back(std::make_shared<const std::string>(std::move(record)));
  }
  on_changed(topic);
}

void SimulatedLog::Flip(size_t topic, int64_t offset, size_t byte, uint8_t mask) {
  Bytes& bytes = topics_[topic].records[static_cast<size_t>(offset)];
  std::string changed = *bytes;
  changed[byte] = static_cast<char>(static_cast<uint8_t>(changed[byte]) ^ mask);
  bytes = std::make_shared<const std::string>(std::move(changed));
}

}  // namespace sanyuan::simulation
