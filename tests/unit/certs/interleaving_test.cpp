// Nothing that is served is ever unbelieved: replicas that share a Secret, whose steps come in any order and at any
// pace, with writes and publications that are refused where somebody was faster.
#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <random>
#include <vector>

#include "holdfast/certs/rotation.hpp"

namespace holdfast::certs {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kLifetime{900};
constexpr std::chrono::milliseconds kSettle{10'000};
const core::Time kBegin = std::chrono::sys_days(2026y / 11 / 21);

/// The Secret and one webhook configuration, each with its version.
struct Cluster {
  std::optional<SharedSecret> secret;
  int secret_version = 0;
  std::string bundle;
  int bundle_version = 0;

  bool write(SharedSecret wanted) {
    if (wanted.version != (secret ? secret->version : "")) return false;
    wanted.version = std::to_string(++secret_version);
    secret = std::move(wanted);
    return true;
  }
  bool publish(const std::string& wanted, int seen_version) {
    if (seen_version != bundle_version) return false;
    bundle = wanted;
    ++bundle_version;
    return true;
  }
};

/// One look, a step at a time.
class Replica {
 public:
  explicit Replica(std::chrono::seconds now) : rotation_({{"holdfast.ns.svc"}, kLifetime, kSettle}, kBegin + now) {}

  void step(Cluster& cluster, std::chrono::seconds now) {
    switch (next_) {
      case Next::Entries:
        return read_entries(cluster, now);
      case Next::Secret:
        return read_secret(cluster, now);
      case Next::Write:
        return write(cluster);
      case Next::Publish:
        return publish(cluster, now);
    }
  }
  /// Whether API servers must accept it: it is shared, was published by now, and has not expired.
  bool counts(std::chrono::seconds now) const { return published_ && kBegin + now <= served_.not_after; }
  const Generation& served() const { return served_; }

 private:
  enum class Next { Entries, Secret, Write, Publish };

  void read_entries(const Cluster& cluster, std::chrono::seconds now) {
    entries_ = {{"entry", cluster.bundle}};
    entries_version_ = cluster.bundle_version;
    began_ = Rotation::Steady(now);
    next_ = Next::Secret;
  }
  void read_secret(const Cluster& cluster, std::chrono::seconds now) {
    wanted_ = rotation_.seen(cluster.secret, &entries_, kBegin + now, began_);
    next_ = wanted_ ? Next::Write : Next::Publish;
  }
  void write(Cluster& cluster) {
    const bool accepted = cluster.write(*wanted_);
    if (accepted) rotation_.written(*cluster.secret);
    next_ = accepted ? Next::Publish : Next::Entries;
  }
  void publish(Cluster& cluster, std::chrono::seconds now) {
    if (kBegin + now > served_.not_after) published_ = false;  // what follows something expired is not believed at once
    served_ = rotation_.serving();
    const std::string bundle = rotation_.bundle();
    const bool there = entries_[0].bundle == bundle || cluster.publish(bundle, entries_version_);
    published_ = published_ || there;
    next_ = Next::Entries;
  }

  Rotation rotation_;
  Next next_ = Next::Entries;
  std::vector<Entry> entries_;
  int entries_version_ = 0;
  Rotation::Steady began_;
  std::optional<SharedSecret> wanted_;
  Generation served_;
  bool published_ = false;
};

}  // namespace

TEST_CASE("rotation: nothing that is served is ever unbelieved, in whatever order replicas look, write and publish") {
  const unsigned seed = GENERATE(range(1u, 7u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::chrono::seconds now{0};
  Cluster cluster;
  std::vector<Replica> replicas;
  for (int i = 0; i < 3; ++i) replicas.emplace_back(now);  // each makes a first generation of its own
  for (int move = 0; move < 300; ++move) {
    now += std::chrono::seconds(random() % 7);
    const int before = cluster.bundle_version;
    Replica& mover = replicas[random() % replicas.size()];
    mover.step(cluster, now);
    for (const Replica& replica : replicas) {
      const bool concerned = &replica == &mover || before != cluster.bundle_version;
      if (concerned && replica.counts(now)) REQUIRE(trusts(cluster.bundle, replica.served().chain));
    }
  }
  CHECK(cluster.secret_version > 2);  // it was renewed on the way
}

}  // namespace holdfast::certs
