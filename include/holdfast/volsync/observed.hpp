// What a plan reads off an object that stands in the cluster: whose it is, and what its spec says.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/identity.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/volsync/objects.hpp"

namespace holdfast::volsync {

/// Whose an object under one of our names is. Only Ours is ever changed or deleted; Adoptable may be taken over.
enum class Standing { Missing, Ours, Adoptable, Foreign };
Standing standing(const core::Observed* object, Adopts adopts);

/// It carries our label.
bool is_ours(const core::Observed* object);

/// Not ours, but it may come to be taken over: whoever decides that needs all of it.
bool may_be_adopted(const core::Observed& object, Adopts adopts);

/// Who says to have written it; empty: nobody does.
std::string manager_of(const core::Observed& object);

/// Its objects may be taken over without being asked for.
bool is_adoptable_from(std::string_view manager);

/// Somebody wants this object taken over, whatever the settings say.
bool is_adoption_requested(const core::Observed& object);

/// Who would write it anew if it were another's: "Argo CD", "Flux" or "Helm"; empty: nobody that says so.
std::string_view kept_by(const core::Observed& object);

/// Whether an ownerReference names the PVC with this uid: an earlier PVC of the same name has another one.
bool is_owned_by(const core::Observed& object, std::string_view claim_uid);

/// A mover works on it now, or is about to.
bool is_synchronizing(const core::Observed& source);

/// `spec.trigger.manual`; empty: none.
std::string manual_token(const core::Observed& object);

/// The kopia source that a ReplicationSource or ReplicationDestination names; nullopt: it leaves that to VolSync.
std::optional<core::Identity> identity_in(const core::Observed& object);

/// The one that it works under: a ReplicationSource that leaves it to VolSync has its object name and namespace.
/// nullopt: it is a ReplicationDestination that leaves it to VolSync, or no kopia mover.
std::optional<core::Identity> working_identity(const core::Observed& object);

/// Its kopia source is none of the PVC's own places.
bool has_foreign_identity(const core::Observed& object, const core::PvcName& pvc, const core::Policy& policy);

/// Whose an object under one of the PVC's names is, for those who would write it.
Standing standing(const core::Observed* object, Adopts adopts, const core::PvcName& pvc, const core::Policy& policy);

/// It names another mover than kopia.
bool has_other_mover(const core::Observed& object);

/// The Secret that its kopia mover reads; empty: it names none.
std::string repository_of(const core::Observed& object);

/// The PVC that a ReplicationDestination restores into by itself, whatever else stands in that; empty: none.
std::string restores_into(const core::Observed& object);

/// Its mover is kopia.
bool has_kopia_mover(const core::Observed& object);

/// The PVC that a ReplicationSource backs up; empty: it names none.
std::string source_claim(const core::Observed& source);

/// The movers that a ReplicationSource names, such as "kopia" or "restic"; empty: none that we know.
std::string movers_of(const core::Observed& source);

/// What somebody else's ReplicationSource says of whose backups it makes, and where: all of its spec that is asked
/// about.
std::string gist_of_source(const core::Observed& source);

/// What is asked of a ReplicationSource of ours beside its schedule. Where somebody else's token stands in its trigger,
/// nothing is added. A request that is no time counts as none.
BackupRequest requested_backup(const core::Observed& source);

/// Its trigger has a token that is none of ours.
bool is_triggered_by_hand(const core::Observed& source);

/// What our destination says of its PVC's drills.
DrillMark drill_mark(const core::Observed& destination);

/// The drill that is asked for on a ReplicationSource of ours, as the annotation has it; empty: none, or it is no time.
std::string requested_drill(const core::Observed& source);

/// Why a ReplicationSource does not follow its schedule: "paused" by spec.paused, "manual" by a spec.trigger.manual
/// that is none of ours; empty: it does.
std::string_view stopped_by(const core::Observed& source);

/// `spec.trigger.schedule`; empty: none.
std::string schedule_of(const core::Observed& source);

/// A ReplicationDestination that is to have a cache of its own.
bool asks_for_cache(const core::Observed& destination);

/// The user that its movers are told to run as; nullopt: the one of their image.
std::optional<std::int64_t> mover_user(const core::Observed& object);

/// The PVC that an object of ours was made for: by its owner, its annotation, or its label; empty name: it does not
/// say.
core::PvcName made_for(const core::Observed& object);

/// Its ownerReferences name PVCs, and this one is none of them.
bool is_owned_by_another(const core::Observed& object, std::string_view pvc);

}  // namespace holdfast::volsync
