#include <catch2/catch.hpp>

#include <future>
#include <thread>

#include "holdfast/base/probe_pool.hpp"

namespace holdfast::base {
namespace {

/// A call that hangs until the test lets it go.
struct Hang {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::function<void()> call() {
    return [released = released] { released.wait(); };
  }
};

void wait_until_idle(const ProbePool& pool, std::size_t busy) {
  while (pool.busy() > busy) std::this_thread::yield();
}

TEST_CASE("a call runs on another thread") {
  ProbePool pool;
  std::promise<std::thread::id> ran;
  REQUIRE(pool.submit([&] { ran.set_value(std::this_thread::get_id()); }));
  CHECK(ran.get_future().get() != std::this_thread::get_id());
}

TEST_CASE("when every thread hangs, a call is refused, and taken again once one came back") {
  ProbePool pool(2);
  Hang first;
  Hang second;
  REQUIRE(pool.submit(first.call()));
  REQUIRE(pool.submit(second.call()));
  CHECK_FALSE(pool.submit([] {}));
  first.release.set_value();
  wait_until_idle(pool, 1);
  CHECK(pool.submit([] {}));
  second.release.set_value();
  wait_until_idle(pool, 0);
}

TEST_CASE("a pool goes away while a call hangs") {
  Hang hang;
  std::promise<void> ended;
  {
    ProbePool pool(1);
    REQUIRE(pool.submit([call = hang.call(), &ended] {
      call();
      ended.set_value();
    }));
  }
  hang.release.set_value();
  ended.get_future().wait();
}

TEST_CASE("what a call owns dies with the call") {
  ProbePool pool(1);
  auto owned = std::make_shared<int>(1);
  REQUIRE(pool.submit([owned] {}));
  wait_until_idle(pool, 0);
  CHECK(owned.use_count() == 1);
}

}  // namespace
}  // namespace holdfast::base
