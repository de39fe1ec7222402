#include "holdfast/core/owner_table.hpp"

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

template <class Key, class Value>
const std::set<Value>& found_in(const std::map<Key, std::set<Value>>& map, const Key& key) {
  static const std::set<Value> kNothing;
  const auto found = map.find(key);
  return found == map.end() ? kNothing : found->second;
}

}  // namespace

void OwnerTable::add(const Identity& identity, const PvcName& pvc) {
  if (!is_known(pvc)) spellings_.reset();
  known_.erase(pvc);
  owners_[identity].insert(pvc);
  identities_[pvc].insert(identity);
}

void OwnerTable::knows(const PvcName& pvc) {
  if (is_known(pvc)) return;
  known_.insert(pvc);
  spellings_.reset();
}

void OwnerTable::spell(const std::vector<IdentityTemplate>& templates) {
  spellings_.emplace();
  const auto add = [&](const PvcName& pvc) {
    for (const IdentityTemplate& its : templates) {
      if (auto identity = spelling(its, pvc)) (*spellings_)[*std::move(identity)].insert(pvc);
    }
  };
  for (const PvcName& pvc : known_) add(pvc);
  for (const auto& [pvc, its] : identities_) add(pvc);
}

const std::set<PvcName>& OwnerTable::owners_of(const Identity& identity) const { return found_in(owners_, identity); }

const std::set<Identity>& OwnerTable::identities_of(const PvcName& pvc) const { return found_in(identities_, pvc); }

bool OwnerTable::is_spelling_of_another(const Identity& identity, const PvcName& pvc,
                                        const std::vector<IdentityTemplate>& templates) const {
  if (spellings_) {
    const std::set<PvcName>& its = found_in(*spellings_, identity);
    return its.size() > (its.contains(pvc) ? 1 : 0);
  }
  const auto is_so_spelled = [&](const PvcName& other) {
    const auto is_its = [&](const IdentityTemplate& its) { return spelling(its, other) == identity; };
    return other != pvc && std::ranges::any_of(templates, is_its);
  };
  return std::ranges::any_of(known_, is_so_spelled) ||
         std::ranges::any_of(identities_, [&](const auto& one) { return is_so_spelled(one.first); });
}

}  // namespace holdfast::core
