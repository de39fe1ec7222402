// What the cluster said when a PVC was mutated stands for its validation, and for nothing else.
#include "holdfast/webhook/standing_facts.hpp"

#include <catch2/catch.hpp>

using namespace holdfast;
using namespace std::chrono_literals;
using webhook::StandingFacts;
using About = StandingFacts::About;

namespace {

const StandingFacts::Moment kNow{1h};

core::WantsRestore wanted(const std::string& name = "photos") {
  core::WantsRestore wanted;
  wanted.pvc = wanted.owner = {"media", name};
  return wanted;
}

StandingFacts::Facts facts(About about, const core::WantsRestore& of = wanted()) {
  StandingFacts::Facts facts{{}, of, about, kNow};
  facts.facts.knows_claims = false;
  return facts;
}

}  // namespace

TEST_CASE("facts are taken once, by the same question") {
  StandingFacts standing;
  standing.keep(facts(About::Empty), kNow);
  const auto taken = standing.take(wanted(), About::Empty, kNow + 5ms);
  REQUIRE(taken);
  CHECK_FALSE(taken->knows_claims);
  CHECK_FALSE(standing.take(wanted(), About::Empty, kNow + 5ms));
}

TEST_CASE("facts about a restore say nothing to a fresh start, and the other way round; all facts say both") {
  for (const About kept : {About::Restore, About::Empty, About::Everything}) {
    for (const About asked : {About::Restore, About::Empty, About::Everything}) {
      StandingFacts standing;
      standing.keep(facts(kept), kNow);
      CHECK(standing.take(wanted(), asked, kNow).has_value() == (kept == asked || kept == About::Everything));
    }
  }
}

TEST_CASE("facts of another PVC, or of one that asks for something else, are no answer") {
  StandingFacts standing;
  standing.keep(facts(About::Restore), kNow);
  CHECK_FALSE(standing.take(wanted("other"), About::Restore, kNow));
  core::WantsRestore other = wanted();
  other.as_of_text = "2026-01-01T00:00:00Z";
  CHECK_FALSE(standing.take(other, About::Restore, kNow));
}

TEST_CASE("facts that are older than the way from one webhook to the other are asked for again") {
  StandingFacts standing;
  standing.keep(facts(About::Restore), kNow);
  CHECK_FALSE(standing.take(wanted(), About::Restore, kNow + StandingFacts::kPatience + 1ms));
}

TEST_CASE("however many PVCs are never validated, so many facts are kept and no more") {
  StandingFacts standing;
  for (std::size_t i = 0; i < StandingFacts::kMost + 10; ++i)
    standing.keep(facts(About::Restore, wanted("pvc-" + std::to_string(i))), kNow);
  CHECK(standing.take(wanted("pvc-0"), About::Restore, kNow));
  CHECK_FALSE(standing.take(wanted("pvc-" + std::to_string(StandingFacts::kMost)), About::Restore, kNow));
  // Those that are over make room.
  StandingFacts::Facts later = facts(About::Restore, wanted("later"));
  later.asked = kNow + 2s;
  standing.keep(later, kNow + 2s);
  CHECK(standing.take(wanted("later"), About::Restore, kNow + 2s));
}

TEST_CASE("a PVC that has no name yet has no facts") {
  StandingFacts standing;
  standing.keep(facts(About::Restore, wanted("")), kNow);
  CHECK_FALSE(standing.take(wanted(""), About::Restore, kNow));
}
