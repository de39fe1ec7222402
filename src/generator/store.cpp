#include "src/generator/store.hpp"

#include <algorithm>
#include <charconv>

#include "src/generator/observed.hpp"

namespace holdfast::generator {
namespace {

constexpr Part kPvcParts[] = {Part::Secret, Part::Door,          Part::Run,
                              Part::Source, Part::OffsiteSecret, Part::OffsiteSource};

constexpr std::string_view kOffsite = "holdfast-offsite-";

/// Resource versions of one object grow. What cannot be compared counts as newer.
bool is_older(const std::string& version, const std::string& than) {
  std::uint64_t a = 0, b = 0;
  const auto read = [](const std::string& text, std::uint64_t& out) {
    return std::from_chars(text.data(), text.data() + text.size(), out).ec == std::errc{};
  };
  const bool comparable = read(version, a) && read(than, b);
  return comparable && a < b;
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

std::string stripped(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (name.size() <= prefix.size() + suffix.size()) return {};
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return {};
  return std::string(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
}

/// The PVCs that an object of this name could stand in the way of. Names that were shortened are not found this way:
/// the sweep looks at those.
std::vector<std::string> pvcs_by_name(Family family, core::Naming naming, const std::string& name) {
  const bool v4 = naming == core::Naming::V4;
  switch (family) {
    case Family::Secrets:
      return {stripped(name, "volsync-", ""), stripped(name, kOffsite, "")};
    case Family::Destinations:
      return {stripped(name, "", v4 ? "-dst" : "-backup"), stripped(name, "", "-restore")};
    case Family::Sources:
      return {v4 ? name : stripped(name, "", "-backup"), stripped(name, kOffsite, "")};
  }
  return {};
}

}  // namespace

const kube::Resource& resource(Family family) {
  switch (family) {
    case Family::Secrets:
      return kube::kExternalSecrets;
    case Family::Destinations:
      return kube::kReplicationDestinations;
    case Family::Sources:
      break;
  }
  return kube::kReplicationSources;
}

Family family(Part part) {
  switch (part) {
    case Part::Door:
    case Part::Run:
      return Family::Destinations;
    case Part::Source:
    case Part::OffsiteSource:
      return Family::Sources;
    default:
      return Family::Secrets;
  }
}

core::PvcName made_for(const core::Observed& object) {
  const core::Meta& meta = object.meta;
  if (const std::string* name = core::lookup(meta.annotations, key::kPvc)) return {meta.ns, *name};
  for (const auto& owner : meta.owners) {
    if (owner.kind == "PersistentVolumeClaim") return {meta.ns, owner.name};
  }
  if (const std::string* name = core::lookup(meta.labels, key::kPvcLabel)) return {meta.ns, *name};
  return {meta.ns, ""};
}

Store::Store(core::Naming naming, bool adopt, std::function<void(const core::PvcName&)> changed)
    : naming_(naming), adopt_(adopt), changed_(std::move(changed)) {}

void Store::apply_claim(core::Claim claim) {
  const core::PvcName name = claim.pvc.full_name();
  claims_seen_.insert(name);
  const auto held = claims_.find(name);
  if (held != claims_.end() && held->second.uid == claim.uid) {
    if (held->second.resource_version == claim.resource_version) return;
    if (is_older(claim.resource_version, held->second.resource_version)) return;
  }
  claims_.insert_or_assign(name, std::move(claim));
  changed_(name);
}

void Store::remove_claim(const core::PvcName& name) {
  if (claims_.erase(name) > 0) changed_(name);
}

void Store::end_claims_reset() {
  std::vector<core::PvcName> gone;
  for (const auto& [name, claim] : claims_) {
    if (!claims_seen_.contains(name)) gone.push_back(name);
  }
  for (const auto& name : gone) claims_.erase(name);
  claims_seen_.clear();
  claims_known_ = true;
  tell(gone);
  tell(all());
}

void Store::apply_namespace(core::Meta ns) {
  namespaces_seen_.insert(ns.name);
  const auto held = namespaces_.find(ns.name);
  const bool same =
      held != namespaces_.end() && held->second.labels == ns.labels && held->second.deleting == ns.deleting;
  if (same) return;
  const std::string name = ns.name;
  ns.annotations.clear();
  namespaces_.insert_or_assign(name, std::move(ns));
  tell(claims(name));
}

void Store::remove_namespace(const std::string& name) {
  if (namespaces_.erase(name) > 0) tell(claims(name));
}

void Store::end_namespaces_reset() {
  std::erase_if(namespaces_, [this](const auto& entry) { return !namespaces_seen_.contains(entry.first); });
  namespaces_seen_.clear();
  tell(all());
}

void Store::apply_object(Family family, core::Observed object) {
  Table& table = this->table(family);
  const Place place{object.meta.ns, object.meta.name};
  table.seen.insert(place);
  const auto held = table.objects.find(place);
  std::vector<core::PvcName> concerns;
  if (held != table.objects.end()) {
    if (held->second.meta.uid == object.meta.uid) {
      if (held->second.meta.resource_version == object.meta.resource_version) return;
      if (is_older(object.meta.resource_version, held->second.meta.resource_version)) return;
    }
    concerns = concerned(family, held->second);
    link(family, held->second, false);
  }
  if (!is_within_reach(&object, adopt_)) {  // that it is there, and whose it is, is all that matters
    object.spec = {};
    object.meta.annotations.clear();
    object.status.mover_logs = {};
  }
  const auto more = concerned(family, object);
  concerns.insert(concerns.end(), more.begin(), more.end());
  link(family, object, true);
  table.objects.insert_or_assign(place, std::move(object));
  tell(concerns);
}

void Store::remove_object(Family family, const std::string& ns, const std::string& name) {
  Table& table = this->table(family);
  const auto held = table.objects.find({ns, name});
  if (held == table.objects.end()) return;
  const auto concerns = concerned(family, held->second);
  link(family, held->second, false);
  table.objects.erase(held);
  tell(concerns);
}

void Store::end_objects_reset(Family family) {
  Table& table = this->table(family);
  std::vector<Place> gone;
  for (const auto& [place, object] : table.objects) {
    if (!table.seen.contains(place)) gone.push_back(place);
  }
  for (const auto& [ns, name] : gone) remove_object(family, ns, name);
  table.seen.clear();
}

void Store::set_claims_state(const kube::WatchState& state) {
  if (state.is == kube::WatchState::Is::Forbidden || state.is == kube::WatchState::Is::Absent) claims_known_ = false;
}

void Store::set_state(Family family, const kube::WatchState& state) {
  Table& table = this->table(family);
  const Known known = known_by(state, table.known);
  if (known == table.known) return;
  table.known = known;
  if (known == Known::Absent) {  // with the definition all objects of the kind went
    begin_objects_reset(family);
    end_objects_reset(family);
  }
  tell(all());
}

View Store::view(const core::PvcName& pvc) const {
  View view;
  view.pvc = pvc;
  view.claim = claim(pvc);
  view.claims_known = claims_known_;
  const auto ns = namespaces_.find(pvc.ns);
  if (ns != namespaces_.end()) {
    view.namespace_labels = &ns->second.labels;
    view.namespace_deleting = ns->second.deleting;
  }
  const Names wanted = names(naming_, pvc.name);
  std::set<const core::Observed*> named;
  for (const Part part : kPvcParts) {
    const Table& table = this->table(family(part));
    view.known[part] = table.known;
    const auto found = table.objects.find({pvc.ns, wanted.of(part)});
    if (found == table.objects.end()) continue;
    view.objects[part] = &found->second;
    named.insert(&found->second);
  }
  const auto made = made_for_.find(pvc);
  if (made == made_for_.end()) return view;
  for (const auto& [family, place] : made->second) {
    const core::Observed* object = &table(family).objects.at(place);
    if (named.contains(object)) continue;
    const Part part = family == Family::Secrets ? Part::Secret : family == Family::Sources ? Part::Source : Part::Door;
    view.strays.emplace_back(part, object);
  }
  return view;
}

std::vector<core::PvcName> Store::all() const {
  std::set<core::PvcName> all;
  for (const auto& [name, claim] : claims_) all.insert(name);
  for (const auto& [name, objects] : made_for_) all.insert(name);
  return {all.begin(), all.end()};
}

std::vector<core::PvcName> Store::claims(const std::string& ns) const {
  std::vector<core::PvcName> names;
  for (auto at = claims_.lower_bound({ns, ""}); at != claims_.end() && (ns.empty() || at->first.ns == ns); ++at) {
    names.push_back(at->first);
  }
  return names;
}

const core::Claim* Store::claim(const core::PvcName& name) const {
  const auto found = claims_.find(name);
  return found == claims_.end() ? nullptr : &found->second;
}

std::vector<core::PvcName> Store::concerned(Family family, const core::Observed& object) const {
  std::vector<core::PvcName> pvcs;
  if (is_within_reach(&object, adopt_)) pvcs.push_back(made_for(object));
  for (auto& name : pvcs_by_name(family, naming_, object.meta.name)) {
    core::PvcName pvc{object.meta.ns, std::move(name)};
    if (claims_.contains(pvc)) pvcs.push_back(std::move(pvc));
  }
  return pvcs;
}

void Store::tell(const std::vector<core::PvcName>& pvcs) const {
  for (const auto& pvc : pvcs) {
    if (!pvc.name.empty()) changed_(pvc);
  }
}

void Store::link(Family family, const core::Observed& object, bool present) {
  if (!is_ours(&object)) return;  // what is adopted is found by its name
  const core::PvcName pvc = made_for(object);
  if (pvc.name.empty()) return;
  const std::pair<Family, Place> entry{family, {object.meta.ns, object.meta.name}};
  if (present) {
    made_for_[pvc].insert(entry);
    return;
  }
  const auto found = made_for_.find(pvc);
  if (found == made_for_.end()) return;
  found->second.erase(entry);
  if (found->second.empty()) made_for_.erase(found);
}

}  // namespace holdfast::generator
