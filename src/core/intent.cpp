#include "holdfast/core/intent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "holdfast/core/mover_identity.hpp"
#include "src/core/contract.hpp"
#include "src/core/unread_keys.hpp"

namespace holdfast::core {
namespace {

/// Something a person must mend.
struct Fault {
  Code code;
  std::string problem;
  std::string remedy;
};

Settled pass(Code code, std::string message, std::vector<std::string> warnings = {}) {
  Verdict verdict;
  verdict.outcome = Pass{};
  verdict.code = code;
  verdict.message = std::move(message);
  verdict.warnings = std::move(warnings);
  return {std::move(verdict)};
}

std::string display_name(const Pvc& pvc) {
  return pvc.name.empty() ? fmt::format("{}/{}*", pvc.ns, pvc.generate_name) : to_string(pvc.full_name());
}

/// One read of one object; collects warnings and faults on the way.
class Reader {
 public:
  Reader(const Question& question, const Policy& policy, Time now)
      : question_(question), pvc_(question.pvc), policy_(policy), now_(now) {}

  Intent read() {
    if (auto settled = opting_in()) return *std::move(settled);
    if (auto settled = volume()) return *std::move(settled);
    if (auto settled = source()) return *std::move(settled);
    if (auto settled = skip_restore()) return *std::move(settled);
    WantsRestore wanted = restore_wishes();
    if (!faults_.empty()) return refuse();
    if (pvc_.name.empty()) {
      return pass(Code::NameNotGenerated, "the name is not made yet; the validating webhook decides", warnings_);
    }
    return wanted;
  }

 private:
  // Rule 1.
  std::optional<Settled> opting_in() {
    if (!question_.creates_pvc) return pass(Code::NotCreate, "not the creation of a PersistentVolumeClaim");
    if (policy_.excluded_namespaces.contains(pvc_.ns)) {
      return pass(Code::NamespaceExcluded, fmt::format("namespace {} is excluded", pvc_.ns));
    }
    for (const std::string& sentence : unread_keys(pvc_, policy_)) warn(Code::UnknownAnnotation, sentence);
    if (exemption(pvc_, policy_) != Exemption::None || opts_in()) return std::nullopt;
    warn_of_contract_off();
    if (policy_.mode == Mode::Strict && namespace_is_managed() && !is_temporary()) {
      fault(Code::Unprotected, "the PVC has neither a backup label nor an exemption, and mode strict asks for one",
            fmt::format("add the label `backup: hourly` or `backup: daily`, or `{}: \"true\"` with the annotation `{}`",
                        key::kBackupExempt, exempt_reason_key()));
      return refuse();
    }
    Settled settled = pass(Code::NotOptedIn, "no label of ours", warnings_);
    return means_backups() ? ignoring_backups(std::move(settled)) : settled;
  }

  bool opts_in() {
    return counts(opts_in_simple(pvc_, policy_)) || counts(opts_in_plumber(pvc_, namespace_label_is_set(), policy_));
  }

  void warn_of_contract_off() {
    const auto off = label_of_contract_off(pvc_, policy_);
    if (!off) return;
    warn(Code::UnknownContract,
         fmt::format("label {} is of the contract {}, which the setting contracts does not name: it protects nothing",
                     off->label, off->contract));
  }

  /// A label asks for backups, in vain: its tier is unknown, its contract is off, or others are missing.
  bool means_backups() const {
    return pvc_.labels.contains(key::kBackup) || has_value(pvc_.labels, key::kPlumberEnabled, "true");
  }

  /// What is admitted although a backup of it may exist says so; see ignored_backups.hpp.
  Settled ignoring_backups(Settled settled) const {
    if (!pvc_.name.empty()) settled.ignored = candidates(policy_, pvc_.full_name());
    return settled;
  }

  std::string exempt_reason_key() const { return exempt_reason_keys(policy_).front(); }

  bool counts(const OptIn& opt_in) {
    if (opt_in.is == OptIn::Is::UnknownTier) {
      warn(Code::UnknownTier,
           fmt::format("label {}: {:?} protects nothing; allowed are hourly and daily", opt_in.label, opt_in.value));
    }
    return opt_in.is == OptIn::Is::Yes;
  }

  bool namespace_label_is_set() const { return !question_.namespace_labels || is_managed(*question_.namespace_labels); }

  bool namespace_is_managed() const { return policy_.simple_contract || namespace_label_is_set(); }

  /// PVCs that a controller makes for its own work and removes again: VolSync's and CDI's, and whatever another object
  /// controls. A StatefulSet's claims are the user's own.
  bool is_temporary() const {
    const auto controls = [](const OwnerReference& o) { return o.controller && o.kind != "StatefulSet"; };
    return std::any_of(pvc_.owners.begin(), pvc_.owners.end(), controls) || pvc_.name.starts_with("vs-prime-") ||
           has_value(pvc_.labels, "app.kubernetes.io/created-by", "volsync") ||
           has_value(pvc_.labels, "app", "containerized-data-importer");
  }

  // Rule 2.
  std::optional<Settled> volume() {
    const Exemption exempt = exemption(pvc_, policy_);
    if (exempt == Exemption::WithReason) {
      return ignoring_backups(pass(Code::Exempt, "exempt from backup", warnings_));
    }
    if (exempt == Exemption::ReasonMissing) {
      fault(Code::ExemptReasonMissing, fmt::format("label {} is set without a reason", key::kBackupExempt),
            fmt::format("say why in the annotation `{}`, or remove the label", exempt_reason_key()));
      return refuse();
    }
    if (pvc_.volume_mode == "Block") {
      fault(Code::UnsupportedVolumeMode, "spec.volumeMode: Block cannot be backed up or restored",
            fmt::format("use volumeMode Filesystem, or exempt it with the label `{}: \"true\"` and the annotation `{}`",
                        key::kBackupExempt, exempt_reason_key()));
      return std::nullopt;
    }
    // Kubernetes reads the class from this annotation first, where it is still in use.
    const std::string* old_class = lookup(pvc_.annotations, "volume.beta.kubernetes.io/storage-class");
    const bool no_class = old_class != nullptr ? old_class->empty() : pvc_.storage_class && pvc_.storage_class->empty();
    if (pvc_.volume_name.empty() && !pvc_.has_selector && !no_class) return std::nullopt;
    warn(Code::StaticVolume,
         "the volume is bound by hand (volumeName, selector or an empty storageClassName): it is "
         "backed up, and never restored at creation");
    return ignoring_backups(pass(Code::StaticVolume, "bound by hand", warnings_));
  }

  // Rule 3.
  std::optional<Settled> source() {
    const auto& reference = pvc_.data_source_ref;
    const bool own = refers_to_own_destination(pvc_, policy_);
    const bool referred = reference && !reference->empty();
    if (referred && !reference->ns.empty() && !policy_.cross_namespace_sources) {
      fault(
          Code::DataSourceIgnored,
          "spec.dataSourceRef.namespace is set, and the API server drops such a reference without a word, unless its "
          "feature gate CrossNamespaceVolumeDataSource is on",
          "remove spec.dataSourceRef to let holdfast restore, or where the gate is on set crossNamespaceSources: true");
    } else if (referred && !own) {
      return source_already_set(*reference);
    }
    const auto& source = pvc_.data_source;
    if (!source || source->empty() || (own && is_same_object(*source, *reference))) return std::nullopt;
    const bool kept = (source->kind == "PersistentVolumeClaim" && source->api_group.empty()) ||
                      (source->kind == "VolumeSnapshot" && source->api_group == "snapshot.storage.k8s.io");
    if (kept) return source_already_set(*source);
    fault(Code::DataSourceIgnored,
          fmt::format(
              "spec.dataSource of kind {:?} in group {:?} is dropped by the API server without a word: the volume "
              "would be empty",
              source->kind, source->api_group),
          "use spec.dataSourceRef, or remove spec.dataSource to let holdfast restore");
    return std::nullopt;
  }

  std::optional<Settled> source_already_set(const ObjectReference& reference) {
    if (!faults_.empty()) return refuse();
    return ignoring_backups(pass(Code::SourceAlreadySet,
                                 fmt::format("the PVC is filled from {} {}", reference.kind, reference.name),
                                 warnings_));
  }

  static bool is_same_object(const ObjectReference& a, const ObjectReference& b) {
    return a.api_group == b.api_group && a.kind == b.kind && a.name == b.name;
  }

  // Rule 4.
  std::optional<Settled> skip_restore() {
    if (!has_value(pvc_.annotations, key::kSkipRestore, "true")) return std::nullopt;
    if (is_blank(lookup(pvc_.annotations, key::kSkipRestoreReason))) {
      fault(Code::SkipRestoreReasonMissing, fmt::format("annotation {} is set without a reason", key::kSkipRestore),
            fmt::format("say why in the annotation `{}`, or remove it", key::kSkipRestoreReason));
      return std::nullopt;
    }
    if (!faults_.empty()) return refuse();
    std::string text =
        fmt::format("the volume starts empty whatever backups exist, because {} says so", key::kSkipRestore);
    if (refers_to_own_destination(pvc_, policy_)) {
      text += "; spec.dataSourceRef still refers to a ReplicationDestination and would keep it Pending: remove it";
    }
    warn(Code::SkipRestore, text);
    return ignoring_backups(pass(Code::SkipRestore, "restore skipped on request", warnings_));
  }

  WantsRestore restore_wishes() {
    WantsRestore wanted;
    wanted.pvc = pvc_.full_name();
    wanted.destination = destination_name(policy_.naming, pvc_.name);
    wanted.reference_present = refers_to_own_destination(pvc_, policy_);
    wanted.requested_bytes = pvc_.requested_bytes;
    if (const std::string* accepted = lookup(pvc_.annotations, key::kAcceptVanished))
      wanted.accept_vanished = *accepted;
    wanted.owner = pvc_.full_name();
    read_as_of(wanted);
    read_restore_from(wanted);
    if (!read_restore_identity(wanted) && faults_.empty()) wanted.candidates = candidates(policy_, wanted.owner);
    wanted.warnings = warnings_;
    return wanted;
  }

  void read_as_of(WantsRestore& wanted) {
    const std::string* text = lookup(pvc_.annotations, key::kRestoreAsOf);
    if (text == nullptr) return;
    wanted.as_of = parse_rfc3339(*text);
    wanted.as_of_text = *text;
    if (wanted.as_of) return;
    fault(Code::RestoreAsOfInvalid, fmt::format("annotation {}: {:?} is not a time", key::kRestoreAsOf, *text),
          "write it as RFC 3339, such as 2026-01-31T12:00:00Z, or remove it");
  }

  void read_restore_from(WantsRestore& wanted) {
    const std::string* text = lookup(pvc_.annotations, key::kRestoreFrom);
    if (text == nullptr) return;
    const auto from = parse_pvc_name(*text);
    const auto listed = [&](const RestorePair& pair) { return pair.from == from && pair.to == pvc_.full_name(); };
    if (from && std::any_of(policy_.restore_from.begin(), policy_.restore_from.end(), listed)) {
      wanted.from_another = true;
      wanted.owner = *from;
      return;
    }
    fault(Code::RestoreFromNotAllowed,
          from ? fmt::format("annotation {}: restoring {} into {} is not allowed", key::kRestoreFrom, *text,
                             display_name(pvc_))
               : fmt::format("annotation {}: {:?} is not <namespace>/<pvc>", key::kRestoreFrom, *text),
          fmt::format("add the pair to the setting restoreFrom ({{from: {}, to: {}}}), or remove the annotation",
                      from ? *text : "<namespace>/<pvc>", display_name(pvc_)));
  }

  bool read_restore_identity(WantsRestore& wanted) {
    const std::string* text = lookup(pvc_.annotations, key::kRestoreIdentity);
    if (text == nullptr) return false;
    const auto identity = parse_identity(*text);
    if (!identity || pvc_.annotations.contains(key::kRestoreFrom)) {
      fault(Code::RestoreIdentityInvalid,
            identity ? fmt::format("annotations {} and {} exclude each other", key::kRestoreIdentity, key::kRestoreFrom)
                     : fmt::format("annotation {}: {:?} is not a kopia source", key::kRestoreIdentity, *text),
            "write it as user@host:/path, as `kopia snapshot list --all` shows it, and alone");
      return false;
    }
    if (const std::string problem = mover_problem(*identity); !problem.empty()) {
      fault(Code::RestoreIdentityInvalid, fmt::format("annotation {}: {}", key::kRestoreIdentity, problem),
            "name another source, or restore that one by hand");
      return false;
    }
    if (!may_be_restored(*identity)) {
      fault(Code::RestoreIdentityNotAllowed,
            fmt::format("annotation {}: {} is not a source of namespace {}", key::kRestoreIdentity, *text, pvc_.ns),
            "name one of this namespace; or allow the PVC that it belongs to in the setting restoreFrom, or any source "
            "with restoreIdentities: any");
      return false;
    }
    wanted.identity_given = true;
    wanted.candidates = {{*identity}};
    return true;
  }

  /// Of its own namespace, of a PVC that it may be restored from, or where a template that somebody chose puts it.
  bool may_be_restored(const Identity& identity) const {
    if (policy_.any_restore_identity || identity.host == pvc_.ns) return true;
    const auto chosen = [&](const IdentityTemplate& t) { return t.expand(pvc_.full_name()) == identity; };
    if (std::ranges::any_of(policy_.identities, chosen)) return true;
    return std::ranges::any_of(policy_.restore_from, [&](const RestorePair& pair) {
      return pair.to == pvc_.full_name() && contains(candidates(policy_, pair.from), identity);
    });
  }

  void warn(Code code, std::string_view text) { warnings_.push_back(fmt::format("{}: {}", to_string(code), text)); }

  void fault(Code code, std::string problem, std::string remedy) {
    faults_.push_back({code, std::move(problem), std::move(remedy)});
  }

  Settled refuse() const {
    std::string problem, remedy;
    for (const Fault& f : faults_) {
      problem += (problem.empty() ? "" : "; and ") + f.problem;
      remedy += (remedy.empty() ? "" : "; ") + f.remedy;
    }
    Verdict verdict;
    verdict.outcome = Refuse{};
    verdict.code = faults_.front().code;
    verdict.message = denial_message(verdict.code, problem, "PVC " + display_name(pvc_), now_, remedy);
    verdict.warnings = warnings_;
    return {std::move(verdict)};
  }

  const Question& question_;
  const Pvc& pvc_;
  const Policy& policy_;
  const Time now_;
  std::vector<std::string> warnings_;
  std::vector<Fault> faults_;
};

/// What tells two intents for one PVC apart: the code where nothing more is to be found out, and what is said.
std::pair<std::optional<Code>, std::vector<std::string>> gist(const Intent& intent) {
  if (const auto* settled = std::get_if<Settled>(&intent)) return {settled->verdict.code, settled->verdict.warnings};
  return {std::nullopt, std::get<WantsRestore>(intent).warnings};
}

}  // namespace

std::vector<Candidate> looked_at(const WantsRestore& wanted, const Policy& policy, const Ownership& ownership) {
  const bool settings_say_all = wanted.identity_given || ownership.empty();
  return settings_say_all ? wanted.candidates : candidates(policy, wanted.owner, ownership);
}

Intent read_intent(const Question& question, const Policy& policy, Time now) {
  return Reader(question, policy, now).read();
}

bool depends_on_namespace(const Question& question, const Policy& policy, Time now) {
  const bool may =
      policy.plumber_contract && (policy.mode == Mode::Strict || question.pvc.labels.contains(key::kPlumberEnabled));
  if (question.namespace_labels || !may) return false;
  const auto read_with = [&](StringMap labels) {
    Question known = question;
    known.namespace_labels = std::move(labels);
    return gist(read_intent(known, policy, now));
  };
  return read_with({{std::string(key::kPlumberNamespace), "true"}}) != read_with({});
}

bool refers_to_own_destination(const Pvc& pvc, const Policy& policy) {
  const auto& reference = pvc.data_source_ref;
  return reference && reference->api_group == kVolSyncGroup && reference->kind == kDestinationKind &&
         !pvc.name.empty() && reference->name == destination_name(policy.naming, pvc.name) &&
         (reference->ns.empty() || reference->ns == pvc.ns);
}

}  // namespace holdfast::core
