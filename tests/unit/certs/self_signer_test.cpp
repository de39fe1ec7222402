#include "holdfast/certs/self_signer.hpp"

#include <catch2/catch.hpp>

using namespace holdfast;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const core::Time kNow = std::chrono::sys_days(2026y / 11 / 21) + 9h;
constexpr std::chrono::hours kLifetime{24 * 365};

/// Answers at once; `problem` is what everything fails with.
class Store : public certs::SecretStore {
 public:
  std::optional<certs::SharedSecret> secret;
  std::string problem;
  int conflicts = 0;  ///< writes that are still to fail because somebody else was faster
  int writes = 0;

  void read(std::function<void(Found)> done) override {
    if (!problem.empty()) return done(certs::Problem{problem});
    done(secret);
  }
  void write(const certs::SharedSecret& wanted, std::function<void(Written)> done) override {
    if (conflicts > 0) {
      --conflicts;
      return done(Conflict{});
    }
    secret = wanted;
    secret->version = std::to_string(++writes);
    done(secret->version);
  }
};

class Publisher : public certs::BundlePublisher {
 public:
  std::vector<certs::Entry> entries = {{"MutatingWebhookConfiguration holdfast, backup", ""}};
  std::string look_problem, publish_problem;
  int publications = 0;

  void look(std::function<void(Found)> done) override {
    if (!look_problem.empty()) return done(certs::Problem{look_problem});
    done(entries);
  }
  void publish(const std::string& bundle, std::function<void(std::optional<certs::Problem>)> done) override {
    ++publications;
    if (!publish_problem.empty()) return done(certs::Problem{publish_problem});
    for (auto& entry : entries) entry.bundle = bundle;
    done(std::nullopt);
  }
};

struct Bench {
  Store store;
  Publisher publisher;
  certs::SelfSigner::Times times{kNow, {}};
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Error, ops::Format::Text};
  certs::SelfSigner signer{{{"holdfast.ns.svc"}, kLifetime}, store, publisher, [this] { return times; }, log};

  /// Returns how long it wants to wait; `after` the look before.
  std::chrono::milliseconds look(std::chrono::seconds after = 1s) {
    times.utc += after;
    times.steady += after;
    std::optional<std::chrono::milliseconds> again;
    signer.look([&](std::chrono::milliseconds time) { again = time; });
    REQUIRE(again);
    return *again;
  }
};

}  // namespace

TEST_CASE("self signer: serves from the first moment, and is not accepted until its authority stands everywhere") {
  Bench bench;
  CHECK(bench.signer.current() != nullptr);
  CHECK_THAT(bench.signer.problem_at(kNow), Contains("has not been looked at yet"));
  CHECK(bench.look() < 1s);  // to see whether it stands there
  bench.look();
  CHECK(bench.signer.problem_at(kNow) == "");
  CHECK(bench.signer.trouble() == "");
  CHECK(bench.publisher.publications == 1);
  CHECK(bench.store.writes == 1);
  CHECK(bench.signer.problem_at(kNow + kLifetime + 1h) == "the certificate expired at 2027-11-21T09:00:00Z");
  CHECK_THAT(bench.signer.problem_at(kNow - 1h), Contains("is not valid before"));
}

TEST_CASE("self signer: a caBundle that was stripped is told of and put back, at the next look") {
  Bench bench;
  bench.look();
  bench.look();
  bench.publisher.entries.push_back({"ValidatingWebhookConfiguration holdfast, backup", ""});
  CHECK(bench.look() < 1s);
  CHECK_THAT(bench.signer.problem_at(kNow), Contains("ValidatingWebhookConfiguration holdfast, backup: its caBundle"));
  bench.look();
  CHECK(bench.signer.problem_at(kNow) == "");
  CHECK(bench.publisher.entries[0].bundle == bench.publisher.entries[1].bundle);
  CHECK(bench.look() <= 5s);
}

TEST_CASE("self signer: somebody faster is no trouble, the Secret is read again soon") {
  Bench bench;
  bench.store.conflicts = 1;
  CHECK(bench.look() < 1s);
  CHECK(bench.publisher.publications == 0);
  CHECK(bench.signer.trouble() == "");
  bench.look();
  CHECK(bench.publisher.publications == 1);
}

TEST_CASE("self signer: renews, and the new certificate is served") {
  Bench bench;
  bench.look();
  bench.look();
  const auto before = bench.signer.current();
  const core::Time end = bench.signer.not_after();
  bench.look(kLifetime * 2 / 3);
  CHECK(bench.signer.current() == before);
  for (int i = 0; i < 10; ++i) bench.look(10s);
  CHECK(bench.signer.current() != before);
  CHECK(bench.signer.not_after() > end + kLifetime / 2);
  CHECK(bench.signer.problem_at(bench.times.utc) == "");
}

TEST_CASE("self signer: what cannot be read or written is told, and what was served is served on") {
  Bench bench;
  bench.look();
  bench.look();
  const auto before = bench.signer.current();
  std::string expected;
  SECTION("the Secret") { bench.store.problem = expected = "no Secret today"; }
  SECTION("the configurations") { bench.publisher.look_problem = expected = "no configurations today"; }
  SECTION("a caBundle") {
    bench.publisher.publish_problem = expected = "not yours";
    bench.publisher.entries[0].bundle.clear();
  }
  bench.look();
  CHECK(bench.signer.trouble() == expected);
  CHECK(bench.signer.current() == before);
  bench.store.problem = bench.publisher.look_problem = bench.publisher.publish_problem = "";
  bench.look();
  bench.look();
  CHECK(bench.signer.trouble() == "");
  CHECK(bench.signer.problem_at(kNow) == "");
}

TEST_CASE("self signer: nothing is published while it is not known what the replicas share") {
  Bench bench;
  bench.store.problem = "no answer";
  bench.look();
  CHECK(bench.publisher.publications == 0);
  CHECK_THAT(bench.signer.problem_at(kNow), Contains("its caBundle does not hold"));
}

TEST_CASE("self signer: times follow the lifetime, within bounds") {
  const auto of = [](std::chrono::seconds lifetime) { return certs::SelfSigner::Options{{"a"}, lifetime}; };
  CHECK(of(kLifetime).settle() == 30s);
  CHECK(of(kLifetime).between_looks() == 5s);
  CHECK(of(60s).settle() == 3s);
  CHECK(of(60s).between_looks() == 1s);
  CHECK(of(5s).settle() == 1s);
  CHECK(of(5s).between_looks() == 500ms);
}
