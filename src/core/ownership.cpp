#include "holdfast/core/ownership.hpp"

#include <algorithm>
#include <utility>

#include "holdfast/core/mover_identity.hpp"

namespace holdfast::core {
namespace {

/// What VolSync makes of a PVC's identity; nullopt: it leaves it as it is.
std::optional<Identity> spelling(const IdentityTemplate& its, const PvcName& pvc) {
  Identity identity = its.expand(pvc);
  std::string user = fork_user_name(identity.user);
  if (user == identity.user) return std::nullopt;
  identity.user = std::move(user);
  return identity;
}

}  // namespace

void Ownership::Says::add(const Identity& identity, const PvcName& pvc) {
  owners[identity].insert(pvc);
  identities[pvc].insert(identity);
}

void Ownership::knows(const PvcName& pvc) {
  if (known_.insert(pvc).second) spellings_.reset();
}

void Ownership::source_says(const Identity& identity, const PvcName& pvc) {
  sources_.add(identity, pvc);
  knows(pvc);
}

void Ownership::memory_says(const Identity& identity, const PvcName& pvc) {
  memory_.add(identity, pvc);
  knows(pvc);
}

void Ownership::spell(const std::vector<IdentityTemplate>& templates) {
  spellings_.emplace();
  for (const PvcName& pvc : known_) {
    for (const IdentityTemplate& its : templates) {
      if (auto identity = spelling(its, pvc)) (*spellings_)[*std::move(identity)].insert(pvc);
    }
  }
}

bool Ownership::is_spelling_of_another(const Identity& identity, const PvcName& pvc,
                                       const std::vector<IdentityTemplate>& templates) const {
  if (spellings_) {
    const auto found = spellings_->find(identity);
    return found != spellings_->end() && (found->second.size() > 1 || !found->second.contains(pvc));
  }
  return std::ranges::any_of(known_, [&](const PvcName& other) {
    const auto is_its = [&](const IdentityTemplate& its) { return spelling(its, other) == identity; };
    return other != pvc && std::ranges::any_of(templates, is_its);
  });
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
