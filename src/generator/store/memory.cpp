#include "src/generator/store/memory.hpp"

#include <utility>

#include "src/generator/audit/verdict_now.hpp"
#include "src/generator/plan/restore.hpp"

namespace holdfast::generator {

using std::chrono::steady_clock;

Memory::Memory(const Generator::Setup& setup, kube::Client& client, const Store& store, const ops::Logger& log,
               ops::Metrics& metrics, std::function<void(const core::PvcName&)> look_at)
    : setup_(setup),
      store_(store),
      metrics_(metrics),
      look_at_(std::move(look_at)),
      seen_(setup.policy, setup.options.own_namespace, setup.tempo.notice, client, log, metrics,
            [this](const Seen& seen) { seen_changed(seen); }),
      others_(setup.options.offsite.enabled ? setup.options.own_namespace : std::string(), client, log,
              [this] { changed(); }),
      verified_(setup.options.own_namespace, client, log, metrics, [this] { changed(); }) {}

void Memory::lead(bool leads) {
  if (leads) {
    leads_since_ = steady_clock::now();
    return;
  }
  for (const char* memory : {"seen", "verified"}) metrics_.memory_left_out(memory, 0);  // the next leader's to say
}

/// Evidence from before we came to lead does not count: another leader may have seen since that the backups are gone,
/// and that a person accepts it.
void Memory::remember(std::optional<kube::Deadline> until, const core::Evidence* last) {
  SeenMemory::Round round;
  round.until = until;
  if (until && last != nullptr && last->asked >= leads_since_) {
    round.proven = proven_catalog(last, setup_.policy);
    if (round.proven) round.synced = store_.synced();
    if (round.proven && seen_.misses(*round.proven)) round.accepting = accepting();
  }
  seen_.begin(std::move(round));
  others_.look();
  remember_verified(until, false);
}

void Memory::remember_verified(std::optional<kube::Deadline> until, bool tidies) {
  verified_.begin({until, [this] { return store_.claim_uids(); }, tidies});
}

bool Memory::learn(const View& view) {
  const auto mark = mark_to_remember(view);
  return mark && verified_.learn(*mark);
}

void Memory::add_to(View& view) const {
  view.ownership.add(known_.owners);
  view.memories = others_.all();
  view.memories_problem = others_.problem();
  if (view.claim != nullptr) view.remembered = verified_.of(view.claim->uid);
}

std::string Memory::problem() const {
  std::string problem = seen_.problem();
  for (const std::string& more : {others_.problem(), verified_.problem()}) {
    if (!more.empty()) problem += (problem.empty() ? "" : "; ") + more;
  }
  return problem;
}

void Memory::seen_changed(const Seen& seen) {
  const bool same_owners = known_.owners && known_.seen.owners == seen.owners;
  known_.seen = seen;
  if (!same_owners) known_.owners = owner_table(seen, core::every_template(setup_.policy));
  if (setup_.shared) setup_.shared->seen.replace(known_);
}

void Memory::changed() {
  for (const core::PvcName& pvc : std::exchange(waiting_, {})) look_at_(pvc);
}

std::vector<core::WantsRestore> Memory::accepting() const {
  std::vector<core::WantsRestore> found;
  for (const core::PvcName& pvc : store_.claims("")) {
    if (!store_.claim(pvc)->pvc.annotations.contains(core::key::kAcceptVanished)) continue;
    StoredView stored = store_.view(pvc);
    add_to(stored.view);
    core::Intent intent = intent_now(stored.view, setup_.policy);
    auto* wanted = std::get_if<core::WantsRestore>(&intent);
    if (wanted == nullptr) continue;
    wanted->candidates = core::looked_at(*wanted, setup_.policy, stored.view.ownership);
    found.push_back(std::move(*wanted));
  }
  return found;
}

}  // namespace holdfast::generator
