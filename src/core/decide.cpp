#include "holdfast/core/decide.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/core/mover_identity.hpp"
#include "holdfast/core/repository_age.hpp"
#include "src/core/denials.hpp"
#include "src/core/ignored_backups.hpp"
#include "src/core/settling_line.hpp"

namespace holdfast::core {
namespace {

/// Kubernetes writes times in whole seconds: what ended "at 10:00:05" may have ended just before 10:00:06.
constexpr std::chrono::seconds kKubernetesTick{1};

/// Rules 5 to 10 for one PVC: each rule settles the matter or passes it on to the next.
class Judge : private Denials {
 public:
  Judge(const WantsRestore& wanted, const Evidence& evidence, const ClusterFacts& cluster, const Policy& policy,
        Time now)
      : Denials(wanted, evidence, policy, now), cluster_(cluster) {}

  Verdict judge() {
    if (auto verdict = repository_is_the_pinned_one()) return *verdict;
    if (const auto* earlier = std::get_if<Earlier>(&evidence_.state)) return by_earlier_listing(*earlier);
    if (auto verdict = evidence_is_current()) return *verdict;
    if (auto verdict = backup_exists()) return *verdict;
    if (auto verdict = backup_in_flight()) return *verdict;
    if (auto verdict = backups_vanished()) return *verdict;
    if (auto verdict = repository_unpinned()) return *verdict;
    if (auto verdict = backup_under_other_name()) return *verdict;
    if (auto verdict = repository_outdated()) return *verdict;
    return no_backup();
  }

 private:
  // Rule 5.
  std::optional<Verdict> repository_is_the_pinned_one() const {
    const auto* pinned = std::get_if<RepositoryId>(&policy_.pin);
    if (pinned == nullptr || !evidence_.repository || *evidence_.repository == *pinned) return std::nullopt;
    return refuse(
        Code::RepositoryChanged,
        fmt::format("the backup repository is {} but {} is pinned", evidence_.repository->hex(), pinned->hex()),
        fmt::format("mount the right repository, or accept the new one for good: set index.repositoryId "
                    "(--repository-id) to {}",
                    evidence_.repository->hex()),
        {"the backup repository is not the pinned one",
         "mount the right repository, or accept the new one for good: set index.repositoryId (--repository-id) to what "
         "`holdfast repository-id` prints"});
  }

  // Rule 6.
  std::optional<Verdict> evidence_is_current() {
    if (const auto* unknown = std::get_if<Unknown>(&evidence_.state)) {
      const bool refreshing = unknown->why == Unknown::Why::Refreshing;
      const auto because = [](std::string_view reason) {
        return fmt::format("it cannot be proven now whether a backup exists: {}", reason);
      };
      return wait(refreshing ? Code::IndexRefreshing : Code::IndexUnavailable, because(unknown->reason),
                  because(unknown->discreet));
    }
    current_ = &std::get<Current>(evidence_.state);
    if (current_->catalog && !pinned_but_unread()) return std::nullopt;
    return wait(Code::IndexUnavailable, "the repository's identity could not be read");
  }

  /// Rule 7 alone, and of that a Restore alone.
  Verdict by_earlier_listing(const Earlier& earlier) {
    current_ = &earlier.listing;
    const bool readable = current_->catalog && !pinned_but_unread();
    if (auto verdict = readable ? backup_exists() : std::nullopt;
        verdict && (std::holds_alternative<Restore>(verdict->outcome) || verdict->code == Code::ClusterUnavailable)) {
      return *verdict;
    }
    return wait(Code::IndexRefreshing,
                "it cannot be proven now whether a backup exists: the repository has changed and is being read");
  }

  bool pinned_but_unread() const { return std::holds_alternative<RepositoryId>(policy_.pin) && !evidence_.repository; }

  // Rule 7.
  std::optional<Verdict> backup_exists() {
    const auto* ownership = std::get_if<Ownership>(&cluster_.ownership);
    ownership_ = ownership == nullptr ? &cluster_.heard : ownership;
    places_ = looked_at(wanted_, policy_, *ownership_);
    const auto found = locate(places_, *current_->catalog);
    const auto* silent = std::get_if<NoAnswer>(&cluster_.ownership);
    if (silent != nullptr && !is_sure_by_settings(found)) return cluster_unavailable(*silent);
    if (auto verdict = given_identity_is_anothers()) return verdict;
    if (!found) return nothing_to_restore_on_request();
    if (!found->is_sure()) return ambiguous(*found);
    if (auto verdict = destination_is_free()) return verdict;
    const auto snapshot = wanted_.as_of ? current_->catalog->newest(found->identity, wanted_.as_of) : found->newest;
    if (!snapshot) return no_backup_as_of(current_->catalog->oldest_start(found->identity));
    return restore(found->identity, *snapshot);
  }

  /// Whatever sources and the memory would say: it lies where the settings look first.
  bool is_sure_by_settings(const std::optional<Located>& found) const {
    return found && found->is_sure() && !wanted_.identity_given &&
           found->identity == wanted_.candidates.front().identity;
  }

  /// Who may read another PVC's backups is a matter of the settings.
  std::optional<Verdict> given_identity_is_anothers() const {
    if (!wanted_.identity_given || policy_.any_restore_identity) return std::nullopt;
    const Identity& given = wanted_.candidates.front().identity;
    if (given.host != wanted_.pvc.ns || ownership_->whose(given, wanted_.pvc) != Whose::Anothers) return std::nullopt;
    const auto lists_it = [&](const RestorePair& pair) {
      return pair.to == wanted_.pvc && ownership_->whose(given, pair.from) == Whose::Own;
    };
    if (std::ranges::any_of(policy_.restore_from, lists_it)) return std::nullopt;
    return refuse(
        Code::RestoreIdentityNotAllowed,
        fmt::format("annotation {}: {} is known to be another PVC's", key::kRestoreIdentity, to_string(given)),
        "name a source of this PVC; or allow the other one in the setting restoreFrom");
  }

  /// Whoever asks for a certain backup is not served with an empty volume.
  std::optional<Verdict> nothing_to_restore_on_request() const {
    if (wanted_.from_another) {
      return refuse(Code::RestoreFromNoBackup,
                    fmt::format("the PVC named by {} has no complete backup as {}", key::kRestoreFrom, looked_for()),
                    fmt::format("correct or remove the annotation `{}`", key::kRestoreFrom));
    }
    if (wanted_.identity_given) {
      return refuse(Code::RestoreIdentityInvalid, fmt::format("there is no complete snapshot of {}", looked_for()),
                    fmt::format("correct or remove the annotation `{}`", key::kRestoreIdentity));
    }
    if (wanted_.as_of) return no_backup_as_of(std::nullopt);
    return std::nullopt;
  }

  Verdict no_backup_as_of(std::optional<Time> first) const {
    const std::string known = first ? "the first one began at " + format_nanoseconds(*first) : "there is none at all";
    return refuse(
        Code::NoBackupAsOf,
        fmt::format("no complete backup of {} began at or before {}: {}", looked_for(), wanted_.as_of_text, known),
        fmt::format("choose a later time in the annotation `{}`, or remove it", key::kRestoreAsOf));
  }

  Verdict ambiguous(const Located& found) const {
    const std::string identity = to_string(found.identity);
    const std::string problem =
        found.newer ? fmt::format("there are backups of {} and newer ones of {}, and nothing says which are meant",
                                  identity, to_string(*found.newer))
                    : fmt::format("there are backups of {}, and they could be another PVC's", identity);
    return refuse(Code::IdentityAmbiguous, problem,
                  fmt::format("if they are this PVC's, add the annotation `{}: {}`{}; if not, `{}: \"true\"` with `{}`",
                              key::kRestoreIdentity, found.newer ? to_string(*found.newer) : identity,
                              settling_line(found, wanted_.owner, policy_, *ownership_, *current_->catalog),
                              key::kSkipRestore, key::kSkipRestoreReason));
  }

  std::optional<Verdict> destination_is_free() const {
    if (const auto* silent = std::get_if<NoAnswer>(&cluster_.destination)) return cluster_unavailable(*silent);
    const auto* destination = std::get_if<Destination>(&cluster_.destination);
    if (destination == nullptr) return std::nullopt;
    if (destination->owner == Destination::Owner::Foreign) {
      return refuse(Code::ForeignDestination,
                    fmt::format("a ReplicationDestination {} exists and is not holdfast's", wanted_.destination),
                    fmt::format("remove or rename ReplicationDestination {}", wanted_.destination));
    }
    if (!destination->publishes_image) return std::nullopt;
    if (destination->owner == Destination::Owner::Adoptable) return image_of_an_orphan();
    return wait(
        Code::RestoreImageStale,
        fmt::format("ReplicationDestination {} still publishes the image of an earlier restore", wanted_.destination));
  }

  /// Nobody takes it off: it may be there for a PVC that wants nothing of us, and would wait for it in vain.
  Verdict image_of_an_orphan() const {
    return refuse(
        Code::ForeignDestination,
        fmt::format("ReplicationDestination {} is not holdfast's yet and shows, or is about to show, the image "
                    "of another restore; it is taken over only when its PVC is there",
                    wanted_.destination),
        fmt::format("delete ReplicationDestination {} in the namespace {}: holdfast makes its own, and no backup "
                    "is lost",
                    wanted_.destination, wanted_.pvc.ns));
  }

  Verdict restore(const Identity& source, const Snapshot& snapshot) const {
    std::vector<std::string> warnings = wanted_.warnings;
    if (auto verdict = does_not_fit(snapshot, warnings)) return *verdict;
    if (auto verdict = has_shrunk(source, snapshot, warnings)) return *verdict;
    if (snapshot.failed > 0) {
      warnings.push_back(fmt::format("{}: snapshot {} was made with {} entries that could not be read",
                                     to_string(Code::SnapshotHasErrors), snapshot.id, snapshot.failed));
    }
    Restore promise{source, snapshot, wanted_.destination, wanted_.reference_present, wanted_.as_of};
    Verdict verdict = admitted(Code::BackupFound, restore_message(promise));
    verdict.outcome = std::move(promise);
    verdict.warnings = std::move(warnings);
    return verdict;
  }

  std::optional<Verdict> does_not_fit(const Snapshot& snapshot, std::vector<std::string>& warnings) const {
    const bool too_large = wanted_.requested_bytes && snapshot.size_bytes > *wanted_.requested_bytes;
    if (!too_large || policy_.fit == Severity::Off) return std::nullopt;
    const std::string problem = fmt::format("snapshot {} holds {} bytes and the PVC asks for {}", snapshot.id,
                                            snapshot.size_bytes, *wanted_.requested_bytes);
    if (policy_.fit == Severity::Deny) {
      return refuse(Code::RestoreDoesNotFit, problem,
                    "raise spec.resources.requests.storage, or set fit: warn if the data is known to fit");
    }
    warnings.push_back(fmt::format("{}: {}", to_string(Code::RestoreDoesNotFit), problem));
    return std::nullopt;
  }

  /// Who names a time has chosen among the backups.
  std::optional<Verdict> has_shrunk(const Identity& source, const Snapshot& newest,
                                    std::vector<std::string>& warnings) const {
    const Shrink& shrink = policy_.shrink;
    const Severity severity = shrink.of(newest.files);
    if (wanted_.as_of || severity == Severity::Off) return std::nullopt;
    const auto before = current_->catalog->before_it_shrank(source, shrink.keep_percent);
    if (!before) return std::nullopt;
    if (severity == Severity::Deny) {
      return refuse(
          Code::BackupShrunk,
          fmt::format("the newest backup, snapshot {} of {}, holds {} files, and snapshot {} of {} held {}", newest.id,
                      newest.start_time, newest.files, before->id, before->start_time, before->files),
          fmt::format("to restore the older one add the annotation `{0}: \"{1}\"`, and to restore the newest "
                      "all the same `{0}: \"{2}\"`",
                      key::kRestoreAsOf, before->start_time, newest.start_time));
    }
    // Short, because a warning is cut at 256 bytes.
    warnings.push_back(
        fmt::format("{0}: the newest backup holds {1} files, and one before it {2}: `{3}: \"{4}\"` "
                    "restores that one, `{3}: \"{5}\"` the newest",
                    to_string(Code::BackupShrunk), newest.files, before->files, key::kRestoreAsOf, before->start_time,
                    newest.start_time));
    return std::nullopt;
  }

  // Rule 8.
  std::optional<Verdict> backup_in_flight() const {
    if (const auto* silent = std::get_if<NoAnswer>(&cluster_.backup)) return cluster_unavailable(*silent);
    const auto* activity = std::get_if<BackupActivity>(&cluster_.backup);
    if (activity == nullptr) return std::nullopt;
    if (activity->running) return in_flight(*activity);
    const bool seen = !activity->last_finished || *activity->last_finished + kKubernetesTick <= evidence_.checked_at;
    if (seen) return std::nullopt;
    return wait(Code::IndexRefreshing, fmt::format("a backup ended at {}, after this was looked at",
                                                   format_seconds(*activity->last_finished)));
  }

  Verdict in_flight(const BackupActivity& activity) const {
    if (activity.hopeless.empty()) {
      return wait(Code::BackupInFlight,
                  fmt::format("no complete backup exists yet and one is being made ({})", activity.what));
    }
    return refuse(Code::BackupInFlight,
                  fmt::format("no complete backup exists, and one that was begun does not come to its end ({}): {}",
                              activity.what, activity.hopeless),
                  fmt::format("find out what it lacks; to go on without its data delete {} in the namespace {}",
                              activity.remedy, wanted_.pvc.ns));
  }

  // Rule 9.
  std::optional<Verdict> backups_vanished() const {
    if (const auto* silent = std::get_if<NoAnswer>(&cluster_.tombstone)) return cluster_unavailable(*silent);
    const auto* remembered = std::get_if<std::optional<Tombstone>>(&cluster_.tombstone);
    if (remembered == nullptr || !*remembered || accepts(wanted_, **remembered)) return std::nullopt;
    const Tombstone& tombstone = **remembered;
    return refuse(Code::BackupsVanished,
                  fmt::format("backups of {} were seen before{} and are gone now", tombstone.identity,
                              tombstone.last_seen ? ", last at " + format_seconds(*tombstone.last_seen) : ""),
                  fmt::format("find out why; to go on empty add the annotation `{}: \"{}: <reason>\"`",
                              key::kAcceptVanished, tombstone.id));
  }

  // Rule 9b.
  std::optional<Verdict> repository_unpinned() const {
    if (!std::holds_alternative<Unpinned>(policy_.pin)) return std::nullopt;
    const std::string id = evidence_.repository ? evidence_.repository->hex() : "<id>";
    return refuse(
        Code::RepositoryUnpinned,
        "no backup is in this repository, but nothing says that it is the right one: its identity is not pinned",
        fmt::format("if it is, put `index: {{repositoryId: {}}}` into holdfast's configuration in Git", id));
  }

  // Rule 9c.
  std::optional<Verdict> backup_under_other_name() const {
    const auto identity = under_other_name(wanted_.owner, places_, *ownership_, *current_->catalog);
    if (!identity) return std::nullopt;
    const std::string name = to_string(*identity), problem = mover_problem(*identity);
    const std::string take =
        problem.empty() ? fmt::format("if they are, add the annotation `{}: {}`; if not,", key::kRestoreIdentity, name)
                        : fmt::format("if they are, restore them by hand ({}); to go on without them", problem);
    return refuse(Code::BackupUnderOtherName,
                  fmt::format("no complete backup of {} exists, but there are some of {}, which could be this PVC's",
                              looked_for(), name),
                  fmt::format("{} `{}: \"true\"` with `{}`", take, key::kSkipRestore, key::kSkipRestoreReason));
  }

  /// That nothing is in an older copy of the repository says nothing about the repository.
  std::optional<Verdict> repository_outdated() const {
    const RepositoryAge age = repository_age(*current_->catalog, policy_, now_);
    if (!age.outdated) return std::nullopt;
    return refuse(
        Code::RepositoryOutdated,
        fmt::format("no complete backup of {} is here, but {}: it may be an older copy of the repository", looked_for(),
                    describe(age, policy_, now_)),
        fmt::format("see that the right one is mounted and that backups run; to go on without them add `{}: \"true\"` "
                    "with `{}`",
                    key::kSkipRestore, key::kSkipRestoreReason));
  }

  // Rule 10, and the end of rule 3.
  Verdict no_backup() const {
    if (wanted_.reference_present) {
      return refuse(
          Code::ReferenceWithoutBackup,
          fmt::format("spec.dataSourceRef names ReplicationDestination {} but there is no complete backup of {} "
                      "to restore: the PVC would stay Pending",
                      wanted_.destination, looked_for()),
          "remove spec.dataSourceRef from the manifest: holdfast adds it when there is a backup");
    }
    Verdict verdict = admitted(Code::NoBackup, fmt::format("no complete backup of {} exists", looked_for()));
    verdict.outcome = Fresh{};
    verdict.warnings = wanted_.warnings;
    return verdict;
  }

  std::string looked_for() const {
    std::string text;
    for (const Candidate& place : places_) text += (text.empty() ? "" : " or ") + to_string(place.identity);
    return text.empty() ? "this PVC under a name of its own" : text;
  }

  Verdict admitted(Code code, std::string message) const {
    Verdict verdict;
    verdict.code = code;
    verdict.message = std::move(message);
    verdict.evidence_at = evidence_.checked_at;
    return verdict;
  }

  const ClusterFacts& cluster_;
  const Ownership* ownership_ = nullptr;  ///< set by rule 7
  std::vector<Candidate> places_;         ///< set by rule 7
};

}  // namespace

Verdict decide(const Question& question, const Evidence& evidence, const ClusterFacts& cluster, const Policy& policy,
               Time now) {
  return decide(read_intent(question, policy, now), evidence, cluster, policy, now);
}

Verdict decide(const Intent& intent, const Evidence& evidence, const ClusterFacts& cluster, const Policy& policy,
               Time now) {
  if (const auto* settled = std::get_if<Settled>(&intent)) return with_ignored_backups(*settled, evidence, policy);
  return Judge(std::get<WantsRestore>(intent), evidence, cluster, policy, now).judge();
}

bool accepts(const WantsRestore& wanted, const Tombstone& tombstone) {
  const std::string_view value = wanted.accept_vanished;
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos || value.substr(0, colon) != tombstone.id) return false;
  return value.find_first_not_of(" \t", colon + 1) != std::string_view::npos;
}

/// All rules from 7 on look for backups in the places that the cluster may know more of.
bool cluster_matters(const Verdict& verdict) {
  switch (verdict.code) {
    case Code::RepositoryChanged:
    case Code::IndexUnavailable:
    case Code::IndexRefreshing:
    case Code::InternalError:
      return false;
    default:
      return true;
  }
}

}  // namespace holdfast::core
