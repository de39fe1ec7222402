// What holds of every plan, whatever happens around it: PVCs that come and go, runs that end in any way, people who
// edit, and a generator that is stopped in the middle of a plan.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "holdfast/volsync/observed.hpp"
#include "src/generator/plan/verified.hpp"
#include "tests/unit/generator/model.hpp"

namespace {

using namespace holdfast::generator;
using namespace holdfast::generator::test;
namespace core = holdfast::core;

const std::vector<std::pair<std::string, std::string>> kSnapshots = {{kSnapshot, kSnapshotStart},
                                                                     {std::string(32, 'b'), "2026-02-27T02:00:00Z"}};

int below(int n) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, n)); }
bool sometimes(int n) { return below(n) == n - 1; }

/// The world and the truth about it, which no plan sees.
class Stage {
 public:
  Stage() {
    world_.claim.reset();
    look_at_the_repository();
  }

  void something_happens() {
    switch (below(18)) {
      case 0:
      case 1:
        return a_claim_is_created();
      case 2:
        return a_claim_goes();
      case 3:
      case 4:
        return a_run_ends();
      case 5:
        return somebody_fills_the_destination();
      case 6:
        return somebody_edits();
      case 7:
        return the_index_is_asked();
      case 8:
        world_.now += sometimes(2) ? std::chrono::minutes{3} : std::chrono::minutes{200};
        return;
      case 9:
        return a_backup_begins_or_ends();
      case 10:
      case 11:
        return the_claim_is_bound();
      case 12:
        return a_person_annotates();
      case 13:
        return the_plan_is_carried_out(below(4));
      case 14:
        return the_watch_falls_silent_or_speaks();
      case 15:
        return sometimes(3) ? all_objects_vanish() : protection_comes_or_goes();
      default:
        return the_plan_is_carried_out(1000);
    }
  }

  /// Everything works and nobody interferes.
  void calm_down() {
    world_.memory_known = true;
    if (world_.claim) world_.claim->pvc.labels = {{"backup", "daily"}};
    for (auto& [key, object] : world_.objects) object.status.synchronizing = false;
    world_.silent.reset();
    world_.watches_current = true;
    for (int i = 0; i < 40; ++i) {
      look_at_the_repository();
      the_plan_is_carried_out(1000);
      if (run_is_ours()) finish({End::Whole, "Successful", true});
      look_at_the_repository();
      if (world_.claim && !world_.claim->deleting) the_claim_is_bound();
      world_.now += std::chrono::minutes{31};
    }
  }

  void expect_rest() {
    const Plan plan = world_.plan();
    RC_ASSERT(plan.actions.empty());
    const auto stage = plan.restore.stage;
    const bool waits =
        stage == Restore::Stage::Running || stage == Restore::Stage::Checking || stage == Restore::Stage::Published;
    RC_ASSERT(!waits);
    const core::Observed* destination = world_.find(Part::Destination);
    if (is_ours(destination)) RC_ASSERT(!destination->status.image);
    // What arrived stays so, whatever became of the objects that said it.
    if (!world_.claim || !filled_.contains(world_.claim->uid) || lost_.contains(world_.claim->uid)) return;
    RC_ASSERT(held(plan, "RestoreNotVerified") == nullptr);
  }

  /// How often each action was planned.
  const std::map<std::string, int>& seen() const { return seen_; }

 private:
  struct Made {
    std::string uid, snapshot, token;
    bool whole = false;
  };

  /// What VolSync keeps of a mover's log.
  enum class End { Whole, Less, Nothing, Unsaid };
  struct Ending {
    End end;
    std::string result;
    bool with_image;
  };

  /// As it is now; what happens later is not in it.
  void look_at_the_repository() {
    std::vector<core::ListedSnapshot> all;
    for (const auto& [id, start] : kSnapshots) {
      if (!expired_.contains(id)) all.push_back(listed(kOwnSource, id, start));
    }
    world_.evidence = current(all);
    world_.evidence.asked = world_.clock += std::chrono::seconds{1};
  }

  void a_snapshot_expires() {
    if (sometimes(3)) expired_.insert(kSnapshots[static_cast<std::size_t>(below(2))].first);
  }

  bool run_is_ours() const { return is_ours(world_.find(Part::RestoreRun)); }

  void a_claim_is_created() {
    if (world_.claim && !sometimes(3)) return;
    world_.create_claim("uid-" + std::to_string(++uids_));
    world_.claim->resource_version = "1";
    if (sometimes(4)) return;
    const auto& [id, start] = kSnapshots[static_cast<std::size_t>(below(2))];
    promise(*world_.claim, id, start);
  }

  void a_claim_goes() {
    if (!world_.claim) return;
    if (sometimes(2)) {
      world_.claim->deleting = true;
      return;
    }
    const std::string uid = world_.claim->uid;
    world_.claim.reset();
    if (sometimes(2)) return;  // the garbage collector is slow
    std::erase_if(world_.objects, [&](const auto& entry) {
      const auto& owners = entry.second.meta.owners;
      return !owners.empty() && owners[0].uid == uid;
    });
  }

  void a_run_ends() {
    if (!run_is_ours()) return;
    if (sometimes(6)) {
      world_.find(Part::RestoreRun)->status.mover_result = "Failed";
      return;
    }
    const auto end = *rc::gen::element(End::Whole, End::Whole, End::Less, End::Nothing, End::Unsaid);
    finish({end, sometimes(6) ? "" : "Successful", !sometimes(5)});
  }

  /// The newest that is there and not newer than what was asked for: kopia's mover asks for no other.
  std::string selected(const std::string& as_of) const {
    for (const auto& [id, start] : kSnapshots) {
      if (start <= as_of && !expired_.contains(id)) return id;
    }
    return "";
  }

  static std::string said(End end, bool debugs) {
    switch (end) {
      case End::Whole:
        return debugs ? counted(kFiles) : kCompleted;
      case End::Less:  // it only shows where there are counts
        return counted(7);
      case End::Nothing:
        return std::string(kNothingSelected) + (debugs ? std::string("\na@b:/\n") + kCompleted : "");
      case End::Unsaid:
        return debugs ? "ERROR " + std::string(kCompleted) : "";
    }
    return "";
  }

  void finish(Ending ending) {
    const core::Observed& run = *world_.find(Part::RestoreRun);
    const Json::Value spec = parse(run.spec);
    if (!spec["trigger"]["manual"].isString() || spec["trigger"]["manual"] == run.status.last_manual_sync) return;
    const std::string name = "image-" + std::to_string(made_.size());
    const std::string snapshot = selected(spec["kopia"]["restoreAsOf"].asString());
    if (snapshot.empty()) ending.end = End::Nothing;
    const bool whole = ending.end == End::Whole && ending.result == "Successful";
    made_[name] = {run.meta.owners.at(0).uid, snapshot, spec["trigger"]["manual"].asString(), whole};
    world_.finish_run(ending.result, said(ending.end, sometimes(2)),
                      ending.with_image ? std::optional(image(name)) : std::nullopt);
  }

  void somebody_fills_the_destination() {
    core::Observed* destination = world_.find(Part::Destination);
    if (destination == nullptr) return;
    const bool own = run_is_ours() && sometimes(3);
    destination->status.image = own ? world_.find(Part::RestoreRun)->status.image : image("stale");
    world_.touch(*destination);
    const auto foreign = foreign_.find(world_.key(Part::Destination));
    if (foreign != foreign_.end()) foreign->second = destination->meta.resource_version;
  }

  void somebody_edits() {
    const Part part = *rc::gen::element(Part::Destination, Part::RestoreRun, Part::Source);
    core::Observed* object = world_.find(part);
    if (object == nullptr) {
      if (sometimes(4)) foreign_[world_.key(part)] = world_.put_foreign(part, "helm").meta.resource_version;
      return;
    }
    if (foreign_.contains(world_.key(part)) || sometimes(2)) {
      foreign_.erase(world_.key(part));
      world_.objects.erase(world_.key(part));
      return;
    }
    object->spec = sometimes(2) ? "{}" : R"({"trigger":{"manual":"mine"},"kopia":{"username":"x","hostname":"y"}})";
    world_.touch(*object);
  }

  void the_index_is_asked() {
    world_.memory_known = !sometimes(3);
    a_snapshot_expires();
    if (sometimes(3)) {
      world_.evidence = unknown();
    } else {
      look_at_the_repository();
    }
    a_snapshot_expires();
    if (sometimes(5)) world_.evidence.repository = core::RepositoryId::parse(kOtherRepositoryId);
  }

  void protection_comes_or_goes() {
    if (!world_.claim) return;
    auto& labels = world_.claim->pvc.labels;
    world_.claim->resource_version = std::to_string(++world_.serial);
    labels = labels.empty() ? core::StringMap{{"backup", "daily"}} : core::StringMap{};
  }

  void all_objects_vanish() {
    world_.objects.clear();
    foreign_.clear();
  }

  void a_backup_begins_or_ends() {
    if (core::Observed* source = world_.find(Part::Source)) source->status.synchronizing = sometimes(2);
  }

  void the_claim_is_bound() {
    if (!world_.claim || world_.claim->phase != core::Claim::Phase::Pending) return;
    if (!world_.claim->pvc.data_source_ref) {
      world_.claim->phase = core::Claim::Phase::Bound;
      return;
    }
    const core::Observed* destination = world_.find(Part::Destination);
    if (destination == nullptr || !destination->status.image) return;
    const bool right = is_right(destination->status.image->name);
    if (!world_.silent) world_.remember();  // to be filled takes longer than a look
    // Who puts a wrong image on a destination that says verified, and wins the race, is beyond what a plan can see.
    const bool says_so = core::lookup(destination->meta.annotations, key::kVerified) != nullptr;
    if (!right && (says_so || is_remembered())) return;
    if (!is_remembered()) lost_.insert(world_.claim->uid);
    if (world_.populate() && right) filled_.insert(world_.claim->uid);
  }

  void the_watch_falls_silent_or_speaks() {
    if (world_.silent && sometimes(2)) {
      world_.silent.reset();
    } else {
      world_.silent = world_.claim;
      if (world_.claim) lost_.insert(world_.claim->uid);
    }
    world_.watches_current = !world_.silent || sometimes(2);
  }

  void a_person_annotates() {
    if (!world_.claim) return;
    auto& annotations = world_.claim->pvc.annotations;
    if (run_is_ours() && sometimes(2)) {
      const std::string token = parse(world_.find(Part::RestoreRun)->spec)["trigger"]["manual"].asString();
      annotations[std::string(key::kAcceptUnverified)] = token;
      accepted_.insert(token);
    } else if (sometimes(4)) {
      annotations[std::string(key::kAcceptOlderBackups)] = "compared by hand";
    }
  }

  /// The first `most` actions, each held against the truth; then the leader is another one.
  void the_plan_is_carried_out(int most) {
    if (!sometimes(3)) world_.remember();
    const Plan plan = world_.plan();
    for (const std::string& word : words(plan)) ++seen_[word];
    int done = 0;
    for (const Action& action : plan.actions) {
      if (done++ == most) return;
      const World before = world_;
      const bool accepted = world_.carry_out(action);
      RC_ASSERT(accepted || world_.silent);
      if (accepted) expect_allowed(action, before);
    }
    for (const auto& [key, version] : foreign_) RC_ASSERT(world_.objects.at(key).meta.resource_version == version);
    if (world_.silent) return;  // what is on the destination may be for the PVC before
    const core::Observed* destination = world_.find(Part::Destination);
    if (is_ours(destination) && destination->status.image) RC_ASSERT(is_right(destination->status.image->name));
  }

  void expect_allowed(const Action& action, const World& before) {
    if (const auto* apply = std::get_if<Apply>(&action)) {
      const core::Observed* there = before.find(apply->object.part);
      RC_ASSERT(there == nullptr || is_ours(there));
      if (apply->object.part == Part::Source) expect_source_allowed(there);
    } else if (const auto* remove = std::get_if<Remove>(&action)) {
      expect_removal_allowed(*remove, *before.find(remove->part));
    } else if (const auto* set = std::get_if<SetImage>(&action); set != nullptr && set->image) {
      RC_ASSERT(is_right(set->image->name));
      RC_ASSERT(is_remembered());
    }
  }

  /// That what the PVC was promised is verified outlives every object.
  bool is_remembered() const {
    const auto known = world_.memory.find(world_.claim->uid);
    return known != world_.memory.end() && !is_taken_back(known->second);
  }

  void expect_removal_allowed(const Remove& remove, const core::Observed& there) const {
    RC_ASSERT(is_ours(&there));
    // What is the living PVC's goes only when its restore is over, or nobody asks for it any more.
    const bool lives = world_.claim && there.meta.owners.at(0).uid == world_.claim->uid;
    const bool asks = lives && !world_.claim->pvc.labels.empty();
    RC_ASSERT(!lives || remove.reason == "restore-done" || (!asks && remove.reason == "not-protected"));
  }

  void expect_source_allowed(const core::Observed* there) {
    if (there != nullptr) RC_ASSERT(!there->status.synchronizing);
    if (there != nullptr) return;
    const core::Claim& claim = *world_.claim;
    RC_ASSERT(claim.phase == core::Claim::Phase::Bound && !claim.deleting);
    RC_ASSERT(*claim.created + world_.options.min_age <= world_.now);
    const auto* current = std::get_if<core::Current>(&world_.evidence.state);
    RC_ASSERT(current != nullptr);
    // Every PVC here is younger than the backups that are left.
    RC_ASSERT(current->catalog->snapshots() == 0 || filled_.contains(claim.uid) ||
              claim.pvc.annotations.contains(std::string(key::kAcceptOlderBackups)));
  }

  /// Whether the PVC that stands there now waits for what this image holds.
  bool is_right(const std::string& name) const {
    const auto made = made_.find(name);
    if (made == made_.end() || !world_.claim || world_.claim->deleting) return false;
    const core::Claim& claim = *world_.claim;
    const std::string* snapshot = core::lookup(claim.pvc.annotations, core::key::kRestoredSnapshot);
    return claim.phase == core::Claim::Phase::Pending && made->second.uid == claim.uid && snapshot != nullptr &&
           ((made->second.snapshot == *snapshot && made->second.whole) || accepted_.contains(made->second.token));
  }

  World world_;
  int uids_ = 0;
  std::map<std::string, Made> made_;           ///< what each image holds
  std::set<std::string> expired_;              ///< ids of snapshots that are gone for good
  std::set<std::string> filled_;               ///< uids of PVCs that got what they were promised
  std::set<std::string> lost_;                 ///< uids of PVCs of which only a person can say that they got it
  std::set<std::string> accepted_;             ///< tokens
  std::map<World::Key, std::string> foreign_;  ///< and their versions
  std::map<std::string, int> seen_;
};

}  // namespace

TEST_CASE("whatever happens, no PVC is filled with anything but its own verified restore, and it comes to rest") {
  std::map<std::string, int> seen;
  CHECK(rc::check([&] {
    for (int life = 0; life < 3; ++life) {
      Stage stage;
      for (int i = below(120); i > 0; --i) stage.something_happens();
      stage.calm_down();
      stage.expect_rest();
      for (const auto& [what, times] : stage.seen()) seen[what] += times;
    }
  }));
  for (const char* what :
       {"apply run", "apply source", "image on", "image off", "remove run owner-gone", "remove run restore-done",
        "remove destination pvc-gone", "remove destination not-protected"}) {
    INFO(what << " " << seen[what]);
    CHECK(seen[what] > 0);
  }
}
