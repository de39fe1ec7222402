#include "holdfast/certs/rotation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

using namespace holdfast;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using certs::Entry;
using certs::SharedSecret;

namespace {

constexpr std::chrono::hours kLifetime{90 * 24};
constexpr std::chrono::hours kRenewal{60 * 24};
constexpr std::chrono::seconds kSettle{30};
const core::Time kNow = std::chrono::sys_days(2026y / 11 / 21) + 9h;

/// A Secret and the entries of webhook configurations, as an API server has them: every accepted write is a new
/// version.
struct Cluster {
  std::optional<SharedSecret> secret;
  std::vector<Entry> entries = {{"mutating", ""}, {"validating", ""}};
  int versions = 0;

  /// Whether it was accepted.
  bool write(const SharedSecret& wanted) {
    if (wanted.version != (secret ? secret->version : "")) return false;
    secret = wanted;
    secret->version = std::to_string(++versions);
    return true;
  }
  /// As somebody with kubectl.
  void edit(const std::function<void(std::map<std::string, std::string>&)>& change) {
    change(secret->data);
    secret->version = std::to_string(++versions);
  }
  void publish(const std::string& bundle) {
    for (Entry& entry : entries) entry.bundle = bundle;
  }
  bool trust(const certs::Generation& served) const {
    return std::ranges::all_of(entries, [&](const Entry& entry) { return certs::trusts(entry.bundle, served.chain); });
  }
};

/// One holdfast; `at` is how long after the beginning something happens.
class Replica {
 public:
  explicit Replica(Cluster& cluster, std::chrono::seconds at = 0s, std::vector<std::string> names = {"holdfast.ns.svc"})
      : rotation({std::move(names), kLifetime, kSettle}, kNow + at), cluster_(cluster) {}

  /// Reads both, in the order that the rules ask for.
  std::optional<SharedSecret> read(std::chrono::seconds at) {
    return rotation.seen(cluster_.secret, &cluster_.entries, kNow + at, Steady(at));
  }
  /// A whole look. Returns whether the Secret was written.
  bool look(std::chrono::seconds at) {
    const auto wanted = read(at);
    if (wanted) {
      if (!cluster_.write(*wanted)) return false;
      rotation.written(*cluster_.secret);
    }
    if (!rotation.bundle().empty()) cluster_.publish(rotation.bundle());
    return wanted.has_value();
  }

  certs::Rotation rotation;

 private:
  using Steady = certs::Rotation::Steady;
  Cluster& cluster_;
};

}  // namespace

TEST_CASE("rotation: where there is no Secret, the first generation is shared, and published afterwards") {
  Cluster cluster;
  Replica replica(cluster);
  CHECK(replica.rotation.bundle().empty());
  const auto first = replica.rotation.serving();
  CHECK(replica.look(0s));
  CHECK(replica.rotation.serving() == first);
  CHECK(cluster.trust(first));
  CHECK_FALSE(replica.look(5s));
  CHECK(replica.rotation.problem().empty());
}

TEST_CASE("rotation: of two replicas that begin together one is first, and the other one serves the same") {
  Cluster cluster;
  Replica one(cluster), two(cluster);
  const auto wanted = one.read(0s), also_wanted = two.read(0s);
  REQUIRE(wanted);
  REQUIRE(also_wanted);
  CHECK(cluster.write(*wanted));
  CHECK_FALSE(cluster.write(*also_wanted));
  one.rotation.written(*cluster.secret);
  CHECK_FALSE(two.look(1s));
  CHECK(two.rotation.serving() == one.rotation.serving());
  CHECK(two.rotation.bundle() == one.rotation.bundle());
}

TEST_CASE("rotation: nothing is due before two thirds of the lifetime") {
  Cluster cluster;
  Replica replica(cluster);
  replica.look(0s);
  CHECK_FALSE(replica.look(kRenewal - 1s));
  CHECK(replica.look(kRenewal));
}

TEST_CASE("rotation: an authority is published everywhere for a while before its certificate is served") {
  Cluster cluster;
  Replica replica(cluster);
  replica.look(0s);
  const auto old = replica.rotation.serving();
  replica.look(kRenewal);
  CHECK(replica.rotation.serving() == old);
  const auto next = certs::read_contents(cluster.secret->data).next;
  REQUIRE(next);
  CHECK(cluster.trust(old));
  CHECK(cluster.trust(*next));
  CHECK_FALSE(replica.look(kRenewal + 5s));  // seen to stand there from now on
  CHECK_FALSE(replica.look(kRenewal + 5s + kSettle - 1s));
  CHECK(replica.rotation.serving() == old);
  CHECK(replica.look(kRenewal + 5s + kSettle));
  CHECK(replica.rotation.serving() == *next);
  CHECK(cluster.trust(old));
  CHECK(cluster.trust(*next));
}

TEST_CASE("rotation: a strange caBundle begins the time of waiting anew") {
  Cluster cluster;
  Replica replica(cluster);
  replica.look(0s);
  replica.look(kRenewal);
  replica.look(kRenewal + 5s);
  SECTION("in one of the entries") { cluster.entries[1].bundle = certs::read_contents(cluster.secret->data).former; }
  SECTION("in all of them") { cluster.publish(certs::read_contents(cluster.secret->data).current.authority); }
  CHECK_FALSE(replica.look(kRenewal + 40s));
  CHECK_FALSE(replica.look(kRenewal + 41s));
  CHECK_FALSE(replica.look(kRenewal + 41s + kSettle - 1s));
  CHECK(replica.look(kRenewal + 41s + kSettle));
}

TEST_CASE("rotation: while nobody can look at the entries, the old certificate is served on") {
  Cluster cluster;
  Replica replica(cluster);
  replica.look(0s);
  replica.look(kRenewal);
  replica.look(kRenewal + 5s);
  const auto old = replica.rotation.serving();
  const certs::Rotation::Steady later(kRenewal + 1h);
  const auto blind = replica.rotation.seen(cluster.secret, nullptr, kNow + kRenewal + 1h, later);
  CHECK_FALSE(blind);
  CHECK(replica.rotation.serving() == old);
}

TEST_CASE("rotation: a replica that has not heard of the change is believed until its certificate expires") {
  Cluster cluster;
  Replica replica(cluster), late(cluster);
  replica.look(0s);
  late.look(1s);
  for (const auto at : {0s, 5s, 40s}) replica.look(kRenewal + at);
  CHECK(late.rotation.serving() != replica.rotation.serving());
  CHECK(cluster.trust(late.rotation.serving()));
  replica.look(kLifetime - 1s);
  CHECK(cluster.trust(late.rotation.serving()));
  // And not for ever: the next change leaves out what has expired.
  for (const auto at : {0s, 5s, 40s}) replica.look(kRenewal + kRenewal + 40s + at);
  CHECK_FALSE(cluster.trust(late.rotation.serving()));
  late.look(2 * kRenewal + 90s);
  CHECK(late.rotation.serving() == replica.rotation.serving());
}

TEST_CASE("rotation: of two replicas that renew together one is first, and nothing that is served is ever unbelieved") {
  Cluster cluster;
  Replica one(cluster), two(cluster);
  one.look(0s);
  two.look(0s);
  int renewals = 0;
  auto served = one.rotation.serving();
  for (auto at = kRenewal - 10s; at < 3 * kRenewal; at += at < kRenewal + 2min ? 1s : 7h) {
    // Both read before either writes.
    const auto from_one = one.read(at), from_two = two.read(at + 1s);
    if (from_one && cluster.write(*from_one)) one.rotation.written(*cluster.secret);
    if (from_two && cluster.write(*from_two)) two.rotation.written(*cluster.secret);
    two.look(at + 2s);
    one.look(at + 3s);
    REQUIRE(cluster.trust(one.rotation.serving()));
    REQUIRE(cluster.trust(two.rotation.serving()));
    renewals += one.rotation.serving() != served;
    served = one.rotation.serving();
  }
  CHECK(renewals == 2);
  CHECK(two.rotation.serving() == served);
}

TEST_CASE("rotation: what has expired is replaced at once, nobody believes it any more") {
  Cluster cluster;
  Replica(cluster).look(0s);
  Replica replica(cluster, kLifetime + 1h);
  CHECK(replica.look(kLifetime + 1h));
  CHECK(replica.rotation.serving().not_after == kNow + 2 * kLifetime + 1h);
  CHECK(cluster.trust(replica.rotation.serving()));
}

TEST_CASE("rotation: a next generation that has expired before it was published is made anew") {
  Cluster cluster;
  Replica replica(cluster);
  replica.look(0s);
  auto contents = certs::read_contents(cluster.secret->data);
  contents.next = certs::make_generation({"holdfast.ns.svc"}, 30s, kNow);
  cluster.edit([&](auto& data) { data = certs::write_contents(contents); });
  CHECK(replica.look(1min));
  CHECK(certs::read_contents(cluster.secret->data).next->not_after == kNow + 1min + kLifetime);
}

TEST_CASE("rotation: a service of another name gets a certificate of its own, in the same careful way") {
  Cluster cluster;
  Replica(cluster).look(0s);
  Replica renamed(cluster, 1h, {"guard.ns.svc"});
  CHECK(renamed.look(1h));
  CHECK_FALSE(certs::is_for(renamed.rotation.serving(), {"guard.ns.svc"}));
  CHECK_FALSE(renamed.look(1h + 1s));
  CHECK(renamed.look(1h + 1s + kSettle));
  CHECK(certs::is_for(renamed.rotation.serving(), {"guard.ns.svc"}));
}

TEST_CASE("rotation: a deleted Secret is written again with what is served, and a next generation") {
  Cluster cluster;
  Replica replica(cluster);
  replica.look(0s);
  const auto served = replica.rotation.serving();
  cluster.secret.reset();
  CHECK(replica.look(1h));
  CHECK(replica.rotation.serving() == served);
  CHECK(cluster.trust(served));
  CHECK(certs::read_contents(cluster.secret->data).next);
}

TEST_CASE("rotation: an empty Secret that somebody has put there for us is filled") {
  Cluster cluster;
  cluster.secret = SharedSecret{"7", false, {}};
  Replica replica(cluster);
  const auto wanted = replica.read(0s);
  REQUIRE(wanted);
  CHECK(wanted->version == "7");
}

TEST_CASE("rotation: somebody else's Secret is never overwritten, and nothing is published") {
  Cluster cluster;
  cluster.secret = SharedSecret{"7", false, {{"password", "theirs"}}};
  Replica replica(cluster);
  CHECK_FALSE(replica.look(0s));
  CHECK_THAT(replica.rotation.problem(), Contains("somebody else's"));
  CHECK(replica.rotation.bundle().empty());
  CHECK(cluster.entries[0].bundle.empty());
}

TEST_CASE("rotation: a Secret of ours that was spoiled is written again with what is served, and told of") {
  Cluster cluster;
  Replica replica(cluster);
  replica.look(0s);
  const auto served = replica.rotation.serving();
  const auto other = certs::make_generation({"holdfast.ns.svc"}, kLifetime, kNow);
  std::string named;
  SECTION("a key is missing") {
    cluster.edit([](auto& data) { data.erase("tls.key"); });
    named = "tls.key is missing";
  }
  SECTION("a key belongs to another certificate") {
    cluster.edit([&](auto& data) { data["tls.key"] = other.key; });
    named = "tls.crt, tls.key, ca.crt: ";
  }
  SECTION("the next generation is half there") {
    cluster.edit([&](auto& data) { data["next-tls.crt"] = other.chain; });
    named = "next-tls.key is missing";
  }
  const auto wanted = replica.read(1h);
  REQUIRE(wanted);
  CHECK_THAT(replica.rotation.problem(), Contains(named));
  CHECK(replica.rotation.bundle().empty());
  CHECK(cluster.write(*wanted));
  replica.rotation.written(*cluster.secret);
  CHECK(replica.rotation.problem().empty());
  CHECK(replica.rotation.serving() == served);
}

TEST_CASE("rotation: contents are read as they were written") {
  const auto make = [] { return certs::make_generation({"a"}, kLifetime, kNow); };
  const certs::Contents contents{make(), make(), make().authority};
  CHECK(certs::read_contents(certs::write_contents(contents)) == contents);
}
