// The promise of the whole, against stories in which everything happens in any order: never Fresh while a complete
// backup exists, never Restore of a snapshot that is gone or is none.
//
// "While" means: at every moment between the question and its answer (docs/proof.md). The truth is kept in
// model_truth.hpp, beside the model of the repository; the answers come from holdfast's own code, see model_world.hpp.
//
// HOLDFAST_MODEL_STEPS sets how many steps are drawn altogether, in whole hundred thousands; 100,000 by default. About
// a third of them can happen where they are drawn and do. A failure prints its story, made as short as possible, and
// the RC_PARAMS with which it happens again.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <cstdlib>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/property/model_world.hpp"

namespace holdfast::model {
namespace {

using namespace std::chrono_literals;

/// rapidcheck tells a hundred stories at a time.
constexpr std::size_t kStories = 100;
constexpr std::size_t kStepsOfStory = 1000;

/// Three numbers for what a step may want to choose.
struct Chance {
  std::size_t who, how, where;
};

struct Kind {
  std::string_view name;
  int weight;
  bool (*happen)(World& world, const Chance& chance);
};

std::chrono::milliseconds some_budget(std::size_t how) {
  constexpr std::chrono::milliseconds kBudgets[] = {10s, 10s, 10s, 2s, 50ms};
  return kBudgets[how % std::size(kBudgets)];
}

std::chrono::milliseconds some_time(std::size_t how) {
  constexpr std::chrono::milliseconds kTimes[] = {1ms, 20ms, 20ms, 20ms, 300ms, 300ms, 300ms,
                                                  1s,  1s,   1s,   3s,   9s,    31s,   1h};
  return kTimes[how % std::size(kTimes)];
}

std::chrono::seconds some_jump(std::size_t how, std::size_t where) {
  constexpr std::chrono::seconds kJumps[] = {1s, 30s, 1h, 24h};
  const std::chrono::seconds jump = kJumps[how % std::size(kJumps)];
  return where % 2 == 0 ? jump : -jump;
}

/// kopia is mostly honest, or nothing would ever be known.
Conduct some_conduct(std::size_t how) {
  const std::size_t kinds = static_cast<std::size_t>(Conduct::kCount);
  return how % 5 == 0 ? static_cast<Conduct>(how / 5 % kinds) : Conduct::Honest;
}

constexpr Kind kKinds[] = {
    {"a backup begins", 30, [](World& w, const Chance& c) { return w.backup_begins(c.who); }},
    {"an upload is cut off", 5, [](World& w, const Chance& c) { return w.upload_is_cut_off(c.who, c.how); }},
    {"a backup completes", 26, [](World& w, const Chance& c) { return w.backup_completes(c.who, c.where, c.how); }},
    {"a synchronisation ends", 14, [](World& w, const Chance& c) { return w.sync_ends(c.who); }},
    {"the oldest backup expires", 4, [](World& w, const Chance& c) { return w.oldest_expires(c.who); }},
    {"all backups of a PVC are deleted", 10, [](World& w, const Chance& c) { return w.backups_are_deleted(c.who); }},
    {"indexes are compacted", 4, [](World& w, const Chance&) { return w.indexes_are_compacted(); }},
    {"old indexes are removed", 6, [](World& w, const Chance&) { return w.old_indexes_are_removed(); }},
    {"the format is upgraded", 1, [](World& w, const Chance&) { return w.format_is_upgraded(); }},
    {"the password changes", 1, [](World& w, const Chance&) { return w.password_changes(); }},
    {"holdfast gets the password", 40, [](World& w, const Chance&) { return w.holdfast_gets_the_password(); }},
    {"the repository vanishes", 1, [](World& w, const Chance&) { return w.repository_vanishes(); }},
    {"the repository returns", 40, [](World& w, const Chance&) { return w.repository_returns(); }},
    {"another repository takes its place", 1, [](World& w, const Chance&) { return w.other_repository_comes(); }},
    {"the right repository is back", 40, [](World& w, const Chance&) { return w.right_repository_comes(); }},
    {"an older copy takes its place", 2, [](World& w, const Chance& c) { return w.repository_is_rolled_back(c.how); }},
    {"a PVC is created", 32,
     [](World& w, const Chance& c) { return w.pvc_is_created(c.who, c.where % 10, some_budget(c.how)); }},
    {"a PVC is deleted", 16, [](World& w, const Chance& c) { return w.pvc_is_deleted(c.who); }},
    {"a walk goes on", 120, [](World& w, const Chance& c) { return w.walk_goes_on(c.who, 2 + c.how % 6); }},
    {"a walk fails", 1, [](World& w, const Chance& c) { return w.walk_fails(c.who); }},
    {"a walk hangs", 4, [](World& w, const Chance& c) { return w.walk_hangs(c.who); }},
    {"kopia reads", 12, [](World& w, const Chance& c) { return w.kopia_reads(c.who); }},
    {"kopia reads an older copy", 2,
     [](World& w, const Chance& c) { return w.kopia_reads_an_older_copy(c.who, c.how); }},
    {"kopia ends", 50, [](World& w, const Chance& c) { return w.kopia_ends(c.who, some_conduct(c.how), c.where); }},
    {"the API server answers", 80, [](World& w, const Chance& c) { return w.api_server_answers(c.who); }},
    {"the API server fails", 1, [](World& w, const Chance& c) { return w.api_server_fails(c.who); }},
    {"the leader looks", 8, [](World& w, const Chance&) { return w.leader_looks(); }},
    {"time passes", 14, [](World& w, const Chance& c) { return w.time_passes(some_time(c.how)); }},
    {"the clock steps", 4, [](World& w, const Chance& c) { return w.clock_steps(some_jump(c.how, c.where)); }},
};

struct Step {
  const Kind* kind;
  Chance chance;
};

void showValue(const Step& step, std::ostream& out) {
  out << "\n  " << step.kind->name << " (" << step.chance.who << ", " << step.chance.how << ", " << step.chance.where
      << ")";
}

struct Story {
  bool pinned;
  std::vector<Step> steps;
};

void showValue(const Story& story, std::ostream& out) {
  out << (story.pinned ? "the repository is pinned" : "nothing is pinned");
  for (const Step& step : story.steps) showValue(step, out);
}

const Kind& kind_at(std::size_t weight) {
  for (const Kind& kind : kKinds) {
    if (weight < static_cast<std::size_t>(kind.weight)) return kind;
    weight -= static_cast<std::size_t>(kind.weight);
  }
  return kKinds[0];
}

Story make_story(std::uint64_t seed) {
  std::mt19937_64 numbers(seed);
  const auto below = [&numbers](std::size_t limit) { return static_cast<std::size_t>(numbers() % limit); };
  std::size_t weights = 0;
  for (const Kind& kind : kKinds) weights += static_cast<std::size_t>(kind.weight);
  Story story;
  story.pinned = below(8) > 0;
  for (std::size_t i = 0; i < kStepsOfStory; ++i) {
    const Kind& kind = kind_at(below(weights));
    const std::size_t who = below(2) * below(64);  // mostly the same one: what happens to it meets more often
    story.steps.push_back({&kind, {who, below(10'080), below(10'080)}});
  }
  return story;
}

/// Shrinks by leaving out steps; what a step chose stays.
rc::Gen<Story> some_story() {
  const auto seed = rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
  return rc::gen::shrink(rc::gen::map(rc::gen::noShrink(seed), make_story), [](const Story& whole) {
    return rc::seq::map(rc::shrink::removeChunks(whole.steps), [pinned = whole.pinned](std::vector<Step> fewer) {
      return Story{pinned, std::move(fewer)};
    });
  });
}

void tell(const Story& story, Counts& counts) {
  World world(story.pinned, counts);
  const auto hold = [](const std::string& fault) {
    if (!fault.empty()) RC_FAIL(fault);
  };
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    const Step& step = story.steps[i];
    if (!step.kind->happen(world, step.chance)) continue;
    ++counts[std::string(step.kind->name)];
    const std::string fault = world.moment();
    if (!fault.empty()) RC_LOG() << "at step " << i + 1 << ": " << step.kind->name << "\n";
    hold(fault);
  }
  hold(world.end());
}

std::size_t wanted_steps() {
  const char* text = std::getenv("HOLDFAST_MODEL_STEPS");
  return text == nullptr ? kStories * kStepsOfStory : std::strtoull(text, nullptr, 10);
}

/// That the stories reached what the promise is about, or it would hold for nothing.
void everything_occurred(const Counts& counts) {
  const auto occurred = [&counts](const std::string& what) {
    const auto found = counts.find(what);
    INFO(what);
    CHECK((found != counts.end() && found->second > 0));
  };
  for (const Kind& kind : kKinds) occurred(std::string(kind.name));
  for (const char* what : {"fresh", "restore", "wait", "refuse", "pass"}) occurred(std::string("verdict ") + what);
  for (const char* what : {"BackupFound", "BackupShrunk", "NoBackup", "IndexUnavailable", "IndexRefreshing",
                           "BackupInFlight", "BackupsVanished", "RepositoryChanged", "RepositoryUnpinned",
                           "IdentityAmbiguous", "ClusterUnavailable", "NotOptedIn"}) {
    occurred(std::string("code ") + what);
  }
  for (const char* what : {"a PVC is created again", "a PVC goes on without its backups", "the leader learns",
                           "kopia is too slow", "a backup without a file completes"}) {
    occurred(what);
  }
}

}  // namespace

TEST_CASE("no story ends with an empty volume where there is a backup, nor with a restore of what is none", "[model]") {
  Counts counts;
  bool good = true;
  for (std::size_t steps = 0; good && steps < wanted_steps(); steps += kStories * kStepsOfStory) {
    good = rc::check([&] {
      const Story story = *some_story();
      tell(story, counts);
    });
  }
  REQUIRE(good);
  everything_occurred(counts);
}

}  // namespace holdfast::model
