#include "common/ownership/kafka/kafka_ownership.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <utility>
#include <variant>

#include "common/log/kafka/group_member.h"
#include "common/log/kafka/kafka_table.h"
#include "common/ownership/rows.h"
#include "common/partition/content.h"

namespace sanyuan::ownership {
namespace {

constexpr auto kCatchUpPatience = std::chrono::seconds(30);
constexpr auto kClosePatience = std::chrono::seconds(5);

std::string NewInstance() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

int64_t MonotonicMicros() {
  return absl::ToInt64Microseconds(absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()));
}

class KafkaOwnershipImpl final : public KafkaOwnership, private log::KafkaTable::Listener {
 public:
  explicit KafkaOwnershipImpl(const KafkaOwnershipOptions& options) : options_(options) {}
  ~KafkaOwnershipImpl() override {
    member_.reset();
    table_.reset();
  }

  absl::Status Listen(OwnershipListener* listener) override {
    listener_ = listener;
    std::vector<std::string> topics;
    topics.reserve(options_.all.size());
    for (const std::string& context : options_.all) topics.push_back(OwnersTopic(context));
    auto table = log::KafkaTable::Open(options_.kafka, topics, this);
    if (!table.ok()) return table.status();
    table_ = *std::move(table);
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kCatchUpPatience, [this] { return caught_up_; })) {
      return absl::UnavailableError("the owners topics can't be read to their ends");
    }
    return absl::OkStatus();
  }

  const std::string& instance() const override { return instance_; }

  absl::Status Join(std::string address) override {
    {
      const std::lock_guard lock(mutex_);
      address_ = std::move(address);
    }
    log::GroupOptions group;
    group.group = options_.group;
    group.session_timeout = options_.session_timeout;
    for (const std::string& context : options_.hosted) group.topics.push_back(OwnersTopic(context));
    auto member = log::GroupMember::Join(
        options_.kafka, group, [this](const std::set<log::TopicPartition>& assigned) { Assigned(assigned); });
    if (!member.ok()) return member.status();
    member_ = *std::move(member);
    return absl::OkStatus();
  }

  void Announce(Announcement announcement) override {
    if (announcement.instance == instance_) announcement.address = Address();
    Put(OwnersTopic(announcement.share.context), announcement.share.partition, KeyOf(announcement),
        Encode(announcement));
  }

  void Present(std::optional<int64_t> simulated_now_us) override { SayPresence(false, simulated_now_us); }

  void Leave() override {
    if (member_ != nullptr) member_->Leave();
  }
  void Close() override {
    if (table_ == nullptr) return;
    member_.reset();
    SayPresence(true, std::nullopt);
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kClosePatience, [this] { return under_way_ == 0; });
    }
    table_.reset();
  }

 private:
  void OnRow(const log::KafkaTable::Row& row) override {
    auto decoded = Decode(row.value);
    if (!decoded) return;
    if (auto* presence = std::get_if<Presence>(&*decoded)) {
      if (presence->instance == instance_ && row.appended_at != absl::InfinitePast()) {
        presence->landing =
            Landing{row.appended_at, absl::Microseconds(MonotonicMicros() - presence->sent_at_us)};
      }
      listener_->OnPresent(*presence, row.earlier);
      return;
    }
    const auto& announcement = std::get<Announcement>(*decoded);
    if (OwnersTopic(announcement.share.context) != row.topic || announcement.share.partition != row.partition)
      return;
    listener_->OnAnnounced(announcement, row.earlier);
  }
  void OnCaughtUp() override {
    const std::lock_guard lock(mutex_);
    caught_up_ = true;
    changed_.notify_all();
  }

  void Assigned(const std::set<log::TopicPartition>& assigned) {
    std::set<Share> shares;
    for (const std::string& context : options_.hosted) {
      for (const log::TopicPartition& partition : assigned) {
        if (partition.topic == OwnersTopic(context)) shares.insert({context, partition.partition});
      }
    }
    listener_->OnAssigned(shares);
  }

  std::string Address() {
    const std::lock_guard lock(mutex_);
    return address_;
  }

  void Put(const std::string& topic, int32_t partition, std::string key, std::string value) {
    {
      const std::lock_guard lock(mutex_);
      ++under_way_;
    }
    const absl::Status put = table_->Put(topic, partition, std::move(key), std::move(value),
                                         [this](const absl::Status&) { Ended(); });
    if (put.ok()) return;
    Ended();
    spdlog::warn("{}/{}: {}", topic, partition, std::string(put.message()));
  }

  void Ended() {
    const std::lock_guard lock(mutex_);
    --under_way_;
    changed_.notify_all();
  }

  void SayPresence(bool left, std::optional<int64_t> simulated_now_us) {
    const Presence presence{instance_,        Address(), left, simulated_now_us, partition::kNewestFormat,
                            MonotonicMicros()};
    Put(OwnersTopic(options_.hosted.front()), 0, KeyOf(presence), Encode(presence));
  }

  const KafkaOwnershipOptions options_;
  OwnershipListener* listener_ = nullptr;
  const std::string instance_ = NewInstance();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool caught_up_ = false;
  int under_way_ = 0;  // Rows whose end is not known yet.
  std::string address_;
  std::unique_ptr<log::KafkaTable> table_;
  std::unique_ptr<log::GroupMember> member_;
};

}  // namespace

std::unique_ptr<KafkaOwnership> KafkaOwnership::New(const KafkaOwnershipOptions& options) {
  return std::make_unique<KafkaOwnershipImpl>(options);
}

}  // namespace sanyuan::ownership
