#include "holdfast/core/ownership.hpp"

namespace holdfast::core {

void Ownership::Says::add(const Identity& identity, const PvcName& pvc) {
  owners[identity].insert(pvc);
  identities[pvc].insert(identity);
}

void Ownership::source_says(const Identity& identity, const PvcName& pvc) {
  sources_.add(identity, pvc);
  known_.insert(pvc);
}

void Ownership::memory_says(const Identity& identity, const PvcName& pvc) {
  memory_.add(identity, pvc);
  known_.insert(pvc);
}

Whose Ownership::whose(const Identity& identity, const PvcName& pvc) const {
  std::set<PvcName> owners;
  for (const Says* says : {&sources_, &memory_}) {
    if (const auto found = says->owners.find(identity); found != says->owners.end()) {
      owners.insert(found->second.begin(), found->second.end());
    }
  }
  if (owners.empty()) return Whose::Unsaid;
  if (!owners.contains(pvc)) return Whose::Anothers;
  return owners.size() == 1 ? Whose::Own : Whose::Disputed;
}

std::vector<Identity> Ownership::of(const PvcName& pvc) const {
  std::vector<Identity> found;
  for (const Says* says : {&sources_, &memory_}) {
    const auto its = says->identities.find(pvc);
    if (its == says->identities.end()) continue;
    for (const Identity& identity : its->second) {
      if (identity.host == pvc.ns) found.push_back(identity);
    }
  }
  return found;
}

}  // namespace holdfast::core
