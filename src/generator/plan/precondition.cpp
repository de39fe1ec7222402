#include "src/generator/plan/precondition.hpp"

#include <fmt/format.h>

#include "holdfast/base/text.hpp"
#include "holdfast/core/candidates.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/backup_source.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/restore.hpp"

namespace holdfast::generator {
namespace {

/// Kubernetes writes creation times in whole seconds, cut: a snapshot of that second may be older than the PVC.
constexpr std::chrono::seconds kKubernetesTick{1};

bool has_reason(const core::Claim& claim, std::string_view key) {
  return !base::trimmed(value_of(claim.pvc.annotations, key)).empty();
}

/// A person said that this volume is to be backed up whatever lies in the repository.
bool is_released(const core::Claim& claim) {
  return skips_restore(claim) || has_reason(claim, key::kAcceptOlderBackups);
}

std::string release_remedy() {
  return fmt::format("annotate the PVC with `{}: <reason>`, or with `{}: \"true\"` and `{}: <reason>`",
                     key::kAcceptOlderBackups, core::key::kSkipRestore, core::key::kSkipRestoreReason);
}

Precondition memory_unknown(Part part, std::string_view what, const std::string& problem) {
  const std::string because = problem.empty() ? "" : ": " + cut(one_line(problem), 400);
  return {make_hold(part, "MemoryUnknown", fmt::format("{}{}", what, because), !problem.empty()), false, true};
}

/// One question after another, cheapest first.
class SourcePreconditions {
 public:
  SourcePreconditions(const View& view, const core::Policy& policy, const Options& options, core::Time now)
      : view_(view), claim_(*view.claim), policy_(policy), options_(options), now_(now) {}

  std::optional<Precondition> ask() const {
    if (auto unmet = bound()) return unmet;
    const bool begins = object_of(view_, Part::Source) == nullptr;  // one that is taken over backs up already
    if (auto unmet = begins ? old_enough() : std::nullopt) return unmet;
    if (auto unmet = promise_kept()) return unmet;
    const auto catalog = usable_catalog(view_, policy_, Part::Source);
    if (const auto* unmet = std::get_if<Precondition>(&catalog)) return *unmet;
    if (auto unmet = identity_taken(*std::get<const core::Catalog*>(catalog))) return unmet;
    if (is_released(claim_) || restored_from_its_own_backups()) return std::nullopt;
    if (is_accepted_by_namespace()) return repository_pinned();
    if (auto unmet = older_backups(*std::get<const core::Catalog*>(catalog))) return unmet;
    return repository_pinned();
  }

 private:
  std::optional<Precondition> bound() const {
    if (claim_.phase == core::Claim::Phase::Bound) return std::nullopt;
    return Precondition{make_hold(Part::Source, "NotBound", "no backup is set up yet: the PVC is not Bound")};
  }

  std::optional<Precondition> old_enough() const {
    const auto due = claim_.created ? std::optional(*claim_.created + options_.min_age) : std::nullopt;
    if (due && *due <= now_) return std::nullopt;
    Precondition unmet{make_hold(
        Part::Source, "TooYoung",
        fmt::format("no backup is set up yet: the PVC must be {} old{}", core::format_duration(options_.min_age),
                    due ? ", which is at " + core::format_seconds(*due) : ""))};
    unmet.hold.until = due;
    return unmet;
  }

  std::optional<Precondition> promise_kept() const {
    if (!carries_promise(claim_) || was_verified(view_) || is_released(claim_)) return std::nullopt;
    if (!view_.remembered.known) {
      return memory_unknown(Part::Source,
                            "no backup is set up yet: whether the restore that was promised to the PVC was verified is "
                            "not known before the memory of verified restores was read",
                            view_.remembered.problem);
    }
    return Precondition{
        make_warning(Part::Source, "RestoreNotVerified",
                     "the PVC is not backed up: a restore was promised to it, and it was never seen to arrive in this "
                     "volume; compare its data with the backup, and to back it up as it is {}",
                     release_remedy())};
  }

  /// Whoever it is that releases the PVC: backups of two under one identity push each other out.
  std::optional<Precondition> identity_taken(const core::Catalog& catalog) const {
    if (object_of(view_, Part::Source) != nullptr) return std::nullopt;
    const core::Identity identity = backup_identity(view_, policy_);
    const core::Ownership& said = view_.ownership;
    if (said.whose(identity, view_.pvc) != core::Whose::Anothers) return std::nullopt;
    if (!said.is_another_at_work(identity, view_.pvc) && !catalog.newest(identity)) return std::nullopt;
    return Precondition{identity_taken_hold(identity, view_, false)};
  }

  bool restored_from_its_own_backups() const {
    const auto promise = promise_of(claim_, policy_);
    if (!promise || !was_verified(view_)) return false;
    return core::contains(core::candidates(policy_, view_.pvc, view_.ownership), promise->source);
  }

  bool is_accepted_by_namespace() const {
    const auto& accepted = view_.older_backups_accepted;
    return accepted && *accepted <= now_ && claim_.created && *claim_.created <= *accepted;
  }

  /// Whatever came before us filled it from the destination that bears its name, and has backed it up since and goes
  /// on: a source that runs pushes older backups out whether holdfast takes it over or not.
  bool restored_before_us(const core::Identity& place, const core::Catalog& catalog) const {
    const bool goes_on = object_of(view_, Part::Source) != nullptr;
    const bool from_its_own =
        core::refers_to_own_destination(claim_.pvc, policy_) && claim_.pvc.data_source_ref->ns.empty();
    const auto newest = catalog.newest(place);
    return goes_on && from_its_own && newest && newest->start >= *claim_.created + kKubernetesTick;
  }

  std::optional<Precondition> older_backups(const core::Catalog& catalog) const {
    for (const core::Candidate& place : core::candidates(policy_, view_.pvc, view_.ownership)) {
      const auto oldest = catalog.oldest_start(place.identity);
      if (!oldest || *oldest >= *claim_.created + kKubernetesTick) continue;
      if (restored_before_us(place.identity, catalog)) continue;
      const auto newest = catalog.newest(place.identity);
      return Precondition{make_warning(Part::Source, "BackupsNotRestored",
                                       "the PVC is not backed up: {} has complete backups from {} to {}, older than "
                                       "the PVC of {}, that were never restored into it, and backups of a new volume "
                                       "would push them out; delete the PVC and create it again to restore, or {}",
                                       core::to_string(place.identity), core::format_seconds(*oldest),
                                       core::format_seconds(newest ? newest->start : *oldest),
                                       core::format_seconds(*claim_.created), release_remedy())};
    }
    return std::nullopt;
  }

  /// That a repository holds no older backups says something only if it is the right repository.
  std::optional<Precondition> repository_pinned() const {
    if (!std::holds_alternative<core::Unpinned>(policy_.pin)) return std::nullopt;
    const auto& id = view_.evidence->repository;
    return Precondition{make_warning(
        Part::Source, "RepositoryUnpinned",
        "the PVC is not backed up: no older backup of it is in {}, but nothing says that this is the right repository; "
        "if it is, put `index: {{repositoryId: {}}}` into holdfast's configuration, or {}",
        cut(view_.evidence->place, 128), id ? id->hex() : "<id>", release_remedy())};
  }

  const View& view_;
  const core::Claim& claim_;
  const core::Policy& policy_;
  const Options& options_;
  const core::Time now_;
};

Precondition evidence_unknown(Part part, std::string_view reason) {
  const std::string_view held = part == Part::RestoreRun ? "the restore does not go on"
                                : part == Part::Drill    ? "the drill does not go on"
                                                         : "no backup is set up yet";
  Precondition unmet{
      make_hold(part, "EvidenceUnknown",
                fmt::format("{}: it cannot be proven now which backups exist: {}; it goes on by itself when the "
                            "repository can be read",
                            held, cut(one_line(reason), 400)))};
  unmet.needs_evidence = true;
  return unmet;
}

}  // namespace

bool skips_restore(const core::Claim& claim) {
  return value_of(claim.pvc.annotations, core::key::kSkipRestore) == "true" &&
         has_reason(claim, core::key::kSkipRestoreReason);
}

Hold identity_taken_hold(const core::Identity& identity, const View& view, bool exists) {
  std::string owners;
  for (const core::PvcName& other : view.ownership.others(identity, view.pvc))
    owners += (owners.empty() ? "" : ", ") + core::to_string(other);
  return make_warning(Part::Source, "IdentityTaken",
                      "{}: {} is where the backups of {} lie, by a ReplicationSource or by the memory of seen backups, "
                      "and two PVCs under one identity push each other's backups out; give the other ReplicationSource "
                      "a kopia username of its own, or this PVC another name",
                      exists ? "the PVC is backed up together with another" : "the PVC is not backed up",
                      core::to_string(identity), cut(owners, 400));
}

std::variant<const core::Catalog*, Precondition> usable_catalog(const View& view, const core::Policy& policy,
                                                                Part part) {
  if (view.evidence == nullptr) return evidence_unknown(part, "the repository was not looked at");
  const core::Evidence& evidence = *view.evidence;
  const auto* pinned = std::get_if<core::RepositoryId>(&policy.pin);
  if (pinned != nullptr && evidence.repository && *evidence.repository != *pinned) {
    return Precondition{make_warning(
        part, "RepositoryChanged",
        "{} for this PVC: the repository at {} is {} but {} is pinned; mount the right "
        "one, or accept the new one for good: set index.repositoryId to it",
        part == Part::Source || part == Part::OffsiteSource ? "no backup is set up" : "nothing is restored",
        cut(evidence.place, 128), evidence.repository->hex(), pinned->hex())};
  }
  if (const auto* unknown = std::get_if<core::Unknown>(&evidence.state)) return evidence_unknown(part, unknown->reason);
  const auto& current = std::get<core::Current>(evidence.state);
  if (!current.catalog || (pinned != nullptr && !evidence.repository)) {
    return evidence_unknown(part, "the repository's identity could not be read");
  }
  return current.catalog.get();
}

std::variant<const core::Catalog*, Precondition> usable_catalog_since(const View& view, const core::Policy& policy,
                                                                      Part part,
                                                                      std::chrono::steady_clock::time_point moment) {
  auto catalog = usable_catalog(view, policy, part);
  if (std::holds_alternative<Precondition>(catalog) || view.evidence->asked > moment) return catalog;
  return evidence_unknown(part, "the repository was not looked at since the mover's end");
}

std::optional<Precondition> offsite_precondition(const View& view, const core::Policy& policy) {
  const core::Claim& claim = *view.claim;
  if (is_released(claim) || was_verified(view)) return std::nullopt;
  if (view.memories == nullptr) {
    return memory_unknown(Part::OffsiteSource,
                          "no off-site backup is set up yet: it is not known before the memories of seen backups were "
                          "read whether older ones may be the last that are left",
                          view.memories_problem);
  }
  const auto places = core::candidates(policy, view.pvc, view.ownership);
  for (const auto& [name, seen] : *view.memories) {
    for (const core::Candidate& place : places) {
      const auto known = seen.ends.find(core::to_string(place.identity));
      if (known == seen.ends.end() || known->second >= *claim.created + kKubernetesTick) continue;
      Precondition unmet{make_warning(
          Part::OffsiteSource, "OffsiteNotRestored",
          "the PVC is not backed up off-site: ConfigMap {} knows complete backups of {} until {}, older than the PVC "
          "of {}, that were never restored into it; the off-site copy may be the last that is left of them, and "
          "backups of a new volume would push it out; restore from it if you need it, then {}",
          name, known->first, core::format_seconds(known->second), core::format_seconds(*claim.created),
          release_remedy())};
      unmet.needs_memory = true;  // a memory may be deleted
      return unmet;
    }
  }
  return std::nullopt;
}

std::optional<Precondition> source_precondition(const View& view, const core::Policy& policy, const Options& options,
                                                core::Time now) {
  return SourcePreconditions(view, policy, options, now).ask();
}

}  // namespace holdfast::generator
