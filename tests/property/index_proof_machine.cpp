// The promise of the proof, against a repository that is written, listed, broken and slow in any order.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <map>
#include <set>

#include "src/index/proof/proof_machine.hpp"

namespace holdfast::index {
namespace {

using namespace std::chrono_literals;

/// A repository whose only property is how many backups were finished in it, a machine that reads it, and the two
/// promises checked at every answer.
class World {
 public:
  void backup_finishes() { ++finished_; }

  /// `tries_before`: so many questions ago the same was asked first.
  void someone_asks(std::chrono::milliseconds budget, std::size_t tries_before) {
    const AskId id = ++last_id_;
    Question& question = asked_[id] = {now().steady, finished_, finished_, now().steady + budget};
    if (const auto first = asked_.find(id - tries_before); first != asked_.end()) {
      question.first = first->second.first;
      question.finished_at_first = first->second.finished_at_first;
    }
    take(machine_.ask(id, now(), now().steady + budget, question.first));
  }

  /// The blobs that a walk sees lie anywhere between those there when it began and those there when it ended.
  void probe_ends(std::size_t seen_of_new, bool works) {
    if (!probe_) return;
    const auto [serial, at_start, _] = *std::exchange(probe_, std::nullopt);
    const std::size_t seen = at_start + seen_of_new % (finished_ - at_start + 1);
    const ProbeResult result = works ? ProbeResult(names(seen)) : ProbeResult(Failure{"probe", false});
    take(machine_.probe_done(serial, result, now()));
  }

  void listing_ends(std::size_t seen_of_new, bool works, bool timed_out) {
    if (!listing_) return;
    const auto [serial, at_start, before] = *std::exchange(listing_, std::nullopt);
    const std::size_t seen = at_start + seen_of_new % (finished_ - at_start + 1);
    ListingResult result = Failure{"listing", timed_out};
    if (works) result = holding(seen, seen == before);
    take(machine_.listing_done(serial, std::move(result), now()));
  }

  void time_passes(std::chrono::milliseconds time) {
    elapsed_ += time;
    take(machine_.tick(now()));
    for (const auto& [id, question] : asked_) {
      RC_ASSERT(question.answered || question.deadline > now().steady);
    }
  }

  void everyone_was_answered_once() {
    time_passes(1h);
    for (const auto& [id, question] : asked_) RC_ASSERT(question.answered);
  }

  std::size_t proven() const { return proven_; }

 private:
  struct Question {
    Moment first;
    std::size_t finished_at_first;
    std::size_t finished;  ///< backups that were finished when it was asked
    Moment deadline;
    bool answered = false;
  };
  struct Started {
    Serial serial;
    std::size_t at_start;
    std::size_t before;  ///< that a listing is told of
  };

  Now now() const { return {Moment(elapsed_), core::Time(elapsed_)}; }

  static Fingerprint names(std::size_t count) { return {{count, count}, count, {}, std::nullopt}; }

  /// A catalog that stands for `backups` of them.
  Reading holding(std::size_t backups, bool exact) {
    auto catalog = std::make_shared<const core::Catalog>();
    holds_[catalog.get()] = backups;
    catalogs_.push_back(catalog);
    return {catalog, exact};
  }

  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* probe = std::get_if<StartProbe>(&action)) probe_ = {probe->serial, finished_, 0};
      if (const auto* listing = std::get_if<StartListing>(&action))
        listing_ = {listing->serial, finished_, listing->before.count};
      if (const auto* answer = std::get_if<Answer>(&action)) {
        for (const AskId id : answer->ids) check(id, answer->evidence);
      }
    }
    RC_ASSERT(machine_.next_wakeup() > now().steady);
  }

  void check(AskId id, const core::Evidence& evidence) {
    Question& question = asked_.at(id);
    RC_ASSERT(!question.answered);
    question.answered = true;
    if (const auto* current = std::get_if<core::Current>(&evidence.state)) {
      RC_ASSERT(holds_.at(current->catalog.get()) >= question.finished);
      ++proven_;
    } else if (const auto* earlier = std::get_if<core::Earlier>(&evidence.state)) {
      RC_ASSERT(question.first < now().steady);
      RC_ASSERT(holds_.at(earlier->listing.catalog.get()) >= question.finished_at_first);
    }
  }

  ProofMachine machine_{[] {
    ProofMachine::Options options;
    options.place = "/repository";
    options.most_askers = 20;
    return options;
  }()};
  std::chrono::milliseconds elapsed_{1h};
  std::size_t finished_ = 0;
  std::size_t proven_ = 0;
  AskId last_id_ = 0;
  std::map<AskId, Question> asked_;
  std::optional<Started> probe_;
  std::optional<Started> listing_;
  std::map<const core::Catalog*, std::size_t> holds_;
  std::vector<std::shared_ptr<const core::Catalog>> catalogs_;
};

void something_happens(World& world) {
  const auto small = [] { return *rc::gen::inRange<std::size_t>(0, 4); };
  const auto mostly = [] { return *rc::gen::inRange(0, 5) > 0; };
  switch (*rc::gen::inRange(0, 8)) {
    case 0:
      return world.backup_finishes();
    case 1:
    case 2:
      return world.someone_asks(*rc::gen::inRange(1, 12'000) * 1ms, small());
    case 3:
    case 4:
      return world.probe_ends(small(), mostly());
    case 5:
    case 6:
      return world.listing_ends(small(), mostly(), mostly());
    default:
      return world.time_passes(*rc::gen::element(0, 1, 100, 1'000, 9'000, 31'000) * 1ms);
  }
}

TEST_CASE("never current without a backup that was finished before the question, and one answer in time for each") {
  std::size_t proven = 0;
  CHECK(rc::check([&] {
    World world;
    const int steps = *rc::gen::inRange(0, 200);
    for (int i = 0; i < steps; ++i) something_happens(world);
    world.everyone_was_answered_once();
    proven += world.proven();
  }));
  CHECK(proven > 100);  // or the model checks nothing
}

}  // namespace
}  // namespace holdfast::index
