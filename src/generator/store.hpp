// What the cluster holds, as the watches have told: claims, namespaces and the objects around them. It answers with
// everything that one PVC's plan depends on, and says which PVCs an object's change concerns.
// One thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/generator/plan.hpp"
#include "holdfast/kube/reflector.hpp"

namespace holdfast::generator {

/// The kinds of objects that belong to PVCs.
enum class Family { Secrets, Destinations, Sources };
inline constexpr Family kFamilies[] = {Family::Secrets, Family::Destinations, Family::Sources};
const kube::Resource& resource(Family family);
Family family(Part part);

class Store {
 public:
  /// `changed` is told of each PVC whose plan may be another one now.
  Store(core::Naming naming, bool adopt, std::function<void(const core::PvcName&)> changed);

  // The three verbs, for each kind of thing. A reset takes away what was not applied again between begin and end.
  void apply_claim(core::Claim claim);
  void remove_claim(const core::PvcName& name);
  void apply_namespace(core::Meta ns);
  void remove_namespace(const std::string& name);
  void apply_object(Family family, core::Observed object);
  void remove_object(Family family, const std::string& ns, const std::string& name);

  void begin_claims_reset() { claims_seen_.clear(); }
  void end_claims_reset();
  void begin_namespaces_reset() { namespaces_seen_.clear(); }
  void end_namespaces_reset();
  void begin_objects_reset(Family family) { table(family).seen.clear(); }
  void end_objects_reset(Family family);

  void set_claims_state(const kube::WatchState& state);
  void set_state(Family family, const kube::WatchState& state);

  /// Everything but the evidence. Pointers are good until the next call that is not const.
  View view(const core::PvcName& pvc) const;

  /// PVCs that exist, and those that only have objects of ours left.
  std::vector<core::PvcName> all() const;
  /// Those that exist; of one namespace unless `ns` is empty.
  std::vector<core::PvcName> claims(const std::string& ns) const;
  const core::Claim* claim(const core::PvcName& name) const;

 private:
  using Place = std::pair<std::string, std::string>;  ///< namespace, name
  struct Table {
    std::map<Place, core::Observed> objects;
    std::set<Place> seen;
    Known known = Known::NotYet;
  };

  Table& table(Family family) { return tables_[static_cast<std::size_t>(family)]; }
  const Table& table(Family family) const { return tables_[static_cast<std::size_t>(family)]; }
  std::vector<core::PvcName> concerned(Family family, const core::Observed& object) const;
  void tell(const std::vector<core::PvcName>& pvcs) const;
  void link(Family family, const core::Observed& object, bool present);

  const core::Naming naming_;
  const bool adopt_;
  const std::function<void(const core::PvcName&)> changed_;
  std::map<core::PvcName, core::Claim> claims_;
  std::set<core::PvcName> claims_seen_;
  bool claims_known_ = false;
  std::map<std::string, core::Meta> namespaces_;
  std::set<std::string> namespaces_seen_;
  Table tables_[std::size(kFamilies)];
  /// Our objects by the PVC that they say they are for.
  std::map<core::PvcName, std::set<std::pair<Family, Place>>> made_for_;
};

/// The PVC that an object of ours was made for: by its annotation, its owner, or its label; empty name: it does not
/// say.
core::PvcName made_for(const core::Observed& object);

}  // namespace holdfast::generator
