// A store, and what a watch tells it.
#pragma once

#include <set>
#include <string>
#include <utility>

#include "src/generator/store/store.hpp"

namespace holdfast::generator::store_bench {

inline const core::PvcName kData{"media", "data"};

inline core::Claim claim(const core::PvcName& name, const std::string& uid = "u1", const std::string& version = "10") {
  core::Claim claim;
  claim.pvc.ns = name.ns;
  claim.pvc.name = name.name;
  claim.uid = uid;
  claim.resource_version = version;
  return claim;
}

inline core::Observed object(const std::string& ns, const std::string& name, const std::string& manager = "holdfast",
                             const std::string& pvc = "", const std::string& version = "10") {
  core::Observed object;
  object.meta.ns = ns;
  object.meta.name = name;
  object.meta.uid = "uid of " + name;
  object.meta.resource_version = version;
  if (!manager.empty()) object.meta.labels.emplace(volsync::key::kManagedBy, manager);
  if (!pvc.empty()) object.meta.annotations.emplace(volsync::key::kPvc, pvc);
  object.spec = "{}";
  return object;
}

inline core::Meta ns(const std::string& name, const std::string& label = "") {
  core::Meta meta;
  meta.name = name;
  if (!label.empty()) meta.labels.emplace("team", label);
  return meta;
}

struct Bench {
  std::set<core::PvcName> changed;
  Store store{core::Naming::LegacyBackup, volsync::Adopts::Requested,
              [this](const core::PvcName& pvc) { changed.insert(pvc); }};

  std::set<core::PvcName> take() { return std::exchange(changed, {}); }
};

inline const std::set<core::PvcName> kOnlyData = {kData};

}  // namespace holdfast::generator::store_bench
