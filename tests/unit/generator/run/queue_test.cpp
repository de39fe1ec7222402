#include <catch2/catch.hpp>

#include "src/generator/run/backoff.hpp"
#include "src/generator/run/dispatcher.hpp"

using namespace holdfast;
using generator::Backoff;
using generator::Queue;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const core::PvcName kA{"media", "a"};
const core::PvcName kB{"media", "b"};
const Queue::Time kNow = Queue::Time{} + seconds{1000};

}  // namespace

TEST_CASE("a PVC that is named often is looked at once") {
  Queue queue;
  for (int i = 0; i < 5; ++i) queue.add(kA, kNow);
  CHECK(queue.depth(kNow) == 1);
  CHECK(queue.take(kNow) == kA);
  CHECK_FALSE(queue.take(kNow).has_value());
}

TEST_CASE("the one that is due first comes first, and nothing comes before it is due") {
  Queue queue;
  queue.add(kA, kNow + seconds{5});
  queue.add(kB, kNow + seconds{3});
  CHECK_FALSE(queue.take(kNow).has_value());
  CHECK(queue.next() == kNow + seconds{3});
  CHECK(queue.take(kNow + seconds{5}) == kB);
  CHECK(queue.take(kNow + seconds{5}) == kA);
}

TEST_CASE("an earlier time counts, a later one does not put off") {
  Queue queue;
  queue.add(kA, kNow + seconds{60});
  queue.add(kA, kNow);
  queue.add(kA, kNow + seconds{60});
  CHECK(queue.take(kNow) == kA);
}

TEST_CASE("what changes while it is worked on is looked at again afterwards, and not before") {
  Queue queue;
  queue.add(kA, kNow);
  REQUIRE(queue.take(kNow) == kA);
  queue.add(kA, kNow);
  CHECK_FALSE(queue.take(kNow).has_value());
  CHECK(queue.depth(kNow) == 1);
  queue.done(kA);
  CHECK(queue.take(kNow) == kA);
  queue.done(kA);
  CHECK_FALSE(queue.take(kNow).has_value());
  CHECK(queue.depth(kNow) == 0);
}

TEST_CASE("failures put a PVC off, each time longer, up to five minutes") {
  Backoff backoff;
  CHECK(backoff.not_before(kA, kNow) == kNow);
  milliseconds last{0};
  for (int i = 0; i < 20; ++i) {
    backoff.failed(kA, "apply: refused", kNow);
    const auto wait = std::chrono::duration_cast<milliseconds>(backoff.not_before(kA, kNow) - kNow);
    CHECK(wait >= last);
    CHECK(wait <= seconds{300});
    last = wait;
  }
  CHECK(last == seconds{300});
  CHECK(backoff.problem(kA) == "apply: refused");
  CHECK(backoff.not_before(kB, kNow) == kNow);
  backoff.rested(kA, kNow);
  CHECK(backoff.not_before(kA, kNow) == kNow);
  CHECK(backoff.problem(kA).empty());
}

TEST_CASE("a success after failures forgets what failed") {
  Backoff backoff;
  backoff.failed(kA, "apply: refused", kNow);
  backoff.wrote(kA, kNow);
  CHECK(backoff.problem(kA).empty());
}

TEST_CASE("writes that never come to rest are slowed down, a story of a restore is not") {
  Backoff backoff;
  for (int i = 0; i < 10; ++i) CHECK_FALSE(backoff.wrote(kA, kNow));
  CHECK(backoff.not_before(kA, kNow) == kNow);
  CHECK(backoff.wrote(kA, kNow));
  CHECK(backoff.not_before(kA, kNow) == kNow + seconds{1});
  CHECK_FALSE(backoff.wrote(kA, kNow));
  CHECK(backoff.not_before(kA, kNow) == kNow + seconds{2});
}

TEST_CASE("somebody who undoes each write is not fought, although there is a rest after each") {
  Backoff backoff;
  auto now = kNow;
  for (int i = 0; i < 20; ++i) {
    now = backoff.not_before(kA, now);
    backoff.wrote(kA, now);
    backoff.rested(kA, now);
  }
  CHECK(backoff.not_before(kA, now) >= now + seconds{300});
  CHECK(backoff.not_before(kB, now) == now);
}

TEST_CASE("writes are forgotten after a while without any") {
  Backoff backoff;
  for (int i = 0; i < 11; ++i) backoff.wrote(kA, kNow);
  backoff.rested(kA, kNow + seconds{59});
  CHECK(backoff.wrote(kA, kNow + seconds{59}) == false);
  CHECK(backoff.not_before(kA, kNow + seconds{59}) > kNow + seconds{59});
  const auto later = kNow + seconds{200};
  CHECK_FALSE(backoff.wrote(kA, later));
  CHECK(backoff.not_before(kA, later) == later);
}

TEST_CASE("somebody who undoes what is written is known as long as it goes on") {
  Backoff backoff;
  for (int i = 0; i < 10; ++i) backoff.wrote(kA, kNow);
  CHECK_FALSE(backoff.is_restless(kA, kNow));
  backoff.wrote(kA, kNow);
  CHECK(backoff.is_restless(kA, kNow));
  backoff.rested(kA, kNow);
  CHECK(backoff.is_restless(kA, kNow + seconds{59}));
  CHECK_FALSE(backoff.is_restless(kA, kNow + seconds{62}));
  CHECK_FALSE(backoff.is_restless(kB, kNow));
}
