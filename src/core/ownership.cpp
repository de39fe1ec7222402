#include "holdfast/core/ownership.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::core {

void Ownership::add(std::shared_ptr<const OwnerTable> witness) {
  if (witness) others_.push_back(std::move(witness));
}

template <class F>
bool Ownership::any_witness(F&& f) const {
  return f(sources_) || std::ranges::any_of(others_, [&](const auto& other) { return f(*other); });
}

bool Ownership::is_known(const PvcName& pvc) const {
  return any_witness([&](const OwnerTable& one) { return one.is_known(pvc); });
}

bool Ownership::is_spelling_of_another(const Identity& identity, const PvcName& pvc,
                                       const std::vector<IdentityTemplate>& templates) const {
  return any_witness([&](const OwnerTable& one) { return one.is_spelling_of_another(identity, pvc, templates); });
}

Whose Ownership::whose(const Identity& identity, const PvcName& pvc) const {
  bool own = false, anothers = false;
  any_witness([&](const OwnerTable& one) {
    const std::set<PvcName>& owners = one.owners_of(identity);
    const bool is_one = owners.contains(pvc);
    own = own || is_one;
    anothers = anothers || owners.size() > (is_one ? 1 : 0);
    return own && anothers;
  });
  if (own) return anothers ? Whose::Disputed : Whose::Own;
  return anothers ? Whose::Anothers : Whose::Unsaid;
}

std::set<PvcName> Ownership::others(const Identity& identity, const PvcName& pvc) const {
  std::set<PvcName> all;
  any_witness([&](const OwnerTable& one) {
    const std::set<PvcName>& owners = one.owners_of(identity);
    all.insert(owners.begin(), owners.end());
    return false;
  });
  all.erase(pvc);
  return all;
}

bool Ownership::is_another_at_work(const Identity& identity, const PvcName& pvc) const {
  const std::set<PvcName>& owners = sources_.owners_of(identity);
  return owners.size() > (owners.contains(pvc) ? 1 : 0);
}

std::vector<Identity> Ownership::of(const PvcName& pvc) const {
  std::vector<Identity> found;
  any_witness([&](const OwnerTable& one) {
    for (const Identity& identity : one.identities_of(pvc)) {
      const bool is_new = std::ranges::find(found, identity) == found.end();
      if (identity.host == pvc.ns && is_new) found.push_back(identity);
    }
    return false;
  });
  return found;
}

}  // namespace holdfast::core
