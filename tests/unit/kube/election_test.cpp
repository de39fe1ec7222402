#include "holdfast/kube/election.hpp"

#include <catch2/catch.hpp>

using namespace holdfast;
using namespace holdfast::kube;
using namespace std::chrono_literals;

namespace {

const Steady kStart = Steady(1h);

Election election(std::string identity = "a") {
  Election::Options options;
  options.identity = std::move(identity);
  return Election(options);
}

json::Lease held(std::string holder, std::string version = "7", std::int64_t seconds = 15) {
  return {std::move(version), std::move(holder), seconds, "then", 3};
}

std::optional<Election::Write> write_of(const Election::Step& step) {
  const auto* write = std::get_if<Election::Write>(&step);
  return write == nullptr ? std::nullopt : std::optional(*write);
}

std::chrono::milliseconds rest_of(const Election::Step& step) {
  const auto* rest = std::get_if<Election::Rest>(&step);
  return rest == nullptr ? 0ms : rest->time;
}

/// Leads since `kStart`, by version 8 of the Lease.
Election leader() {
  Election e = election();
  e.seen(std::nullopt, kStart);
  e.written(held("a", "8"), kStart);
  return e;
}

}  // namespace

TEST_CASE("the first of all creates the Lease and leads from the moment it began to") {
  Election e = election();
  const auto write = write_of(e.seen(std::nullopt, kStart));
  REQUIRE(write);
  CHECK(write->create);
  CHECK(write->lease.holder == "a");
  CHECK(write->lease.duration_seconds == 15);
  CHECK_FALSE(e.leads_until(kStart));
  e.written(held("a"), kStart + 1s);
  CHECK(e.leads_until(kStart + 3s) == kStart + 11s);
  CHECK(e.holder() == "a");
}

TEST_CASE("a leader's right ends by itself") {
  const Election e = leader();
  CHECK(e.leads_until(kStart + 9'999ms));
  CHECK_FALSE(e.leads_until(kStart + 10s));
}

TEST_CASE("a leader renews the version it saw, and not before it is time") {
  Election e = leader();
  CHECK(rest_of(e.seen(held("a", "8"), kStart + 1s)) == 4s);
  const auto write = write_of(e.seen(held("a", "8"), kStart + 5s));
  REQUIRE(write);
  CHECK_FALSE(write->create);
  CHECK(write->lease.resource_version == "8");
  CHECK(write->lease.transitions == 3);
}

TEST_CASE("another's Lease is taken only after it stood unchanged for its time by our own clock") {
  Election e = election("b");
  CHECK(rest_of(e.seen(held("a", "7"), kStart)) == 2s);
  CHECK(rest_of(e.seen(held("a", "8"), kStart + 10s)) == 2s);
  CHECK(rest_of(e.seen(held("a", "8"), kStart + 24'500ms)) == 500ms);
  const auto write = write_of(e.seen(held("a", "8"), kStart + 25s));
  REQUIRE(write);
  CHECK(write->lease.resource_version == "8");
  CHECK(write->lease.holder == "b");
  CHECK(write->lease.transitions == 4);
}

TEST_CASE("a renewal counts as one although the holder's time of day stands still") {
  Election e = election("b");
  e.seen(held("a", "7"), kStart);
  CHECK(rest_of(e.seen(held("a", "8"), kStart + 15s)) == 2s);
}

TEST_CASE("a holder that asked for longer gets it, within reason") {
  Election slow = election("b"), absurd = election("b");
  slow.seen(held("a", "7", 60), kStart);
  CHECK(rest_of(slow.seen(held("a", "7", 60), kStart + 59s)) == 1s);
  CHECK(write_of(slow.seen(held("a", "7", 60), kStart + 60s)));
  const std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();
  absurd.seen(held("a", "7", for_ever), kStart);
  CHECK(write_of(absurd.seen(held("a", "7", for_ever), kStart + 1h)));
  Election negative = election("b");
  CHECK(rest_of(negative.seen(held("a", "7", -for_ever), kStart)) == 2s);
}

TEST_CASE("a Lease that was let go is taken at once") {
  Election e = election("b");
  e.seen(held("a", "7"), kStart);
  CHECK(write_of(e.seen(held("", "8"), kStart + 1s)));
}

TEST_CASE("a leader that sees another holder stops at once") {
  Election e = leader();
  e.seen(held("b", "9"), kStart + 1s);
  CHECK_FALSE(e.leads_until(kStart + 1s));
  CHECK_FALSE(e.release());
  CHECK(e.holder() == "b");
}

TEST_CASE("a Lease deleted under its holder is not taken before the holder's right is over") {
  Election other = election("b"), owner = leader();
  other.seen(held("a", "8"), kStart);
  CHECK(rest_of(other.seen(std::nullopt, kStart + 1s)) == 2s);
  CHECK(write_of(other.seen(std::nullopt, kStart + 16s)));
  CHECK(write_of(owner.seen(std::nullopt, kStart + 1s)));
  CHECK_FALSE(owner.leads_until(kStart + 1s));
}

TEST_CASE("a write whose answer was lost gives no right, and is made good by the next one") {
  Election e = election();
  e.seen(std::nullopt, kStart);
  e.refused();
  CHECK_FALSE(e.leads_until(kStart));
  CHECK(rest_of(e.seen(held("a", "8"), kStart + 1s)) == 500ms);
  CHECK_FALSE(e.leads_until(kStart + 1s));
  const auto write = write_of(e.seen(held("a", "8"), kStart + 2s));
  REQUIRE(write);
  CHECK(write->lease.resource_version == "8");
  CHECK(write->lease.transitions == 3);
}

TEST_CASE("a renewal that was refused leaves the right until its end, and is not repeated at once") {
  Election e = leader();
  REQUIRE(write_of(e.seen(held("a", "8"), kStart + 5s)));
  e.refused();
  CHECK(e.leads_until(kStart + 6s) == kStart + 10s);
  CHECK(rest_of(e.seen(held("a", "8"), kStart + 6s)) == 500ms);
  CHECK(write_of(e.seen(held("a", "8"), kStart + 7s)));
}

TEST_CASE("who lets go does not lead from then on, whatever becomes of the write") {
  Election e = leader();
  const auto lease = e.release();
  REQUIRE(lease);
  CHECK(lease->holder.empty());
  CHECK(lease->resource_version == "8");
  CHECK_FALSE(e.leads_until(kStart));
  e.written(held("", "9"), kStart + 1s);
  CHECK_FALSE(e.leads_until(kStart + 1s));
  CHECK_FALSE(e.release());
}

TEST_CASE("nothing is let go that is not ours") {
  Election e = election("b");
  CHECK_FALSE(e.release());
  e.seen(held("a"), kStart);
  CHECK_FALSE(e.release());
}

TEST_CASE("a rest is never nothing") {
  Election e = leader();
  CHECK(rest_of(e.seen(held("a", "8"), kStart + 5s - 1ns)) == 1ms);
}
