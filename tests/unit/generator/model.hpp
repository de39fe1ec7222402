// A small model of what surrounds a plan: the API server's objects with their versions, VolSync and its populator. Each
// plan is made from a fresh view of it, as after a restart.
#pragma once

#include <catch2/catch.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/generator/plan.hpp"
#include "holdfast/volsync/observed.hpp"
#include "src/generator/plan/restore.hpp"
#include "tests/unit/volsync/subject.hpp"

namespace holdfast::generator::test {
using namespace volsync::test;

inline core::Time at(std::string_view rfc3339) { return core::parse_rfc3339(rfc3339).value(); }
inline const core::Time kNoon = at("2026-03-01T12:00:00Z");
inline constexpr std::string_view kRepositoryId = "00112233445566778899aabbccddeeff";
inline constexpr std::string_view kOtherRepositoryId = "ffeeddccbbaa99887766554433221100";
inline constexpr const char* kOwnSource = "data-backup@media:/data";
inline constexpr const char* kSnapshot = "0123456789abcdef0123456789abcdef";
inline constexpr const char* kSnapshotStart = "2026-02-28T02:00:00.5Z";
inline constexpr std::int64_t kFiles = 42;

inline core::ListedSnapshot listed(std::string_view source, std::string_view id, std::string_view start,
                                   std::int64_t files = kFiles) {
  core::ListedSnapshot snapshot;
  snapshot.source = core::parse_identity(source).value();
  snapshot.id = id;
  snapshot.start_time = start;
  snapshot.end_time = core::format_nanoseconds(at(start) + std::chrono::seconds{5});
  snapshot.has_root_entry = true;
  snapshot.files = files;
  snapshot.directories = 3;
  snapshot.links = 1;
  return snapshot;
}

using Steady = std::chrono::steady_clock::time_point;

/// Asked for after everything that happens in a test; `asked` says otherwise.
inline core::Evidence current(const std::vector<core::ListedSnapshot>& snapshots) {
  core::Catalog::Builder builder;
  for (const core::ListedSnapshot& snapshot : snapshots) builder.add(snapshot);
  core::Evidence evidence;
  evidence.state = core::Current{std::make_shared<const core::Catalog>(std::move(builder).build()), kNoon};
  evidence.repository = core::RepositoryId::parse(kRepositoryId);
  evidence.place = "/repository";
  evidence.checked_at = kNoon;
  evidence.asked = Steady::max();
  return evidence;
}

inline core::Evidence unknown() {
  core::Evidence evidence;
  evidence.state = core::Unknown{core::Unknown::Why::Unavailable, "the mount does not answer"};
  evidence.asked = Steady::max();
  evidence.place = "/repository";
  return evidence;
}

/// A promise of `kSnapshot` as the webhook writes it.
inline void promise(core::Claim& claim, std::string_view snapshot = kSnapshot, std::string_view start = kSnapshotStart,
                    std::string_view source = kOwnSource) {
  claim.pvc.annotations[std::string(core::key::kRestoredSnapshot)] = snapshot;
  claim.pvc.annotations[std::string(core::key::kRestoredAsOf)] = start;
  claim.pvc.annotations[std::string(core::key::kRestoredSource)] = source;
  claim.pvc.data_source_ref = {std::string(core::kVolSyncGroup), std::string(core::kDestinationKind), "data-backup",
                               ""};
}

inline core::Image image(std::string name) { return {"snapshot.storage.k8s.io", "VolumeSnapshot", std::move(name)}; }

/// All that VolSync keeps of a restore's mover that has restored a snapshot.
inline constexpr const char* kCompleted = "INFO: Snapshot restore completed successfully";
/// And of one that has found none.
inline constexpr const char* kNothingSelected = "No eligible snapshots found\nNo snapshots found for a@b:/data";

/// With MOVER_LOG_DEBUG: the end of everything that it says.
inline std::string counted(std::int64_t files, int directories = 3, int links = 1) {
  return "Processed 46 (1 MB) of 45 (1 MB).\nRestored " + std::to_string(files) + " files, " +
         std::to_string(directories) + " directories and " + std::to_string(links) +
         " symbolic links (1 MB).\n\nTIMING: Restore execution took 1 seconds\n" + kCompleted +
         "\nINFO: === OPERATION SUMMARY ===\nINFO: OPERATION_TYPE: destination\nINFO: OPERATION_RESULT: SUCCESS\n"
         "INFO: EXIT_CODE: 0\nINFO: === Done ===";
}

template <class T>
std::vector<T> actions(const Plan& plan) {
  std::vector<T> found;
  for (const Action& action : plan.actions) {
    if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
  }
  return found;
}

/// "apply destination", "remove run restore-done", "image on", "image off": one word list to compare.
inline std::vector<std::string> words(const Plan& plan) {
  std::vector<std::string> said;
  for (const Action& action : plan.actions) {
    if (const auto* apply = std::get_if<Apply>(&action)) {
      said.push_back((apply->adopts ? "adopt " : "apply ") + std::string(to_string(apply->object.part)));
    } else if (const auto* remove = std::get_if<Remove>(&action)) {
      said.push_back("remove " + std::string(to_string(remove->part)) + " " + remove->reason);
    } else if (const auto* disown = std::get_if<Disown>(&action)) {
      said.push_back("disown " + std::string(to_string(disown->part)));
    } else {
      said.push_back(std::get<SetImage>(action).image ? "image on" : "image off");
    }
  }
  return said;
}
using Words = std::vector<std::string>;

inline const Hold* held(const Plan& plan, std::string_view code) {
  for (const Hold& hold : plan.holds) {
    if (hold.code == code) return &hold;
  }
  return nullptr;
}
inline bool warned(const Plan& plan, std::string_view code) {
  const Hold* hold = held(plan, code);
  return hold != nullptr && hold->warning;
}
inline bool took(const Plan& plan, RestoreStep step) {
  return std::find(plan.steps.begin(), plan.steps.end(), step) != plan.steps.end();
}

/// The default: a labelled PVC `media/data`, one minute old and Pending, without a promise; an empty repository that is
/// provably the right one; nothing of ours there yet.
struct World {
  using Key = std::pair<std::string, std::string>;  ///< plural, name

  World() {
    policy.pin = core::RepositoryId::parse(kRepositoryId).value();
    create_claim("uid-1");
  }

  void create_claim(std::string uid) {
    claim = Scene{}.claim;
    claim->uid = std::move(uid);
    claim->pvc.labels = {{"backup", "daily"}};
    claim->created = now - std::chrono::minutes{1};
  }

  View view() const {
    View seen;
    seen.pvc = {"media", "data"};
    const std::optional<core::Claim>& shown = silent ? *silent : claim;
    seen.claim = shown ? &*shown : nullptr;
    seen.watches_current = watches_current;
    seen.run_volume = run_volume ? &*run_volume : nullptr;
    seen.other_drill = other_drill;
    seen.drill_volume_left = drill_volume_left;
    seen.namespace_labels = &namespace_labels;
    for (const Part part : kParts) {
      if (const core::Observed* object = find(part)) seen.objects[part] = object;
    }
    for (const core::Observed& rival : rivals) seen.rivals.push_back(&rival);
    for (const auto& [part, stray] : strays) seen.strays.emplace_back(part, &stray);
    seen.known = known;
    seen.movers = movers;
    seen.stray_movers = stray_movers;
    seen.movers_known = movers_known;
    seen.events = events ? &*events : nullptr;
    seen.users = users;
    seen.ownership = ownership;
    seen.remembered.known = memory_known;
    seen.remembered.problem = memory_problem;
    seen.memories = memories ? &*memories : nullptr;
    const auto verified = shown ? memory.find(shown->uid) : memory.end();
    if (verified != memory.end()) {
      seen.remembered.verified = verified->second;
      seen.remembered.stored = true;
    }
    seen.evidence = &evidence;
    seen.drivers = &drivers;
    if (unfit_image) seen.unfit_image = &*unfit_image;
    seen.privileged_movers = privileged_movers;
    seen.older_backups_accepted = older_backups_accepted;
    seen.index_blobs = index_blobs;
    return seen;
  }
  Plan plan() const { return make_plan(view(), policy, options, now); }
  Restore stage() const { return restore_stage(view(), policy, now); }

  // The API server.
  Key key(Part part) const { return {std::string(resource(part).plural), names(policy.naming, "data").of(part)}; }
  core::Observed* find(Part part) {
    const auto found = objects.find(key(part));
    return found == objects.end() ? nullptr : &found->second;
  }
  const core::Observed* find(Part part) const { return const_cast<World*>(this)->find(part); }
  core::Observed& the(Part part) {
    REQUIRE(find(part) != nullptr);
    return *find(part);
  }
  core::Observed& put(Part part, core::Observed object) {
    object.meta.ns = "media";
    object.meta.name = key(part).second;
    object.meta.uid = "object-" + std::to_string(++serial);
    object.meta.resource_version = std::to_string(++serial);
    object.meta.created = now;
    return objects[key(part)] = std::move(object);
  }
  /// Somebody else's object under our name.
  core::Observed& put_foreign(Part part, std::string manager = "") {
    core::Observed object;
    if (!manager.empty()) object.meta.labels[std::string(key::kManagedBy)] = manager;
    object.spec = "{}";
    return put(part, object);
  }
  void touch(core::Observed& object) { object.meta.resource_version = std::to_string(++serial); }

  /// The PVC that there really is.
  bool is(const std::string& claim_uid) const { return claim && claim->uid == claim_uid; }
  bool may_have(const Apply& apply) const {
    return apply.claim_uid.empty() || (is(apply.claim_uid) && !claim->deleting);
  }

  /// False: the API server refuses, because something has changed, or the PVC is not what the watch shows.
  bool carry_out(const Action& action) {
    ++writes;
    if (const auto* apply = std::get_if<Apply>(&action)) return carry_out(*apply);
    if (const auto* remove = std::get_if<Remove>(&action)) return carry_out(*remove);
    if (const auto* disown = std::get_if<Disown>(&action)) return carry_out(*disown);
    return carry_out(std::get<SetImage>(action));
  }
  bool carry_out(const Disown& disown) {
    const auto there = objects.find({std::string(resource(disown.part).plural), disown.name});
    if (there == objects.end() || there->second.meta.uid != disown.uid) return false;
    for (const std::string& label : disown.labels) there->second.meta.labels.erase(label);
    touch(there->second);
    return true;
  }
  bool carry_out(const Apply& apply) {
    core::Observed written = applied(apply.object);
    const Key where{std::string(resource(apply.object.part).plural), apply.object.name};
    const auto there = objects.find(where);
    if (apply.creates != (there == objects.end()) || !may_have(apply)) return false;
    if (apply.creates) {
      put(apply.object.part, std::move(written));
      return true;
    }
    if (there->second.meta.uid != apply.uid) return false;
    written.meta.ns = there->second.meta.ns;
    written.meta.name = there->second.meta.name;
    written.meta.uid = there->second.meta.uid;
    written.meta.created = there->second.meta.created;
    written.status = there->second.status;
    touch(written);
    there->second = std::move(written);
    return true;
  }
  bool carry_out(const Remove& remove) {
    const auto there = objects.find({std::string(resource(remove.part).plural), remove.name});
    if (there == objects.end() || there->second.meta.uid != remove.uid) return false;
    if (there->second.meta.resource_version != remove.resource_version) return false;
    if (remove.claim_uid.empty() ? claim.has_value() : !is(remove.claim_uid)) return false;
    if (!remove.claim_version.empty() && claim->resource_version != remove.claim_version) return false;
    objects.erase(there);
    return true;
  }
  bool carry_out(const SetImage& set) {
    const auto there = objects.find({std::string(kube::kReplicationDestinations.plural), set.name});
    if (there == objects.end() || there->second.meta.resource_version != set.resource_version) return false;
    const bool fits = is(set.claim_uid) && !claim->deleting && claim->phase == core::Claim::Phase::Pending;
    if (set.image && !fits) return false;
    there->second.status.image = set.image;
    touch(there->second);
    return true;
  }

  /// What the memory of verified restores takes from destinations before each plan.
  void remember() {
    const View seen = view();
    const auto mark = mark_to_remember(seen);
    if (mark && memory_known && memory_problem.empty()) memory[seen.claim->uid] = *mark;
  }

  /// Plans, each from a fresh view, until there is nothing left to do; how many it took. Every action must succeed.
  int settle() {
    for (int plans = 0; plans < 20; ++plans) {
      remember();
      const Plan next = plan();
      if (next.actions.empty()) return plans;
      for (const Action& action : next.actions) REQUIRE(carry_out(action));
    }
    FAIL("the plans do not come to an end");
    return 0;
  }

  // VolSync.
  std::string run_token() { return parse(the(Part::RestoreRun).spec)["trigger"]["manual"].asString(); }
  void finish_run(std::string result, std::string logs, std::optional<core::Image> made) {
    finish(Part::RestoreRun, std::move(result), std::move(logs), std::move(made));
  }
  void finish(Part part, std::string result, std::string logs, std::optional<core::Image> made) {
    core::Observed& run = the(part);
    run.status.last_manual_sync = manual_token(run);
    run.status.last_sync = now;
    run.end_seen = clock += std::chrono::seconds{1};
    run.status.mover_result = std::move(result);
    run.status.mover_logs = std::move(logs);
    run.status.image = std::move(made);
    touch(run);
  }
  /// The populator: fills a waiting PVC from whatever the destination shows.
  bool populate() {
    const core::Observed* destination = find(Part::Destination);
    if (!claim || claim->phase != core::Claim::Phase::Pending || !claim->pvc.data_source_ref) return false;
    if (destination == nullptr || !destination->status.image) return false;
    filled_from = destination->status.image->name;
    claim->phase = core::Claim::Phase::Bound;
    return true;
  }

  static constexpr Part kParts[] = {Part::Secret,        Part::Destination,   Part::RestoreRun, Part::Source,
                                    Part::OffsiteSecret, Part::OffsiteSource, Part::Drill};
  core::Policy policy;
  Options options;
  core::Time now = kNoon;
  std::optional<core::Claim> claim;
  std::optional<std::optional<core::Claim>> silent;  ///< all that the watch of PVCs shows, where it says nothing more
  bool watches_current = true;
  std::optional<core::Claim> run_volume;
  bool other_drill = false;
  bool drill_volume_left = false;
  core::StringMap namespace_labels;
  std::map<Key, core::Observed> objects;
  std::vector<std::pair<Part, core::Observed>> strays;
  std::vector<core::Observed> rivals;
  std::map<Part, Known> known;
  std::map<Part, Mover> movers;
  std::map<std::string, Mover> stray_movers;
  bool movers_known = true;
  std::optional<Events> events;
  Users users;
  core::Ownership ownership;
  StorageDrivers drivers;
  std::optional<UnfitImage> unfit_image;
  std::map<std::string, VerifiedMark> memory;  ///< of verified restores, by the PVC's uid
  bool memory_known = true;
  std::string memory_problem;
  std::optional<std::map<std::string, Seen>> memories{std::in_place};  ///< of seen backups
  core::Evidence evidence = current({});
  std::size_t index_blobs = 0;
  bool privileged_movers = false;
  std::optional<core::Time> older_backups_accepted;
  Steady clock{};  ///< of what was seen when
  std::string filled_from;
  int writes = 0;
  int serial = 0;
};

/// A PVC that was promised the one snapshot that there is.
inline World promised() {
  World world;
  world.evidence = current({listed(kOwnSource, kSnapshot, kSnapshotStart)});
  promise(*world.claim);
  return world;
}

/// Its run has restored everything; the destination does not know it yet.
inline World restored_whole() {
  World world = promised();
  world.settle();
  world.finish_run("Successful", kCompleted, image("image-1"));
  return world;
}

/// A PVC that is Bound and old enough.
inline World bound() {
  World world;
  world.claim->phase = core::Claim::Phase::Bound;
  world.claim->created = world.now - std::chrono::hours{3};
  return world;
}

}  // namespace holdfast::generator::test
