#include "holdfast/core/candidates.hpp"

#include <algorithm>
#include <utility>

#include "holdfast/core/mover_identity.hpp"

namespace holdfast::core {
namespace {

/// One PVC's list in the making.
class Places {
 public:
  Places(const Policy& policy, const PvcName& pvc, const Ownership& ownership)
      : policy_(policy),
        pvc_(pvc),
        ownership_(ownership),
        templates_(identity_templates(policy)),
        every_template_(ownership.empty() ? std::vector<IdentityTemplate>() : every_template(policy)) {}

  std::vector<Candidate> list() {
    for (const IdentityTemplate& own : templates_) add(of_template(own));
    for (const Naming naming : {policy_.naming, other(policy_.naming)}) add(of_naming(naming));
    for (Identity& identity : ownership_.of(pvc_)) add({std::move(identity)});
    for (std::size_t i = 0, end = places_.size(); i < end; ++i) spell(places_[i].identity);
    std::erase_if(places_,
                  [this](const Candidate& c) { return ownership_.whose(c.identity, pvc_) == Whose::Anothers; });
    return std::move(places_);
  }

 private:
  /// One of the templates in force.
  Candidate of_template(const IdentityTemplate& own) const {
    Candidate place{own.expand(pvc_)};
    place.ambiguous = own.could_be_another(place.identity, pvc_);
    if (policy_.identities.empty()) doubt(place);
    return place;
  }

  /// The naming's own name for this PVC may be what the other naming calls another PVC's.
  void doubt(Candidate& place) const {
    const IdentityTemplate& theirs = naming_template(other(policy_.naming));
    if (theirs.could_be_another(place.identity, pvc_)) place.if_backed_up = theirs.expand(pvc_);
    doubt_if_there(place, theirs);
  }

  /// A PVC that `theirs` calls so exists, and has nothing under its own first place.
  void doubt_if_there(Candidate& place, const IdentityTemplate& theirs) const {
    const auto namesake = theirs.another(place.identity, pvc_);
    if (namesake && ownership_.is_known(*namesake)) place.unless_backed_up = templates_.front().expand(*namesake);
  }

  /// Nobody has chosen it: it may be the first place of another PVC.
  Candidate of_naming(Naming naming) const {
    Candidate place{naming_template(naming).expand(pvc_)};
    place.ambiguous = templates_.front().could_be_another(place.identity, pvc_);
    doubt_if_there(place, naming_template(other(naming)));
    return place;
  }

  /// A spelling that has lost letters is nobody's for sure.
  void spell(Identity identity) {
    std::string user = fork_user_name(identity.user);
    if (user.empty() || user == identity.user) return;
    identity.user = std::move(user);
    add({std::move(identity), true});
  }

  void add(Candidate place) {
    if (contains(places_, place.identity)) return;
    switch (ownership_.whose(place.identity, pvc_)) {
      case Whose::Own:
        place = {std::move(place.identity)};
        break;
      case Whose::Disputed:
        place.ambiguous = true;
        break;
      case Whose::Unsaid:
        place.ambiguous = place.ambiguous || ownership_.is_spelling_of_another(place.identity, pvc_, every_template_);
        break;
      case Whose::Anothers:
        break;  // its spelling may be this PVC's all the same
    }
    places_.push_back(std::move(place));
  }

  const Policy& policy_;
  const PvcName& pvc_;
  const Ownership& ownership_;
  const std::vector<IdentityTemplate> templates_;
  const std::vector<IdentityTemplate> every_template_;  ///< where somebody says something
  std::vector<Candidate> places_;
};

}  // namespace

std::vector<Candidate> candidates(const Policy& policy, const PvcName& pvc, const Ownership& ownership) {
  return Places(policy, pvc, ownership).list();
}

std::vector<PvcName> namesakes(const PvcName& pvc) {
  std::vector<PvcName> found;
  for (const Naming naming : {Naming::LegacyBackup, Naming::V4}) {
    const Identity identity = naming_template(naming).expand(pvc);
    if (auto other_one = naming_template(other(naming)).another(identity, pvc)) found.push_back(*std::move(other_one));
  }
  return found;
}

bool contains(std::span<const Candidate> candidates, const Identity& identity) {
  return std::ranges::find(candidates, identity, &Candidate::identity) != candidates.end();
}

bool is_ambiguous(const Candidate& candidate, const Catalog& catalog) {
  return candidate.ambiguous || (candidate.if_backed_up && catalog.newest(*candidate.if_backed_up)) ||
         (candidate.unless_backed_up && !catalog.newest(*candidate.unless_backed_up));
}

std::optional<Located> locate(std::span<const Candidate> candidates, const Catalog& catalog) {
  std::optional<Located> found;
  for (const Candidate& place : candidates) {
    auto newest = catalog.newest(place.identity);
    if (!newest) continue;
    const bool ambiguous = is_ambiguous(place, catalog);
    if (!found) {
      found = Located{place.identity, *std::move(newest), ambiguous};
      if (ambiguous) return found;
    } else if (!ambiguous && newest->start > found->newest.start) {
      found->newer = place.identity;
      return found;
    }
  }
  return found;
}

std::optional<Identity> under_other_name(const PvcName& pvc, std::span<const Candidate> candidates,
                                         const Ownership& ownership, const Catalog& catalog) {
  const std::string backup = pvc.name + "-backup";
  const std::vector<Identity> there = catalog.sources_of(pvc.ns);
  for (const std::string& user : {pvc.name, backup, fork_user_name(pvc.name), fork_user_name(backup)}) {
    const auto could_be_its = [&](const Identity& identity) {
      return identity.user == user && !contains(candidates, identity) &&
             ownership.whose(identity, pvc) != Whose::Anothers;
    };
    const auto found = std::ranges::find_if(there, could_be_its);
    if (found != there.end()) return *found;
  }
  return std::nullopt;
}

}  // namespace holdfast::core
