#include <catch2/catch.hpp>

#include "tests/unit/index/proof_machine_bench.hpp"

namespace holdfast::index::test {
namespace {

using Why = core::Unknown::Why;
using Result = ProofReport::Result;

core::RepositoryId id(std::string_view hex) { return core::RepositoryId::parse(hex).value(); }

TEST_CASE("looks at the repository at once, before anyone asks") {
  ProofMachineBench bench;
  CHECK(bench.machine.next_wakeup() <= bench.now().steady);
  bench.pass(0ns);
  CHECK(bench.probes == 1);
  bench.probed(blobs(1));
  CHECK(bench.listings == 1);
}

TEST_CASE("an unchanged repository is proven by one probe and no listing") {
  ProofMachineBench bench;
  const auto catalog = empty_catalog();
  bench.warm_up(blobs(1), catalog);
  bench.pass(10s);
  const AskId asker = bench.ask();
  CHECK_FALSE(bench.answered(asker));
  bench.probed(blobs(1));
  CHECK(bench.catalog(asker) == catalog);
  CHECK(bench.listings == 1);
  CHECK(bench.reports.back().result == Result::Current);
}

TEST_CASE("what is at hand is the catalog as long as the last look saw the repository that it is of") {
  const auto is_current = [](const ProofMachineBench& bench) {
    return std::holds_alternative<core::Current>(bench.machine.at_hand().state);
  };
  ProofMachineBench bench;
  bench.pass(0ns);
  CHECK_FALSE(is_current(bench));
  bench.probed(blobs(1));
  const auto catalog = empty_catalog();
  bench.listed(catalog);
  CHECK(std::get<core::Current>(bench.machine.at_hand().state).catalog == catalog);
  bench.pass(30s);
  const core::Time looked = bench.now().system;
  bench.pass(1s);
  bench.probed(Failure{"gone"});
  CHECK_FALSE(is_current(bench));
  bench.pass(30s);
  bench.probed(blobs(1));
  CHECK(is_current(bench));
  CHECK(bench.machine.at_hand().checked_at > looked);
  bench.pass(30s);
  bench.probed(blobs(2));
  CHECK_FALSE(is_current(bench));
}

TEST_CASE("evidence says when its probe began, when the listing behind it began, and where") {
  ProofMachineBench bench;
  bench.pass(0ns);
  bench.pass(1s);
  bench.probed(blobs(1));
  const core::Time listing_began = bench.now().system;
  bench.pass(1s);
  bench.listed(empty_catalog());
  bench.pass(7s);
  const core::Time asked = bench.now().system;
  const AskId asker = bench.ask();
  bench.pass(1s);
  bench.probed(blobs(1));
  CHECK(bench.answer(asker).checked_at == asked);
  CHECK(std::get<core::Current>(bench.answer(asker).state).listing_began == listing_began);
  CHECK(bench.answer(asker).place == "/repository");
}

TEST_CASE("who asks while a probe is under way is not served by it") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId first = bench.ask();
  const AskId second = bench.ask();
  const AskId third = bench.ask();
  CHECK(bench.probes == 2);
  bench.probed(blobs(1));
  CHECK(bench.answered(first));
  CHECK_FALSE(bench.answered(second));
  CHECK(bench.probes == 3);
  bench.probed(blobs(1));
  CHECK(bench.catalog(second));
  CHECK(bench.catalog(third));
  CHECK(bench.probes == 3);
}

TEST_CASE("a changed repository is listed once for everyone") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId first = bench.ask();
  bench.probed(blobs(2));
  const AskId second = bench.ask();
  bench.probed(blobs(2));
  CHECK_FALSE(bench.answered(first));
  CHECK_FALSE(bench.answered(second));
  const auto catalog = empty_catalog();
  bench.listed(catalog);
  CHECK(bench.catalog(first) == catalog);
  CHECK(bench.catalog(second) == catalog);
  CHECK(bench.listings == 2);
}

TEST_CASE("a listing that began before the question does not serve who saw more names than it") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId first = bench.ask();
  bench.probed(blobs(2));
  const AskId second = bench.ask();
  bench.probed(blobs(3));  // a backup finished after that listing began
  bench.listed(empty_catalog());
  CHECK(bench.catalog(first));
  CHECK_FALSE(bench.answered(second));
  bench.probed(blobs(3));
  const auto catalog = empty_catalog();
  bench.listed(catalog);
  CHECK(bench.catalog(second) == catalog);
}

TEST_CASE("a listing behind a probe newer than the question serves it although the names go on changing") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  bench.ask();
  bench.probed(blobs(2));
  const AskId second = bench.ask();
  bench.probed(blobs(3));
  bench.listed(empty_catalog());
  bench.probed(blobs(4));
  CHECK_FALSE(bench.answered(second));
  bench.listed(empty_catalog());
  CHECK(bench.catalog(second));
}

TEST_CASE("names that are back to those of the catalog need no listing") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  bench.ask();
  bench.probed(blobs(1));
  bench.ask();
  bench.probed(blobs(2));
  const AskId second = bench.ask();
  bench.probed(blobs(1));
  CHECK(bench.catalog(second));
}

TEST_CASE("a failed probe is Unavailable with its reason, for those it served only") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId first = bench.ask();
  const AskId second = bench.ask();
  bench.probed(Failure{"/repository/kopia.repository.f: Stale file handle"});
  CHECK(bench.why(first) == Why::Unavailable);
  CHECK(bench.reason(first) == "/repository/kopia.repository.f: Stale file handle");
  CHECK(bench.reports.back().result == Result::Unknown);
  bench.probed(blobs(1));
  CHECK(bench.catalog(second));
}

TEST_CASE("a probe that hangs is given up on, and what it says later is ignored") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId first = bench.ask(20s);
  const Serial hanging = bench.probe.value();
  CHECK(bench.machine.next_wakeup() == bench.now().steady + 8s);
  bench.pass(8s);
  CHECK(bench.reason(first) == "no answer from /repository within 8 s");
  bench.ask();
  CHECK(bench.probe.value() != hanging);
  const int before = static_cast<int>(bench.reports.size());
  bench.take(bench.machine.probe_done(hanging, blobs(1), bench.now()));
  CHECK(static_cast<int>(bench.reports.size()) == before);
}

TEST_CASE("why nothing is known is said a second time, without the words that tell where the repository is") {
  ProofMachine::Options options;
  options.kind = "the mounted repository";
  options.whereabouts = {{"/repository", "the mounted repository"}, {"nas", "the server"}};
  ProofMachineBench bench(options);
  const AskId asker = bench.ask();
  bench.probed(Failure{"/repository/x: nas does not answer"});
  const core::Evidence& evidence = bench.answer(asker);
  CHECK(std::get<core::Unknown>(evidence.state).reason == "/repository/x: nas does not answer");
  CHECK(std::get<core::Unknown>(evidence.state).discreet == "the mounted repository/x: the server does not answer");
  CHECK(evidence.kind == "the mounted repository");
}

TEST_CASE("nobody waits for a repository that was slow to fail, until the next look is over") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId first = bench.ask();
  const AskId during = bench.ask(20s);
  bench.elapsed += 4s;
  bench.probed(Failure{"no answer from the server"});
  CHECK(bench.reason(first) == "no answer from the server");
  CHECK(bench.reason(during) == "no answer from the server");
  CHECK(bench.machine.next_wakeup() == bench.now().steady + 1s);

  const AskId second = bench.ask(20s);
  CHECK(bench.why(second) == Why::Unavailable);
  CHECK(bench.reason(second) == "no answer from the server");
  const int probes = bench.probes;
  CHECK(bench.reason(bench.ask(20s)) == "no answer from the server");
  CHECK(bench.probes == probes);

  bench.probed(blobs(1));
  const AskId third = bench.ask();
  CHECK_FALSE(bench.answered(third));
  bench.probed(blobs(1));
  CHECK(bench.catalog(third));
}

TEST_CASE("who has asked before and has no time for a proof is told of a listing that began after the first question") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  bench.pass(1s);
  const Moment first = bench.now().steady;
  bench.pass(1ms);
  const AskId in_vain = bench.ask(5s);
  bench.probed(blobs(2));
  bench.pass(6s);
  CHECK(bench.why(in_vain) == Why::Refreshing);

  const AskId again = bench.ask_again(first, 5s);
  const AskId new_one = bench.ask(5s);
  bench.probed(blobs(3));
  const auto catalog = empty_catalog();
  bench.listed(catalog);
  REQUIRE(bench.answered(again));
  CHECK(std::get<core::Earlier>(bench.answer(again).state).listing.catalog == catalog);
  CHECK_FALSE(bench.answered(new_one));

  bench.probed(blobs(4));
  const AskId later = bench.ask_again(first, 5s);
  bench.probed(blobs(5));
  CHECK(std::get<core::Earlier>(bench.answer(later).state).listing.catalog == catalog);
  bench.pass(5s);
  CHECK(bench.why(new_one) == Why::Refreshing);
}

TEST_CASE("who has time for a proof waits for it, and is told of the earlier listing when the time is over") {
  ProofMachineBench bench;
  const Moment first = bench.now().steady;
  bench.pass(1s);
  const auto catalog = empty_catalog();
  bench.warm_up(blobs(1), catalog);
  const AskId again = bench.ask_again(first, 5s);
  bench.probed(blobs(2));
  CHECK_FALSE(bench.answered(again));
  bench.pass(5s);
  CHECK(std::get<core::Earlier>(bench.answer(again).state).listing.catalog == catalog);

  const AskId proven = bench.ask_again(first, 5s);
  bench.probed(blobs(2));
  const auto newer = empty_catalog();
  bench.listed(newer);
  CHECK(bench.catalog(proven) == newer);
}

TEST_CASE("a look that began in the very moment of the first question may have begun before it") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId asked = bench.ask_again(bench.now().steady, 5s);
  bench.probed(blobs(2));
  bench.pass(5s);
  CHECK(bench.why(asked) == Why::Refreshing);
}

TEST_CASE("an earlier listing of another repository, or of another format, is told to nobody") {
  const auto other = GENERATE(0, 1);
  ProofMachineBench bench;
  const Moment first = bench.now().steady;
  bench.pass(1s);
  bench.warm_up(blobs(1));
  Fingerprint changed = blobs(2);
  if (other == 0)
    changed.repository = core::RepositoryId::parse("0011223344556677");
  else
    changed.format = {2, 2};
  const AskId again = bench.ask_again(first, 5s);
  bench.probed(changed);
  bench.pass(5s);
  CHECK(bench.why(again) == Why::Refreshing);
}

TEST_CASE("a deadline without an answer is Unavailable, and Refreshing while a listing runs") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId first = bench.ask(500ms);
  CHECK(bench.machine.next_wakeup() == bench.now().steady + 500ms);
  bench.pass(499ms);
  CHECK_FALSE(bench.answered(first));
  bench.pass(1ms);
  CHECK(bench.why(first) == Why::Unavailable);
  CHECK(bench.reason(first) == "no answer from /repository within 0.5 s");
  bench.probed(blobs(2));
  const AskId second = bench.ask(1s);
  bench.probed(blobs(2));
  bench.pass(1s);
  CHECK(bench.why(second) == Why::Refreshing);
  CHECK(bench.reason(second) == "/repository is being read, for 1.0 s so far");
}

TEST_CASE("a failed listing is Unavailable for all who waited, and for a second after it for all who come") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  const AskId first = bench.ask();
  bench.probed(blobs(2));
  bench.listed(Failure{"kopia: exit code 1"});
  CHECK(bench.reason(first) == "kopia: exit code 1");
  bench.pass(999ms);
  const AskId second = bench.ask();
  bench.probed(blobs(2));
  CHECK(bench.reason(second) == "kopia: exit code 1");
  CHECK(bench.listings == 2);
  bench.pass(1ms);
  const AskId third = bench.ask();
  bench.probed(blobs(2));
  CHECK(bench.listings == 3);
  bench.listed(empty_catalog());
  CHECK(bench.catalog(third));
}

TEST_CASE("after a failed listing the old catalog still serves the names it was listed behind") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  bench.ask();
  bench.probed(blobs(1));
  bench.ask();
  bench.probed(blobs(2));
  bench.listed(Failure{"kopia: exit code 1"});
  const AskId asker = bench.ask();
  bench.probed(blobs(1));
  CHECK(bench.catalog(asker));
}

TEST_CASE("a catalog that no look has confirmed since is not believed when its names come back") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));  // backups may have been deleted between the look and the listing
  bench.ask();
  bench.probed(blobs(2));
  bench.listed(Failure{"kopia: exit code 1"});
  bench.pass(1s);
  const AskId asker = bench.ask();
  bench.probed(blobs(1));  // an older copy has taken the repository's place
  CHECK_FALSE(bench.answered(asker));
  CHECK(bench.listings == 3);
}

TEST_CASE(
    "a listing of more than was seen before it answers who waits, and is not believed when those names are back") {
  ProofMachineBench bench;
  bench.pass(0ns);
  bench.probed(blobs(1));
  const AskId waiting = bench.ask();
  bench.probed(blobs(1));
  const auto catalog = empty_catalog();
  bench.listed(Reading{catalog, false});
  CHECK(bench.catalog(waiting) == catalog);
  const AskId asker = bench.ask();
  bench.probed(blobs(1));
  CHECK_FALSE(bench.answered(asker));
  CHECK(bench.listings == 2);
}

TEST_CASE("a listing during which other names were seen is not believed when the first ones come back") {
  ProofMachineBench bench;
  bench.pass(0ns);
  bench.probed(blobs(1));
  bench.ask();
  bench.probed(blobs(2));
  bench.listed(empty_catalog());
  bench.probed(blobs(1));  // for the question, which the listing could not serve
  CHECK(bench.answers.empty());
  CHECK(bench.listings == 2);
}

TEST_CASE("another repository than the pinned one is never listed, and the evidence names it") {
  ProofMachine::Options options;
  options.pinned = id("0011223344556677");
  ProofMachineBench bench(options);
  Fingerprint other = blobs(1);
  other.repository = id("8899aabbccddeeff");
  const AskId asker = bench.ask();
  bench.probed(other);
  CHECK(bench.why(asker) == Why::Unavailable);
  CHECK(bench.answer(asker).repository == other.repository);
  CHECK(bench.listings == 0);
}

TEST_CASE("a pinned repository that shows no identity proves nothing") {
  ProofMachine::Options options;
  options.pinned = id("0011223344556677");
  ProofMachineBench bench(options);
  const AskId asker = bench.ask();
  bench.probed(blobs(1));
  CHECK(bench.why(asker) == Why::Unavailable);
  CHECK_FALSE(bench.answer(asker).repository);
  CHECK(bench.listings == 0);
}

TEST_CASE("a repository swapped for one with the same names is listed again") {
  ProofMachineBench bench;
  Fingerprint before = blobs(1);
  before.repository = id("0011223344556677");
  Fingerprint after = before;
  after.repository = id("8899aabbccddeeff");
  bench.warm_up(before);
  const AskId asker = bench.ask();
  bench.probed(after);
  CHECK_FALSE(bench.answered(asker));
  CHECK(bench.listings == 2);
  bench.listed(empty_catalog());
  CHECK(bench.answer(asker).repository == after.repository);
}

TEST_CASE("a listing that runs out of time gets longer the next time, up to the limit") {
  ProofMachine::Options options;
  options.longest_listing = 20s;
  ProofMachineBench bench(options);
  bench.pass(0ns);
  bench.probed(blobs(1));
  for (const auto budget : {8s, 16s, 20s, 20s}) {
    CHECK(bench.listing->deadline == bench.now().steady + budget);
    bench.pass(budget);
    bench.listed(Failure{"too slow", true});
    bench.pass(1s);
    bench.ask();
    bench.probed(blobs(1));
  }
}

TEST_CASE("a listing that does not even say that it is late is given up on, and ignored later") {
  ProofMachineBench bench;
  bench.pass(0ns);
  bench.probed(blobs(1));
  const StartListing hanging = bench.listing.value();
  const AskId asker = bench.ask(60s);
  bench.probed(blobs(1));
  bench.pass(11s);
  CHECK(bench.reason(asker) == "reading /repository hangs");
  bench.take(bench.machine.listing_done(hanging.serial, exactly(empty_catalog()), bench.now()));
  bench.pass(1s);
  const AskId later = bench.ask();
  bench.probed(blobs(1));
  CHECK(bench.listings == 2);
  CHECK_FALSE(bench.answered(later));
}

TEST_CASE("an idle index looks again whenever its catalog has been left alone for a while and lists what changed") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  CHECK(bench.machine.next_wakeup() == bench.now().steady + 30s);
  bench.pass(29s);
  CHECK(bench.probes == 1);
  bench.pass(1s);
  CHECK(bench.probes == 2);
  bench.probed(blobs(2));
  CHECK(bench.listings == 2);
}

TEST_CASE("one question too many is Unavailable at once") {
  ProofMachine::Options options;
  options.most_askers = 3;
  ProofMachineBench bench(options);
  for (int i = 0; i < 3; ++i) bench.ask();
  const AskId extra = bench.ask();
  CHECK(bench.reason(extra) == "too many questions are waiting");
  CHECK(bench.answers.size() == 1);
}

TEST_CASE("a wave of ten thousand questions costs two probes") {
  ProofMachineBench bench;
  bench.warm_up(blobs(1));
  for (int i = 0; i < 10'000; ++i) bench.ask();
  bench.probed(blobs(1));
  bench.probed(blobs(1));
  CHECK(bench.probes == 3);
  CHECK(bench.answers.size() == 10'000);
}

TEST_CASE("the report of a listing carries what the metrics need") {
  ProofMachineBench bench;
  bench.pass(0ns);
  bench.probed(blobs(7));
  bench.pass(3s);
  bench.listed(empty_catalog());
  CHECK(bench.listing_reports.front().blobs == 7);
  CHECK(bench.listing_reports.front().duration == 3s);
  CHECK(bench.listing_reports.front().finished == bench.now().system);
}

}  // namespace
}  // namespace holdfast::index::test
