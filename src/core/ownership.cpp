#include "holdfast/core/ownership.hpp"

namespace holdfast::core {

void Ownership::source_says(const Identity& identity, const PvcName& pvc) {
  sources_[identity].insert(pvc);
  known_.insert(pvc);
}

void Ownership::memory_says(const Identity& identity, const PvcName& pvc) {
  memory_[identity].insert(pvc);
  known_.insert(pvc);
}

Whose Ownership::whose(const Identity& identity, const PvcName& pvc) const {
  std::set<PvcName> owners;
  for (const Says* says : {&sources_, &memory_}) {
    if (const auto found = says->find(identity); found != says->end()) {
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
    for (const auto& [identity, owners] : *says) {
      if (identity.host == pvc.ns && owners.contains(pvc)) found.push_back(identity);
    }
  }
  return found;
}

}  // namespace holdfast::core
