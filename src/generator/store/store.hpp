// What the cluster holds, as the watches have told: claims, namespaces and the objects around them. It answers with
// everything that one PVC's plan depends on, and says which PVCs an object's change concerns.
// One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/generator/plan.hpp"
#include "holdfast/kube/reflector.hpp"
#include "holdfast/volsync/seen.hpp"
#include "src/generator/store/packed.hpp"

namespace holdfast::generator {

/// Those that belong to one PVC.
inline constexpr Part kPvcParts[] = {Part::Secret,        Part::Destination,   Part::RestoreRun, Part::Source,
                                     Part::OffsiteSecret, Part::OffsiteSource, Part::Drill};

/// A view with the objects that it points to. They stay where they are when it is moved; it cannot be copied.
struct StoredView {
  View view;
  std::unique_ptr<const core::Claim> claim;
  std::unique_ptr<const core::Claim> run_volume;
  std::vector<std::unique_ptr<const core::Observed>> objects;
};

class Store {
 public:
  /// `changed` is told of each PVC whose plan may be another one now, in the middle of the change: it must not ask the
  /// store anything. `templates`: of identities, besides the namings'.
  Store(core::Naming naming, Adopts adopts, std::function<void(const core::PvcName&)> changed,
        std::vector<core::IdentityTemplate> templates = {});

  // The three verbs, for each kind of thing. A reset takes away what was not applied again between begin and end.
  void apply_claim(core::Claim claim);
  void remove_claim(const core::PvcName& name);
  void apply_namespace(core::Meta ns);
  void remove_namespace(const std::string& name);
  void apply_object(Family family, core::Observed object);
  /// `version`: of its removal, as the watch tells it.
  void remove_object(Family family, const std::string& ns, const std::string& name, const std::string& version = {});

  void begin_claims_reset();
  void end_claims_reset();
  void begin_namespaces_reset();
  void end_namespaces_reset();
  void begin_objects_reset(Family family);
  void end_objects_reset(Family family);

  // Something that came could not be understood: until the next reset not everything is known.
  void spoil_claims() { see(claims_sight_, false, claims_sight_.watching); }
  void spoil_objects(Family family) {
    if (family == Family::Sources) see(sources_sight_, false, sources_sight_.watching);
  }

  // Answers to writes of our own. They come on another way than what the watch tells, sometimes after it.
  /// How many resets have begun: to be asked when the write begins.
  std::size_t resets(Family family) const { return table(family).resets; }
  /// Shown at once, unless the watch or a list that came meanwhile knows of later things, such as its removal.
  void answer_object(Family family, core::Observed object, std::size_t resets);
  /// The object of this uid was deleted; one that has followed stays.
  void forget_object(Family family, const std::string& ns, const std::string& name, const std::string& uid);

  /// Something around this object has changed that does not stand in it, such as a Job of its mover.
  void touch_object(Family family, const std::string& ns, const std::string& name) const;

  void set_claims_state(const kube::WatchState& state);
  void set_namespaces_state(const kube::WatchState& state);
  void set_state(Family family, const kube::WatchState& state);

  /// `changed`: whose backups are whose, or whether that is known, may be another thing now.
  void on_owners(std::function<void()> changed) { owners_changed_ = std::move(changed); }
  /// Brings it up to date, spelled for `templates`.
  void update(WatchedOwners& owners, const std::vector<core::IdentityTemplate>& templates);
  /// All ReplicationSources that have synchronised.
  std::vector<Synced> synced() const;

  /// Everything but the evidence. The pointer to the namespace's labels is good until the next call that is not const.
  StoredView view(const core::PvcName& pvc) const;

  /// PVCs that exist, and those that only have objects of ours left.
  std::vector<core::PvcName> all() const;
  /// Those that exist; of one namespace unless `ns` is empty.
  std::vector<core::PvcName> claims(const std::string& ns) const;
  /// Of all PVCs that there are; nullopt: what is not seen may be there all the same.
  std::optional<std::set<std::string>> claim_uids() const;
  /// As it stands now; nullptr: there is none.
  std::unique_ptr<const core::Claim> claim(const core::PvcName& name) const;

 private:
  core::Ownership ownership(const core::PvcName& pvc) const;
  using Name = std::pair<std::string, std::string>;  ///< namespace, name
  struct Table {
    std::set<PackedObject, ByPlace> objects;
    std::set<Name> unseen;  ///< of a reset under way: what was not applied again
    Known known = Known::NotYet;
    std::uint64_t told = 0;  ///< the version up to which the watch has told everything
    std::size_t resets = 0;
  };

  /// How far what is not seen may be taken for what is not there.
  struct Sight {
    bool listed = false;    ///< to the end, with nothing that could not be read
    bool watching = false;  ///< since then
    bool is_current() const;
  };

  bool watches_current() const;
  void owners_changed(const std::string& ns);
  void hear(const Name& source, std::optional<core::Said> said);
  void tell_of(const core::Identity& identity) const;
  core::OwnerTable owners_in(const std::string& ns) const;
  void set_sight(Sight& sight, const kube::WatchState& state);
  void see(Sight& sight, bool listed, bool watching);
  Table& table(Family family) { return tables_[static_cast<std::size_t>(family)]; }
  const Table& table(Family family) const { return tables_[static_cast<std::size_t>(family)]; }
  std::vector<core::PvcName> concerned(Family family, const core::Observed& object) const;
  void tell(const std::vector<core::PvcName>& pvcs) const;
  void put(Family family, core::Observed object);
  bool is_within_reach(const core::Observed& object) const;
  bool is_stray(Family family, const core::Observed& object) const;
  bool is_drill(Family family, const core::Observed& object) const;
  void link(Family family, const core::Observed& object);
  void unlink(Family family, const core::Observed& object);

  const core::Naming naming_;
  const Adopts adopts_;
  const std::function<void(const core::PvcName&)> changed_;
  std::vector<core::IdentityTemplate> templates_;  ///< the namings' too
  std::set<PackedClaim, ByPlace> claims_;
  std::set<core::PvcName> claims_unseen_;
  bool claims_known_ = false;
  Sight claims_sight_;
  Sight namespaces_sight_;
  Sight sources_sight_;
  std::map<std::string, core::Meta> namespaces_;
  std::set<std::string> namespaces_unseen_;
  Table tables_[std::size(kFamilies)];
  /// Our objects, by the PVC that they say they are for, whose names are others than that PVC's plan gives: those that
  /// have their right names are found by them.
  std::map<core::PvcName, std::set<std::pair<Family, std::string>>> strays_;
  std::set<Name> drills_;  ///< that there are
  /// The names of somebody else's ReplicationSources, by the PVC that they back up.
  std::map<core::PvcName, std::set<std::string>> rivals_;
  std::function<void()> owners_changed_;
  std::set<std::string> owners_stale_;  ///< namespaces where they may be others
  std::map<Name, core::Said> said_;     ///< by ReplicationSources that say something
};

}  // namespace holdfast::generator
