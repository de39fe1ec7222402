#include "holdfast/generator/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "holdfast/core/candidates.hpp"
#include "holdfast/core/decide.hpp"
#include "holdfast/core/quantity.hpp"
#include "holdfast/volsync/observed.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/audit/foreign_parts.hpp"
#include "src/generator/plan/backup_source.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/precondition.hpp"
#include "src/generator/plan/restore.hpp"

namespace holdfast::generator {
namespace {

using Why = core::Protection::Why;
using Phase = core::Claim::Phase;

/// A schedule that is at least daily has made a backup by then.
constexpr std::chrono::hours kFirstBackup{24};
constexpr std::size_t kMaxReasonBytes = 200;
constexpr std::size_t kMaxGapBytes = 1024;
constexpr std::string_view kForeign[] = {"ForeignObject", "ForeignIdentity"};

std::string_view to_string(Phase phase) {
  static constexpr std::string_view kWords[] = {"Pending", "Bound", "Lost"};
  static_assert(std::size(kWords) == static_cast<std::size_t>(Phase::Lost) + 1);
  return kWords[static_cast<std::size_t>(phase)];
}

/// As the hold of it is called.
std::string_view code_of(Why why) {
  if (why == Why::ContractOff) return "UnknownContract";
  if (why == Why::UnknownTier) return "UnknownTier";
  return why == Why::ExemptReasonMissing ? "ExemptReasonMissing" : "UnsupportedVolumeMode";
}

/// Collects what one item says.
class ItemReader {
 public:
  ItemReader(const View& view, const Plan& plan, const core::Policy& policy)
      : view_(view), plan_(plan), policy_(policy), stored_(view.claim != nullptr && !view.claim->uid.empty()) {}

  AuditItem item(const core::Verdict& verdict) {
    item_.pvc = view_.pvc;
    item_.is_protected = plan_.protection.protects();
    item_.protection = core::to_string(plan_.protection.why);
    if (item_.is_protected) item_.tier = core::to_string(plan_.protection.tier);
    item_.verdict = core::to_string(verdict.outcome);
    item_.code = core::to_string(verdict.code);
    item_.message = verdict.message;
    item_.warnings = verdict.warnings;
    read_backups();
    if (stored_) read_cluster();
    item_.foreign = foreign_parts(view_, plan_);
    read_gaps();
    return std::move(item_);
  }

 private:
  const core::Catalog* catalog() const {
    const auto* current = view_.evidence ? std::get_if<core::Current>(&view_.evidence->state) : nullptr;
    return current != nullptr ? current->catalog.get() : nullptr;
  }

  void read_backups() {
    if (view_.claim == nullptr) return;
    if (item_.is_protected) item_.identity = core::to_string(backup_identity(view_, policy_));
    if (catalog() != nullptr) item_.last_backup = newest_backup_end(view_, policy_, *catalog());
    if (item_.last_backup) read_ignored();
  }

  /// By what the backups that were found would not be restored, were the PVC created again.
  void read_ignored() {
    const core::StringMap& annotations = view_.claim->pvc.annotations;
    if (value_of(annotations, core::key::kSkipRestore) == "true") item_.ignored.emplace_back(core::key::kSkipRestore);
    if (item_.code == to_string(core::Code::Exempt)) item_.ignored.emplace_back(core::key::kBackupExempt);
    if (annotations.contains(core::key::kRestoreFrom)) item_.ignored.emplace_back(core::key::kRestoreFrom);
  }

  /// Somebody has said why the backups are not wanted.
  bool gives_reason() const { return item_.code == to_string(core::Code::Exempt) || skips_restore(*view_.claim); }

  /// What could as well be another PVC's is none of this one's.
  bool has_backups_of_its_own() const {
    return catalog() != nullptr && std::ranges::any_of(core::candidates(policy_, view_.pvc, view_.ownership),
                                                       [&](const core::Candidate& place) {
                                                         return !core::is_ambiguous(place, *catalog()) &&
                                                                catalog()->newest(place.identity);
                                                       });
  }

  /// What is let through at admission, and comes back empty.
  void read_ignored_for_no_reason() {
    item_.passes_by = item_.verdict == "pass" && item_.last_backup && has_backups_of_its_own();
    if (!item_.passes_by || gives_reason()) return;
    add_gap(to_string(core::Code::BackupsIgnored),
            fmt::format("were it created now, it would come back without its backups, the last of {}: {}; if that is "
                        "meant, say why: label `{}: \"true\"`, or annotation `{}: \"true\"`, each with its reason",
                        core::format_seconds(*item_.last_backup), item_.message, core::key::kBackupExempt,
                        core::key::kSkipRestore));
  }

  void read_cluster() {
    item_.phase = to_string(view_.claim->phase);
    if (plan_.restore.stage != Restore::Stage::None) {
      item_.restore = generator::to_string(plan_.restore.stage);
      item_.restore_token = plan_.restore.token;
      item_.verified_by = verified_by();
      item_.missing = plan_.restore.missing;
    }
    for (const Hold& hold : plan_.holds) item_.waits_for.push_back(fmt::format("{}: {}", hold.code, hold.message));
    for (const core::Observed* rival : view_.rivals) {
      const std::string movers = movers_of(*rival);
      item_.other_sources.push_back(
          cut(fmt::format("{} ({})", rival->meta.name, movers.empty() ? "no mover" : movers), kMaxReasonBytes));
    }
    if (!item_.is_protected) return;
    item_.secret = secret();
    item_.destination = destination();
    item_.source = source();
    item_.last_drill = core::parse_rfc3339(plan_.drill.last.verified);
    item_.drill = drill();
  }

  std::string drill() const {
    const DrillMark& last = plan_.drill.last;
    if (plan_.drill.running) return "running";
    if (last.token.empty()) return {};
    return last.problem.empty() ? "verified" : "failed: " + cut(last.problem, kMaxReasonBytes);
  }

  /// What was written down holds, also when the run has gone.
  std::string verified_by() const {
    std::string written = was_verified(view_) ? carried_mark(view_).by : std::string();
    return written.empty() ? std::string(generator::to_string(plan_.restore.verified_by)) : written;
  }

  bool is_held(Part part) const {
    return std::ranges::any_of(plan_.holds, [part](const Hold& hold) { return hold.part == part; });
  }

  bool is_foreign(Part part) const {
    return std::ranges::any_of(plan_.holds, [part](const Hold& h) {
      return h.part == part && std::ranges::find(kForeign, h.code) != std::end(kForeign);
    });
  }

  bool is_applied_now(Part part) const {
    return std::ranges::any_of(plan_.actions, [part](const Action& action) {
      const auto* apply = std::get_if<Apply>(&action);
      return apply != nullptr && apply->object.part == part;
    });
  }

  std::string secret() const {
    if (!view_.secret_copy.empty()) return view_.secret_copy;
    const core::Observed* secret = object_of(view_, Part::Secret);
    if (is_foreign(Part::Secret)) return "foreign";
    if (secret == nullptr) return is_applied_now(Part::Secret) || is_held(Part::Secret) ? "missing" : "external";
    if (secret->ready == "True") return "ready";
    return "not ready: " + (secret->ready.empty() ? "not said yet" : cut(one_line(secret->ready), kMaxReasonBytes));
  }

  std::string destination() const {
    const core::Observed* destination = object_of(view_, Part::Destination);
    if (is_foreign(Part::Destination)) return "foreign";
    if (destination == nullptr) return "missing";
    return destination->status.image ? "open" : "idle";
  }

  std::string source() const {
    const core::Observed* source = object_of(view_, Part::Source);
    if (is_foreign(Part::Source)) return "foreign";
    if (source == nullptr) return is_held(Part::Source) ? "held" : "missing";
    if (const auto by = stopped_by(*source); is_ours(source) && !by.empty()) return std::string(by);
    // VolSync goes on with a backup until it succeeds: what has failed is under way again.
    if (source->status.mover_result == "Failed") return "failed: the last backup's mover failed";
    if (is_synchronizing(*source)) return "synchronizing";
    return "scheduled";
  }

  /// Since when backups should be made, as far as that can be known; nullopt: they should not yet.
  std::optional<core::Time> backed_up_since() const {
    if (const core::Observed* source = object_of(view_, Part::Source)) return source->meta.created;
    const bool young =
        std::ranges::any_of(plan_.holds, [](const Hold& h) { return h.code == "TooYoung" || h.code == "NotBound"; });
    return young || view_.claim->phase != Phase::Bound ? std::nullopt : view_.claim->created;
  }

  /// It is known what the repository holds: what is not there was not made.
  void read_late_backups() {
    const auto since = backed_up_since();
    const core::Observed* source = object_of(view_, Part::Source);
    if (!since || catalog() == nullptr) return;
    const core::Time now = view_.evidence->checked_at;
    if (!item_.last_backup) {
      if (*since + kFirstBackup >= now) return;
      return add_gap("NoFirstBackup",
                     source == nullptr
                         ? "a day after it was made it has neither a ReplicationSource nor a complete backup"
                         : "a day after its ReplicationSource was made there is no complete backup");
    }
    // That somebody has stopped it on purpose is a gap of its own.
    if (source != nullptr && (!is_ours(source) || !stopped_by(*source).empty())) return;
    const std::string schedule = source == nullptr ? std::string() : schedule_of(*source);
    const auto allowed = schedule.empty() ? std::chrono::hours(kFirstBackup) : overdue_after(schedule);
    if (std::max(*since, *item_.last_backup) + allowed >= now) return;
    add_gap("BackupOverdue",
            fmt::format("the newest complete backup is of {}: {} it may be at most {} old",
                        core::format_seconds(*item_.last_backup),
                        schedule.empty() ? "without a ReplicationSource" : "by the schedule " + cut(schedule, 64),
                        core::format_duration(allowed)));
  }

  /// A restore is made into a volume of the same request, which the driver rounds up to the same size.
  bool requests_too_little() const {
    const core::Claim& claim = *view_.claim;
    if (claim.phase != Phase::Bound || !may_be_provisioned(claim, view_.drivers)) return false;
    const auto requested = core::parse_bytes(claim.requested);
    return requested && core::parse_bytes(claim.capacity).value_or(0) > *requested;
  }

  void read_gaps() {
    const Why why = plan_.protection.why;
    const bool not_as_asked = why == Why::ContractOff || why == Why::UnknownTier || why == Why::ExemptReasonMissing ||
                              why == Why::UnsupportedVolumeMode;
    read_refusal();
    read_ignored_for_no_reason();
    if (not_as_asked) add_gap(code_of(why), "");
    if (!not_as_asked && item_.is_protected && stored_) read_gaps_of_protected();
    item_.gap = !item_.gaps.empty();
  }

  /// Whoever builds the cluster anew would be stopped by it.
  void read_refusal() {
    if (item_.verdict != "refuse") return;
    const bool held = std::ranges::any_of(plan_.holds, [&](const Hold& hold) { return hold.code == item_.code; });
    std::string_view text = item_.message;
    const std::string prefix = fmt::format("holdfast: {}: ", item_.code);
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    add_gap(item_.code, held ? std::string() : fmt::format("were it created now, it would be refused: {}", text));
  }

  void read_gaps_of_protected() {
    for (const Hold& hold : plan_.holds) {
      if (hold.warning) add_gap(hold.code, "");
    }
    if (view_.claim->phase == Phase::Lost) add_gap("VolumeLost", "the PVC's volume is lost");
    if (plan_.restore.stage == Restore::Stage::Unverified) add_gap("RestoreNotVerified", plan_.restore.problem);
    read_gaps_of_objects();
    if (requests_too_little()) {
      add_gap("RequestTooSmall",
              fmt::format("it requests {}, and its volume has {}: a CSI driver that rounds up makes snapshots of that "
                          "size, and no PVC that requests less can be restored from one; raise "
                          "resources.requests.storage to at least {}, in its manifest too",
                          view_.claim->requested, view_.claim->capacity, view_.claim->capacity));
    }
    read_late_backups();
    read_newest_backup();
  }

  void read_gaps_of_objects() {
    struct Made {
      std::string_view what;
      const std::string& state;
    };
    for (const Made& made : {Made{"Secret", item_.secret}, Made{"ReplicationDestination", item_.destination},
                             Made{"ReplicationSource", item_.source}}) {
      if (made.state == "foreign") add_gap("ForeignObject", fmt::format("its {} is somebody else's", made.what));
      if (made.state == "missing") add_gap("ObjectMissing", fmt::format("it has no {}", made.what));
    }
    if (item_.source.starts_with("failed")) add_gap("BackupFailed", "the last backup's mover failed; its log says why");
    if (item_.secret.starts_with("not ready")) add_gap("SecretNotReady", item_.secret);
  }

  /// It is what a restore would bring. Earlier ones may be whole, and may be gone before long.
  void read_newest_backup() {
    if (catalog() == nullptr) return;
    const auto newest = newest_backup(view_, policy_, *catalog());
    if (!newest || newest->source != backup_identity(view_, policy_)) return;
    read_snapshot_errors(*newest);
    read_shrinking(*newest);
  }

  void read_shrinking(const NewestBackup& newest) {
    const core::Shrink& shrink = policy_.shrink;
    if (shrink.of(newest.snapshot.files) == core::Severity::Off) return;
    const auto before = catalog()->before_it_shrank(newest.source, shrink.keep_percent);
    if (!before) return;
    add_gap(
        core::to_string(core::Code::BackupShrunk),
        fmt::format("the newest backup, snapshot {} of {}, holds {} files, and snapshot {} of {} held {}: look into "
                    "the volume before the earlier backups are gone; it would be restored from that one with the "
                    "annotation `{}: \"{}\"`",
                    newest.snapshot.id, core::format_seconds(newest.snapshot.start), newest.snapshot.files, before->id,
                    core::format_seconds(before->start), before->files, core::key::kRestoreAsOf, before->start_time));
  }

  void read_snapshot_errors(const NewestBackup& newest) {
    if (newest.snapshot.failed <= 0) return;
    const auto failing = catalog()->failing(newest.source);
    add_gap("SnapshotHasErrors",
            fmt::format("{} entries could not be read for snapshot {} of {}, and are not in it; {} snapshots in a row "
                        "are so, since {}; the mover's log names the entries; let movers run as a user that may read "
                        "them (generator.backup.moverSecurityContext, {}), or privileged",
                        newest.snapshot.failed, newest.snapshot.id, core::format_seconds(newest.snapshot.start),
                        failing.snapshots, core::format_seconds(failing.since), key::kRunAs));
  }

  void add_gap(std::string_view reason, std::string_view message) {
    const bool known = std::ranges::any_of(item_.gaps, [reason](const Gap& gap) { return gap.reason == reason; });
    if (!known) item_.gaps.push_back({std::string(reason), cut(one_line(message), kMaxGapBytes)});
  }

  const View& view_;
  const Plan& plan_;
  const core::Policy& policy_;
  const bool stored_;  ///< in the cluster, as opposed to a file
  AuditItem item_;
};

}  // namespace

AuditItem audit_item(const View& view, const Plan& plan, const core::Verdict& verdict, const core::Policy& policy) {
  return ItemReader(view, plan, policy).item(verdict);
}

}  // namespace holdfast::generator
