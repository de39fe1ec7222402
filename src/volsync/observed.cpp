#include "holdfast/volsync/observed.hpp"

#include "holdfast/core/candidates.hpp"

#include <algorithm>
#include <tuple>

#include "holdfast/core/mover_identity.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/adoption.hpp"
#include "holdfast/volsync/text.hpp"

namespace holdfast::volsync {
namespace {

/// VolSync's, as a ReplicationSource's spec calls them.
constexpr const char* kMovers[] = {"kopia", "restic", "rclone", "rsync", "rsyncTLS", "syncthing", "external"};

/// Before the time at which a backup was asked for: what we write into a trigger.
constexpr std::string_view kRequestToken = "holdfast-backup-";

// By these Argo CD and Flux know what is theirs. Source: Argo CD's docs/user-guide/resource_tracking.md, Flux's
// kustomize-controller and helm-controller.
constexpr std::string_view kArgoTracking = "argocd.argoproj.io/tracking-id";  // an annotation
constexpr std::string_view kArgoLabel = "argocd.argoproj.io/instance";
constexpr std::string_view kFluxLabels[] = {"kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"};

/// A spec that is larger could not be written down, with labels and owners, to be given back.
constexpr std::size_t kMaxAdoptedBytes = kMaxRecordBytes - 16 * 1024;

/// Of whatever an application or a chart is made of; Argo CD goes by it unless it is told otherwise.
constexpr std::string_view kInstance = "app.kubernetes.io/instance";

bool is_anothers_token(std::string_view token) { return !token.empty() && !token.starts_with(kRequestToken); }

bool is_offered(std::string_view manager, Adopts adopts) {
  return adopts == Adopts::Predecessors ? is_adoptable_from(manager) : adopts == Adopts::Everything;
}

/// The spec as a tree; null where it cannot be read, which then says nothing.
Json::Value spec_of(const core::Observed& object) { return json::read_tree(object.spec).value_or(Json::Value()); }

/// What a ReplicationSource or ReplicationDestination itself says; empty where it says nothing.
core::Identity named_in(const Json::Value& spec) {
  return {json::text_at(spec, {"kopia", "username"}), json::text_at(spec, {"kopia", "hostname"}),
          json::text_at(spec, {"kopia", "sourcePathOverride"})};
}

}  // namespace

Standing standing(const core::Observed* object, Adopts adopts) {
  if (object == nullptr) return Standing::Missing;
  const std::string manager = manager_of(*object);
  if (manager == kManager) return Standing::Ours;
  return is_offered(manager, adopts) && kept_by(*object).empty() ? Standing::Adoptable : Standing::Foreign;
}

bool is_ours(const core::Observed* object) { return object != nullptr && manager_of(*object) == kManager; }

bool may_be_adopted(const core::Observed& object, Adopts adopts) {
  return !is_ours(&object) && (is_offered(manager_of(object), adopts) || is_adoption_requested(object));
}

std::string manager_of(const core::Observed& object) {
  return std::string(value_of(object.meta.labels, key::kManagedBy));
}

bool is_adoption_requested(const core::Observed& object) {
  return core::parse_rfc3339(value_of(object.meta.annotations, key::kAdoptRequested)).has_value();
}

bool is_adoptable_from(std::string_view manager) { return manager == "kyverno" || manager == "pvc-plumber"; }

std::string_view kept_by(const core::Observed& object) {
  const auto& [labels, annotations] = std::tie(object.meta.labels, object.meta.annotations);
  if (annotations.contains(kArgoTracking) || labels.contains(kArgoLabel)) return "Argo CD";
  if (std::ranges::any_of(kFluxLabels, [&](std::string_view label) { return labels.contains(label); })) return "Flux";
  const std::string manager = manager_of(object);
  if (manager == "Helm") return "Helm";
  return labels.contains(kInstance) && !is_adoptable_from(manager) ? "Argo CD or Helm" : "";
}

bool is_owned_by(const core::Observed& object, std::string_view claim_uid) {
  const auto names_it = [&](const core::Meta::Owner& owner) {
    return owner.kind == "PersistentVolumeClaim" && owner.uid == claim_uid;
  };
  return std::ranges::any_of(object.meta.owners, names_it);
}

core::PvcName made_for(const core::Observed& object) {
  const core::Meta& meta = object.meta;
  // What the garbage collector goes by comes first: an annotation that somebody edits must not make an orphan of an
  // object whose PVC lives, which would be deleted in the middle of a backup.
  for (const auto& owner : meta.owners) {
    if (owner.kind == "PersistentVolumeClaim") return {meta.ns, owner.name};
  }
  if (const std::string* name = core::lookup(meta.annotations, key::kPvc)) return {meta.ns, *name};
  if (const std::string* name = core::lookup(meta.labels, key::kPvcLabel)) return {meta.ns, *name};
  return {meta.ns, ""};
}

bool is_owned_by_another(const core::Observed& object, std::string_view pvc) {
  bool by_any = false, by_this = false;
  for (const core::Meta::Owner& owner : object.meta.owners) {
    if (owner.kind != "PersistentVolumeClaim") continue;
    by_any = true;
    by_this = by_this || owner.name == pvc;
  }
  return by_any && !by_this;
}

bool is_synchronizing(const core::Observed& source) {
  return source.status.synchronizing || source.status.sync_started.has_value();
}

std::string manual_token(const core::Observed& object) { return json::text_at(spec_of(object), {"trigger", "manual"}); }

std::optional<core::Identity> identity_in(const core::Observed& object) {
  const Json::Value spec = spec_of(object);
  const Json::Value& restored = json::at(spec, {"kopia", "sourceIdentity"});
  core::Identity identity = named_in(spec);
  if (identity.user.empty()) identity.user = json::text_at(restored, {"sourceName"});
  if (identity.host.empty()) identity.host = json::text_at(restored, {"sourceNamespace"});
  if (identity.path.empty()) identity.path = json::text_at(restored, {"sourcePathOverride"});
  if (identity.path.empty()) identity.path = core::kDataPath;
  if (identity.user.empty() || identity.host.empty()) return std::nullopt;
  return identity;
}

std::optional<core::Identity> working_identity(const core::Observed& object) {
  if (auto named = identity_in(object)) return named;
  const Json::Value spec = spec_of(object);
  if (!json::at(spec, {"sourcePVC"}).isString() || !json::at(spec, {"kopia"}).isObject()) return std::nullopt;
  core::Identity identity = named_in(spec);
  if (identity.user.empty()) identity.user = core::fork_user_name(object.meta.name);
  if (identity.host.empty()) identity.host = object.meta.ns;
  if (identity.path.empty()) identity.path = core::kDataPath;
  return identity;
}

bool has_other_mover(const core::Observed& object) {
  const std::string movers = movers_of(object);
  return !movers.empty() && movers != "kopia";
}

std::string repository_of(const core::Observed& object) {
  return json::text_at(spec_of(object), {"kopia", "repository"});
}

std::string restores_into(const core::Observed& object) {
  return json::text_at(spec_of(object), {"kopia", "destinationPVC"});
}

bool has_kopia_mover(const core::Observed& object) { return json::at(spec_of(object), {"kopia"}).isObject(); }

std::string source_claim(const core::Observed& source) { return json::text_at(spec_of(source), {"sourcePVC"}); }

std::string movers_of(const core::Observed& source) {
  const Json::Value spec = spec_of(source);
  std::string named;
  for (const char* mover : kMovers) {
    if (json::at(spec, {mover}).isObject()) named += (named.empty() ? "" : ", ") + std::string(mover);
  }
  return named;
}

std::string gist_of_source(const core::Observed& source) {
  const Json::Value spec = spec_of(source);
  Json::Value gist(Json::objectValue);
  if (json::at(spec, {"sourcePVC"}).isString()) gist["sourcePVC"] = spec["sourcePVC"];
  for (const char* mover : kMovers) {
    if (json::at(spec, {mover}).isObject()) gist[mover] = Json::objectValue;
  }
  for (const char* name : {"username", "hostname", "sourcePathOverride"}) {
    if (const auto& value = json::at(spec, {"kopia", name}); value.isString()) gist["kopia"][name] = value;
  }
  return gist.empty() ? std::string() : json::write_tree(gist);
}

BackupRequest requested_backup(const core::Observed& source) {
  const std::string made(value_of(source.meta.annotations, key::kBackupMade));
  const std::string_view wanted = value_of(source.meta.annotations, key::kBackupRequested);
  if (wanted.empty() || wanted == made || !core::parse_rfc3339(wanted)) return {{}, made};
  std::string token = std::string(kRequestToken).append(wanted);
  if (source.status.last_manual_sync == token) return {{}, std::string(wanted)};
  if (is_triggered_by_hand(source)) return {{}, made};
  return {std::move(token), made};
}

bool is_triggered_by_hand(const core::Observed& source) { return is_anothers_token(manual_token(source)); }

DrillMark drill_mark(const core::Observed& destination) {
  const auto said = [&](std::string_view key) { return std::string(value_of(destination.meta.annotations, key)); };
  return {said(key::kDrill), said(key::kDrillEnded), said(key::kDrillProblem), said(key::kDrillVerified),
          said(key::kDrillMade)};
}

std::string requested_drill(const core::Observed& source) {
  const std::string_view wanted = value_of(source.meta.annotations, key::kDrillRequested);
  return core::parse_rfc3339(wanted) ? std::string(wanted) : std::string();
}

std::string_view stopped_by(const core::Observed& source) {
  const Json::Value spec = spec_of(source);
  const Json::Value& paused = json::at(spec, {"paused"});
  if (paused.isBool() && paused.asBool()) return "paused";
  return is_anothers_token(json::text_at(spec, {"trigger", "manual"})) ? "manual" : "";
}

std::string schedule_of(const core::Observed& source) {
  return json::text_at(spec_of(source), {"trigger", "schedule"});
}

bool asks_for_cache(const core::Observed& destination) {
  return !json::at(spec_of(destination), {"kopia", "cacheCapacity"}).isNull();
}

std::optional<std::int64_t> mover_user(const core::Observed& object) {
  const Json::Value spec = spec_of(object);
  const Json::Value& user = json::at(spec, {"kopia", "moverSecurityContext", "runAsUser"});
  return user.isInt64() ? std::optional<std::int64_t>(user.asInt64()) : std::nullopt;
}

bool has_foreign_identity(const core::Observed& object, const core::PvcName& pvc, const core::Policy& policy) {
  const auto identity = working_identity(object);
  return identity && !core::contains(core::candidates(policy, pvc), *identity);
}

Standing standing(const core::Observed* object, Adopts adopts, const core::PvcName& pvc, const core::Policy& policy) {
  const Standing whose = standing(object, adopts);
  if (whose != Standing::Adoptable) return whose;
  const std::string backs_up = source_claim(*object);
  const bool elsewhere = has_foreign_identity(*object, pvc, policy) || has_other_mover(*object) ||
                         (!backs_up.empty() && backs_up != pvc.name) || is_owned_by_another(*object, pvc.name) ||
                         !restores_into(*object).empty() || object->spec.size() > kMaxAdoptedBytes;
  return elsewhere ? Standing::Foreign : whose;
}

}  // namespace holdfast::volsync
