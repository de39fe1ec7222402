#include "src/generator/store/store.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <tuple>
#include <utility>

#include "holdfast/core/candidates.hpp"
#include "holdfast/volsync/adoption.hpp"
#include "holdfast/volsync/cluster_facts.hpp"
#include "holdfast/volsync/observed.hpp"

namespace holdfast::generator {
namespace {

/// The whole object once more, as kubectl sent it.
constexpr const char* kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/// Of everything that is held: namespace and name, as a Name has them.
template <class Name, class Value>
std::set<Name> names_of(const std::set<Packed<Value>, ByPlace>& held) {
  std::set<Name> names;
  for (const auto& packed : held) {
    const auto [ns, name] = packed.place();
    names.insert(names.end(), Name{std::string(ns), std::string(name)});
  }
  return names;
}

/// Of thousands of objects nothing is kept that no plan asks about.
void slim(core::Observed& object, Family family, bool within_reach) {
  const bool restores = within_reach && family == Family::Destinations;
  if (!restores) object.status.mover_logs.clear();
  object.meta.annotations.erase(std::string(key::kAdoptedFrom));  // kilobytes, for whoever gives it back
  if (within_reach) return;
  // That it is there, and whose it is, is all that matters; of a ReplicationSource also whose backups it makes.
  object.spec = family == Family::Sources ? gist_of_source(object) : std::string();
  object.meta.annotations.clear();
}

/// What the status tells of the last end is the same: how VolSync goes on to tidy up does not matter.
bool tells_same_end(const core::SyncStatus& a, const core::SyncStatus& b) {
  const auto end = [](const core::SyncStatus& status) {
    return std::tie(status.last_manual_sync, status.last_sync, status.mover_result, status.mover_logs, status.image);
  };
  return end(a) == end(b);
}

/// Of a resource version; 0: it is none.
std::uint64_t number(const std::string& version) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(version.data(), version.data() + version.size(), value);
  return read.ec == std::errc{} && read.ptr == version.data() + version.size() ? value : 0;
}

/// Resource versions of one object grow. What cannot be compared counts as newer.
bool is_older(const std::string& version, const std::string& than) {
  return number(version) != 0 && number(version) < number(than);
}

Known known_by(const kube::WatchState& state, Known before) {
  switch (state.is) {
    case kube::WatchState::Is::Current:
      return Known::Current;
    case kube::WatchState::Is::Absent:
      return Known::Absent;
    case kube::WatchState::Is::Forbidden:
      return Known::Forbidden;
    case kube::WatchState::Is::Starting:
      return Known::NotYet;
    case kube::WatchState::Is::Failing:
      // What was listed stays a good enough picture for a while: every write has its own precondition.
      return before == Known::Current ? Known::Current : Known::NotYet;
  }
  return Known::NotYet;
}

}  // namespace

Store::Store(core::Naming naming, Adopts adopts, std::function<void(const core::PvcName&)> changed,
             std::vector<core::IdentityTemplate> templates)
    : naming_(naming), adopts_(adopts), changed_(std::move(changed)), templates_(std::move(templates)) {
  for (const core::Naming one : {core::Naming::LegacyBackup, core::Naming::V4}) {
    templates_.push_back(core::naming_template(one));
  }
}

void Store::apply_claim(core::Claim claim) {
  const core::PvcName name = claim.pvc.full_name();
  claims_unseen_.erase(name);
  if (const auto held = this->claim(name)) {
    const bool same = held->uid == claim.uid;
    if (same && held->resource_version == claim.resource_version) return;
    if (same && is_older(claim.resource_version, held->resource_version)) return;
    claims_.erase(claims_.find(Place{name.ns, name.name}));
  } else {
    owners_changed(name.ns);
  }
  claim.pvc.annotations.erase(kLastApplied);
  claims_.emplace(claim);
  changed_(name);
}

void Store::remove_claim(const core::PvcName& name) {
  const auto held = claims_.find(Place{name.ns, name.name});
  if (held == claims_.end()) return;
  claims_.erase(held);
  owners_changed(name.ns);
  changed_(name);
  // A restore may have waited for this volume.
  const core::PvcName restored{name.ns, pvc_by_run_volume(name.name)};
  if (claims_.contains(Place{restored.ns, restored.name})) changed_(restored);
}

void Store::begin_claims_reset() {
  claims_unseen_ = names_of<core::PvcName>(claims_);
  see(claims_sight_, false, claims_sight_.watching);
}

void Store::end_claims_reset() {
  const auto gone = std::exchange(claims_unseen_, {});
  for (const auto& name : gone) remove_claim(name);
  claims_known_ = true;
  see(claims_sight_, true, claims_sight_.watching);
  tell(all());
}

void Store::apply_namespace(core::Meta ns) {
  std::erase_if(ns.annotations, [](const auto& annotation) {
    return annotation.first != key::kPrivilegedMovers && annotation.first != key::kAcceptOlderBackups;
  });
  namespaces_unseen_.erase(ns.name);
  const auto held = namespaces_.find(ns.name);
  const bool same = held != namespaces_.end() && held->second.labels == ns.labels &&
                    held->second.annotations == ns.annotations && held->second.deleting == ns.deleting;
  if (same) return;
  const std::string name = ns.name;
  namespaces_.insert_or_assign(name, std::move(ns));
  tell(claims(name));
}

void Store::remove_namespace(const std::string& name) {
  if (namespaces_.erase(name) > 0) tell(claims(name));
}

void Store::begin_namespaces_reset() {
  see(namespaces_sight_, false, namespaces_sight_.watching);
  namespaces_unseen_.clear();
  for (const auto& [name, meta] : namespaces_) namespaces_unseen_.insert(namespaces_unseen_.end(), name);
}

void Store::end_namespaces_reset() {
  for (const auto& name : std::exchange(namespaces_unseen_, {})) namespaces_.erase(name);
  see(namespaces_sight_, true, namespaces_sight_.watching);
  tell(all());
}

void Store::apply_object(Family family, core::Observed object) {
  Table& table = this->table(family);
  table.unseen.erase({object.meta.ns, object.meta.name});
  table.told = std::max(table.told, number(object.meta.resource_version));
  put(family, std::move(object));
}

void Store::answer_object(Family family, core::Observed object, std::size_t resets) {
  const Table& table = this->table(family);
  const std::uint64_t version = number(object.meta.resource_version);
  const bool outdated = resets != table.resets || (version != 0 && version <= table.told);
  if (!outdated) put(family, std::move(object));
}

void Store::put(Family family, core::Observed object) {
  Table& table = this->table(family);
  const auto place = table.objects.find(Place{object.meta.ns, object.meta.name});
  std::vector<core::PvcName> concerns;
  slim(object, family, is_within_reach(object));
  if (family == Family::Destinations) object.end_seen = std::chrono::steady_clock::now();
  if (place != table.objects.end()) {
    const core::Observed held = place->unpack();
    if (held.meta.uid == object.meta.uid) {
      if (held.meta.resource_version == object.meta.resource_version) return;
      if (is_older(object.meta.resource_version, held.meta.resource_version)) return;
      if (tells_same_end(object.status, held.status)) object.end_seen = held.end_seen;
    }
    concerns = concerned(family, held);
    unlink(family, held);
    table.objects.erase(place);
  }
  if (family == Family::Sources) hear({object.meta.ns, object.meta.name}, said_by(object));
  const auto more = concerned(family, object);
  concerns.insert(concerns.end(), more.begin(), more.end());
  link(family, object);
  table.objects.emplace(object);
  tell(concerns);
}

void Store::forget_object(Family family, const std::string& ns, const std::string& name, const std::string& uid) {
  const auto place = table(family).objects.find(Place{ns, name});
  if (place != table(family).objects.end() && place->unpack().meta.uid == uid) remove_object(family, ns, name);
}

void Store::remove_object(Family family, const std::string& ns, const std::string& name, const std::string& version) {
  Table& table = this->table(family);
  table.told = std::max(table.told, number(version));
  const auto place = table.objects.find(Place{ns, name});
  if (place == table.objects.end()) return;
  const core::Observed held = place->unpack();
  const auto concerns = concerned(family, held);
  unlink(family, held);
  table.objects.erase(place);
  if (family == Family::Sources) hear({ns, name}, std::nullopt);
  tell(concerns);
}

void Store::begin_objects_reset(Family family) {
  Table& table = this->table(family);
  table.unseen = names_of<Name>(table.objects);
  table.told = 0;
  ++table.resets;
  if (family == Family::Sources) see(sources_sight_, false, sources_sight_.watching);
}

void Store::end_objects_reset(Family family) {
  for (const auto& [ns, name] : std::exchange(table(family).unseen, {})) remove_object(family, ns, name);
  if (family == Family::Sources) see(sources_sight_, true, sources_sight_.watching);
}

void Store::touch_object(Family family, const std::string& ns, const std::string& name) const {
  const auto place = table(family).objects.find(Place{ns, name});
  if (place != table(family).objects.end()) tell(concerned(family, place->unpack()));
}

void Store::set_claims_state(const kube::WatchState& state) {
  if (state.is == kube::WatchState::Is::Forbidden || state.is == kube::WatchState::Is::Absent) claims_known_ = false;
  set_sight(claims_sight_, state);
}

void Store::set_namespaces_state(const kube::WatchState& state) { set_sight(namespaces_sight_, state); }

void Store::set_sight(Sight& sight, const kube::WatchState& state) {
  const bool before = watches_current();
  see(sight, sight.listed, state.is == kube::WatchState::Is::Current);
  if (!before && watches_current()) tell(all());  // what was left standing meanwhile
}

void Store::see(Sight& sight, bool listed, bool watching) {
  const bool before = sight.is_current();
  sight = {listed, watching};
  if (before != sight.is_current() && owners_changed_) owners_changed_();
}

bool Store::Sight::is_current() const { return listed && watching; }

bool Store::watches_current() const { return claims_sight_.is_current() && namespaces_sight_.is_current(); }

void Store::set_state(Family family, const kube::WatchState& state) {
  Table& table = this->table(family);
  const bool watching = state.is == kube::WatchState::Is::Current || state.is == kube::WatchState::Is::Absent;
  if (family == Family::Sources) see(sources_sight_, sources_sight_.listed, watching);
  const Known known = known_by(state, table.known);
  if (known == table.known) return;
  table.known = known;
  if (known == Known::Absent) {  // with the definition all objects of the kind went
    begin_objects_reset(family);
    end_objects_reset(family);
  }
  tell(all());
}

std::vector<core::PvcName> Store::all() const {
  std::set<core::PvcName> all = names_of<core::PvcName>(claims_);
  for (const Table& table : tables_) {
    for (const PackedObject& packed : table.objects) {
      const core::Observed object = packed.unpack();
      if (is_ours(&object)) all.insert(made_for(object));
    }
  }
  std::erase_if(all, [](const core::PvcName& pvc) { return pvc.name.empty(); });
  return {all.begin(), all.end()};
}

std::vector<core::PvcName> Store::claims(const std::string& ns) const {
  std::vector<core::PvcName> names;
  for (auto at = claims_.lower_bound(Place{ns, ""}); at != claims_.end(); ++at) {
    const Place place = at->place();
    if (!ns.empty() && place.first != ns) break;
    names.push_back({std::string(place.first), std::string(place.second)});
  }
  return names;
}

std::optional<std::set<std::string>> Store::claim_uids() const {
  if (!watches_current()) return std::nullopt;
  std::set<std::string> uids;
  for (const PackedClaim& packed : claims_) uids.insert(packed.unpack().uid);
  return uids;
}

std::unique_ptr<const core::Claim> Store::claim(const core::PvcName& name) const {
  const auto found = claims_.find(Place{name.ns, name.name});
  return found == claims_.end() ? nullptr : std::make_unique<const core::Claim>(found->unpack());
}

std::vector<core::PvcName> Store::concerned(Family family, const core::Observed& object) const {
  std::vector<core::PvcName> pvcs;
  if (is_within_reach(object)) pvcs.push_back(made_for(object));
  if (family == Family::Sources && !is_ours(&object)) {
    core::PvcName pvc{object.meta.ns, source_claim(object)};
    if (claims_.contains(Place{pvc.ns, pvc.name})) pvcs.push_back(std::move(pvc));
  }
  for (auto& name : pvcs_by_name(family, naming_, object.meta.name)) {
    core::PvcName pvc{object.meta.ns, std::move(name)};
    if (claims_.contains(Place{pvc.ns, pvc.name})) pvcs.push_back(std::move(pvc));
  }
  return pvcs;
}

void Store::tell(const std::vector<core::PvcName>& pvcs) const {
  for (const auto& pvc : pvcs) {
    if (!pvc.name.empty()) changed_(pvc);
  }
}

bool Store::is_within_reach(const core::Observed& object) const {
  return is_ours(&object) || may_be_adopted(object, adopts_);
}

bool Store::is_stray(Family family, const core::Observed& object) const {
  if (!is_ours(&object)) return false;  // what is adopted is found by its name
  const core::PvcName pvc = made_for(object);
  const Names wanted = names(naming_, pvc.name);
  return !pvc.name.empty() && std::ranges::none_of(kPvcParts, [&](Part part) {
    return generator::family(part) == family && wanted.of(part) == object.meta.name;
  });
}

/// Ours, under its right name.
bool Store::is_drill(Family family, const core::Observed& object) const {
  return family == Family::Destinations && is_ours(&object) &&
         names(naming_, made_for(object).name).drill == object.meta.name;
}

void Store::link(Family family, const core::Observed& object) {
  if (is_drill(family, object)) drills_.emplace(object.meta.ns, object.meta.name);
  if (is_stray(family, object)) strays_[made_for(object)].emplace(family, object.meta.name);
  if (family != Family::Sources || is_ours(&object)) return;
  if (std::string pvc = source_claim(object); !pvc.empty()) {
    rivals_[{object.meta.ns, std::move(pvc)}].insert(object.meta.name);
  }
}

void Store::unlink(Family family, const core::Observed& object) {
  if (is_drill(family, object)) drills_.erase({object.meta.ns, object.meta.name});
  if (family == Family::Sources && !is_ours(&object)) {
    const auto rivals = rivals_.find({object.meta.ns, source_claim(object)});
    if (rivals != rivals_.end()) rivals->second.erase(object.meta.name);
    if (rivals != rivals_.end() && rivals->second.empty()) rivals_.erase(rivals);
  }
  const auto found = strays_.find(made_for(object));
  if (found == strays_.end()) return;
  found->second.erase({family, object.meta.name});
  if (found->second.empty()) strays_.erase(found);
}

}  // namespace holdfast::generator
