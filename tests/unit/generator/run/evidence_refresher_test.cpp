#include "src/generator/run/evidence_refresher.hpp"

#include <optional>

#include "tests/fakes/fake_index.hpp"
#include "tests/unit/kube/asking.hpp"

using namespace holdfast;
using generator::EvidenceRefresher;
using generator::Return;
using holdfast::test::eventually;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

/// A refresher whose proofs the test answers.
struct Counter {
  explicit Counter(std::chrono::milliseconds between = 0ms) {
    index.silent = true;
    on_loop([&] { refresher.emplace(loop, index, way_back, between, [this] { ++arrived; }); });
  }
  ~Counter() {
    way_back->close();
    on_loop([&] { refresher.reset(); });
  }
  void on_loop(const std::function<void()>& f) {
    std::promise<void> done;
    loop.post([&] {
      f();
      done.set_value();
    });
    done.get_future().get();
  }
  void want(std::chrono::seconds ago = 0s) {
    on_loop([&] { refresher->want(steady_clock::now() - ago); });
  }
  std::size_t asked() {
    std::size_t count = 0;
    on_loop([&] { count = index.waiting.size(); });
    return count;
  }
  void answer(std::size_t which, core::Evidence evidence) {
    on_loop([&] { index.waiting.at(which)(std::move(evidence)); });
    on_loop([] {});  // the answer is posted behind this one's beginning
  }
  bool has_since(steady_clock::time_point moment, std::chrono::seconds age = 0s) {
    bool has = false;
    on_loop([&] { has = refresher->since(moment, steady_clock::now() + age) != nullptr; });
    return has;
  }
  core::Evidence known() {
    fakes::FakeIndex other;
    other.holds({});
    return other.evidence;
  }

  fakes::FakeIndex index;
  std::atomic<int> arrived = 0;
  net::Loop loop{1};
  std::shared_ptr<Return> way_back = std::make_shared<Return>(loop);
  std::optional<EvidenceRefresher> refresher;
};

}  // namespace

TEST_CASE("a proof that began before the question is no answer to it; the next one is") {
  Counter counter;
  counter.want();
  REQUIRE(counter.asked() == 1);
  const auto question = steady_clock::now();
  counter.want();  // while the first is under way
  CHECK(counter.asked() == 1);
  counter.answer(0, counter.known());
  CHECK_FALSE(counter.has_since(question));
  REQUIRE(eventually([&] { return counter.asked() == 2; }));
  counter.answer(1, counter.known());
  CHECK(counter.has_since(question));
  CHECK(counter.arrived == 2);
}

TEST_CASE("many questions at a time are one proof") {
  Counter counter;
  for (int i = 0; i < 20; ++i) counter.want();
  CHECK(counter.asked() == 1);
  counter.answer(0, counter.known());
  REQUIRE(eventually([&] { return counter.asked() == 2; }));
  counter.answer(1, counter.known());
  CHECK(counter.asked() == 2);
}

TEST_CASE("proofs begin with a pause between them, and none that was wanted is forgotten") {
  Counter counter(300ms);
  counter.want();
  const auto first = steady_clock::now();
  counter.answer(0, counter.known());
  counter.want();
  counter.want();
  REQUIRE(eventually([&] { return counter.asked() == 2; }));
  CHECK(steady_clock::now() - first > 200ms);
  counter.answer(1, counter.known());
  CHECK(counter.asked() == 2);
}

TEST_CASE("a proof that a restore waits for does not wait for the pause that others keep") {
  Counter counter(60s);
  counter.want();
  counter.answer(0, counter.known());
  counter.want();
  counter.on_loop([&] { counter.refresher->want_soon(steady_clock::now() + 7s); });
  REQUIRE(eventually([&] { return counter.asked() == 2; }));
  counter.on_loop([&] { counter.refresher->want_soon(steady_clock::now()); });  // while that one is under way
  counter.answer(1, counter.known());
  CHECK(counter.asked() == 2);
}

TEST_CASE("a proof is good for a minute, that nothing is known for ten seconds") {
  Counter counter;
  const auto question = steady_clock::now();
  counter.want();
  counter.answer(0, counter.known());
  CHECK(counter.has_since(question, 50s));
  CHECK_FALSE(counter.has_since(question, 70s));
  counter.want();
  counter.answer(1, {});
  CHECK(counter.has_since(question, 5s));
  CHECK_FALSE(counter.has_since(question, 15s));
}

TEST_CASE("a proof that took minutes is good for a minute from its arrival, for what was asked before it began") {
  Counter counter;
  const auto question = steady_clock::now() - 301s;
  counter.want(300s);
  counter.answer(0, counter.known());
  CHECK(counter.has_since(question, 50s));
  CHECK_FALSE(counter.has_since(question, 70s));
  CHECK_FALSE(counter.has_since(steady_clock::now() - 299s));
}

TEST_CASE("an answer for a refresher that is gone is dropped") {
  Counter counter;
  counter.want();
  counter.on_loop([&] { counter.refresher.reset(); });
  counter.answer(0, counter.known());
  CHECK(counter.arrived == 0);
}
