#include "src/index/proof/prover.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "tests/unit/index/index_bench.hpp"
#include "tests/unit/index/proof_machine_bench.hpp"

namespace holdfast::index::test {
namespace {

/// A gate that calls wait at and the test opens.
class Gate {
 public:
  void close() { set(false); }
  void open() { set(true); }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
};

/// A repository in memory.
class FakeBackend final : public Backend {
 public:
  std::string_view name() const override { return "fake"; }
  std::string_view place() const override { return "/repository"; }
  std::string_view kind() const override { return "the fake repository"; }
  ProbeResult probe() override {
    ++probes;
    probe_gate.pass();
    if (throws) throw std::runtime_error("probe threw");
    return blobs(names);
  }
  ListingResult list(const Fingerprint&, std::chrono::steady_clock::time_point,
                     const std::atomic<bool>& cancel) override {
    ++listings;
    while (hangs && !cancel) std::this_thread::sleep_for(1ms);
    if (cancel) return Failure{"cancelled", true};
    if (throws) throw std::runtime_error("listing threw");
    return exactly(empty_catalog());
  }

  Gate probe_gate;
  std::atomic<std::uint64_t> names = 1;
  std::atomic<int> probes = 0;
  std::atomic<int> listings = 0;
  std::atomic<bool> throws = false;
  std::atomic<bool> hangs = false;
};

struct Fixture {
  explicit Fixture(std::chrono::milliseconds probe_timeout = 10s) : timeout(probe_timeout) {}
  ~Fixture() { backend->probe_gate.open(); }

  std::unique_ptr<Prover> prover() {
    ProofMachine::Options options;
    options.place = "/repository";
    options.probe_timeout = timeout;
    return std::make_unique<Prover>(backend, options, log, metrics);
  }

  std::chrono::milliseconds timeout;
  std::shared_ptr<FakeBackend> backend = std::make_shared<FakeBackend>();
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};
};

TEST_CASE("a question is answered from a listing, the next one from the same") {
  Fixture test;
  const auto prover = test.prover();
  const auto catalog = catalog_of(ask(*prover));
  CHECK(catalog);
  CHECK(catalog_of(ask(*prover)) == catalog);
  CHECK(test.backend->listings == 1);
  test.backend->names = 2;
  CHECK(catalog_of(ask(*prover)) != catalog);
  CHECK(test.backend->listings == 2);
}

TEST_CASE("questions from many threads are each answered once, with few probes") {
  Fixture test;
  const auto prover = test.prover();
  ask(*prover);
  test.backend->probe_gate.close();
  const int before = test.backend->probes;
  std::atomic<int> answers = 0;
  std::atomic<int> current = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) {
        prover->prove(std::chrono::steady_clock::now() + 60s, [&](const core::Evidence& evidence) {
          current += catalog_of(evidence) != nullptr;
          ++answers;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  test.backend->probe_gate.open();
  while (answers < 1000) std::this_thread::sleep_for(1ms);
  CHECK(current == 1000);
  CHECK(test.backend->probes - before <= 3);
}

TEST_CASE("an answer says when it was asked for, also where it comes late or from a look that others share") {
  Fixture test;
  const auto prover = test.prover();
  ask(*prover);
  test.backend->probe_gate.close();
  std::promise<core::Evidence> first, second;
  const auto put = [](std::promise<core::Evidence>& to) {
    return [&to](core::Evidence evidence) { to.set_value(std::move(evidence)); };
  };
  const auto before = std::chrono::steady_clock::now();
  prover->prove(before + 60s, put(first));
  const auto between = std::chrono::steady_clock::now();
  prover->prove(before + 60s, put(second));
  const auto after = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(5ms);
  test.backend->probe_gate.open();
  const auto asked_first = first.get_future().get().asked, asked_second = second.get_future().get().asked;
  CHECK((before <= asked_first && asked_first <= between));
  CHECK((between <= asked_second && asked_second <= after));
  test.backend->throws = true;
  CHECK(ask(*prover).asked >= after);
}

TEST_CASE("what a backend throws is the reason of an Unavailable") {
  Fixture test;
  test.backend->throws = true;
  const auto prover = test.prover();
  CHECK(reason_of(ask(*prover)) == "probe threw");
}

TEST_CASE("a probe that never returns costs a question its budget, not more") {
  Fixture test;
  test.backend->probe_gate.close();
  const auto prover = test.prover();
  const core::Evidence evidence = ask(*prover, 100ms);
  CHECK_THAT(reason_of(evidence), Catch::StartsWith("no answer from /repository within 0."));
}

TEST_CASE("when all probes hang, a question is Unavailable at once, and answered again when they come back") {
  Fixture test(50ms);
  test.backend->probe_gate.close();
  const auto prover = test.prover();
  const core::Evidence stuck =
      ask_until(*prover, [](const auto& evidence) { return reason_of(evidence).starts_with("4 reads"); });
  CHECK(reason_of(stuck) == "4 reads of /repository hang");
  CHECK(test.backend->probes == 4);
  test.backend->probe_gate.open();
  CHECK(catalog_of(ask_until_current(*prover)));
}

TEST_CASE("stopping answers who waits, and stops a listing") {
  Fixture test;
  test.backend->hangs = true;
  std::promise<core::Evidence> answer;
  auto prover = test.prover();
  prover->prove(std::chrono::steady_clock::now() + 1h, [&](core::Evidence evidence) { answer.set_value(evidence); });
  while (test.backend->listings == 0) std::this_thread::sleep_for(1ms);
  prover.reset();
  CHECK(reason_of(answer.get_future().get()) == "holdfast is stopping");
  CHECK(test.backend.use_count() == 1);
}

TEST_CASE("stopping does not wait for a probe that hangs") {
  Fixture test;
  test.backend->probe_gate.close();
  auto prover = test.prover();
  while (test.backend->probes == 0) std::this_thread::sleep_for(1ms);
  prover.reset();
  CHECK(test.backend.use_count() == 2);  // the call that hangs keeps what it needs
}

TEST_CASE("health and metrics follow the proofs") {
  Fixture test;
  const auto prover = test.prover();
  ask(*prover);
  CHECK(prover->status().current);
  test.backend->throws = true;
  ask(*prover);
  CHECK_FALSE(prover->status().current);
  CHECK(prover->status().loaded);
  CHECK(prover->status().reason == "probe threw");
  const std::string page = test.metrics.text();
  CHECK_THAT(page, !Catch::Contains("holdfast_index_proofs_total{result=\"changed\"} 0"));
  CHECK_THAT(page, Catch::Contains("holdfast_index_proofs_total{result=\"unknown\"} 1"));
  CHECK_THAT(page, Catch::Contains("holdfast_index_refresh_total{result=\"ok\"} 1"));
  CHECK_THAT(page, Catch::Contains("holdfast_index_blobs 1"));
}

}  // namespace
}  // namespace holdfast::index::test
