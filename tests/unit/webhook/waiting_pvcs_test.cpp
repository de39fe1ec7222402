// PVCs that come again while the repository is being read.
#include "holdfast/webhook/waiting_pvcs.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/webhook/admission_bench.hpp"

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;
using Moment = webhook::WaitingPvcs::Moment;

namespace {

const core::PvcName kPhotos{"media", "photos"};
constexpr Moment kStart{1h};

core::Evidence being_read() {
  core::Evidence evidence;
  evidence.state = core::Unknown{core::Unknown::Why::Refreshing, "/repository is being read"};
  return evidence;
}

/// What was read, where the repository has gone on since.
void make_earlier(core::Evidence& evidence) { evidence.state = core::Earlier{std::get<core::Current>(evidence.state)}; }

}  // namespace

TEST_CASE("the first of tries that follow each other is remembered until one of them ends otherwise") {
  webhook::WaitingPvcs waiting;
  CHECK(waiting.first_try(kPhotos, kStart) == Moment::max());
  waiting.tried(kPhotos, kStart, true, kStart + 9s);
  CHECK(waiting.first_try(kPhotos, kStart + 11s) == kStart);
  waiting.tried(kPhotos, kStart + 11s, true, kStart + 20s);
  CHECK(waiting.first_try(kPhotos, kStart + 80s) == kStart);
  CHECK(waiting.first_try({"media", "music"}, kStart + 80s) == Moment::max());
  waiting.tried(kPhotos, kStart + 80s, false, kStart + 81s);
  CHECK(waiting.first_try(kPhotos, kStart + 82s) == Moment::max());
}

TEST_CASE("tries that lie far apart are not of one creation") {
  webhook::WaitingPvcs waiting;
  waiting.tried(kPhotos, kStart, true, kStart + 9s);
  CHECK(waiting.first_try(kPhotos, kStart + 70s) == Moment::max());
  waiting.tried(kPhotos, kStart + 70s, true, kStart + 79s);
  CHECK(waiting.first_try(kPhotos, kStart + 80s) == kStart + 70s);
}

TEST_CASE("only so many PVCs are remembered, and those that nobody asks for any more make room") {
  webhook::WaitingPvcs waiting;
  const auto name = [](std::size_t i) { return core::PvcName{"media", "pvc-" + std::to_string(i)}; };
  for (std::size_t i = 0; i < webhook::WaitingPvcs::kMost; ++i) waiting.tried(name(i), kStart, true, kStart);
  waiting.tried(kPhotos, kStart, true, kStart + 1s);
  CHECK(waiting.first_try(kPhotos, kStart + 2s) == Moment::max());
  waiting.tried(kPhotos, kStart + 100s, true, kStart + 100s);
  CHECK(waiting.first_try(kPhotos, kStart + 101s) == kStart + 100s);
}

TEST_CASE("a review that comes again asks as of its first try, until it is answered") {
  AdmissionBench bench;
  const Moment before = std::chrono::steady_clock::now();
  bench.index.evidence = being_read();
  for (int i = 0; i < 3; ++i) CHECK(bench.ask(review())["status"]["reason"] == "IndexRefreshing");
  REQUIRE(bench.index.firsts.size() == 3);
  CHECK(bench.index.firsts[0] == Moment::max());
  CHECK(bench.index.firsts[1] >= before);
  CHECK(bench.index.firsts[1] <= std::chrono::steady_clock::now());
  CHECK(bench.index.firsts[2] == bench.index.firsts[1]);
  bench.index.holds({fakes::listed("s1", "photos-backup@media:/data")});
  make_earlier(bench.index.evidence);
  CHECK(bench.ask(review())["allowed"] == true);
  bench.ask(review(), "/validate/pvc");
  CHECK(bench.index.firsts.back() == bench.index.firsts[1]);
  bench.ask(review());
  CHECK(bench.index.firsts.back() == Moment::max());
}

TEST_CASE("what was read before the repository went on restores; where nothing is in it a proof is asked for") {
  AdmissionBench bench;
  bench.index.holds({fakes::listed("s1", "photos-backup@media:/data")});
  make_earlier(bench.index.evidence);
  const Json::Value restored = bench.ask(review());
  CHECK(restored["allowed"] == true);
  CHECK(restored.isMember("patch"));
  CHECK(bench.index.firsts.size() == 1);

  bench.index.holds({});
  make_earlier(bench.index.evidence);
  CHECK(bench.ask(review())["status"]["reason"] == "IndexRefreshing");
  int looks = 0;
  bench.index.holds({});
  const core::Evidence proof = bench.index.evidence;
  make_earlier(bench.index.evidence);
  bench.index.before = [&] {
    if (++looks == 2) bench.index.evidence = proof;
  };
  CHECK(bench.ask(review())["allowed"] == true);
  CHECK(looks == 2);
  CHECK(bench.index.firsts.back() == Moment::max());
}
