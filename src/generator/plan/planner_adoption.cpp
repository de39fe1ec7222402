// What others made for a protected PVC, and holdfast takes over: all of it together, or none.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/core/mover_identity.hpp"
#include "holdfast/volsync/adoption.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/planner.hpp"
#include "src/generator/plan/precondition.hpp"

namespace holdfast::generator {
namespace {

/// Of what kyverno generates. By them it finds what it deletes with the policy or the trigger. Source: kyverno's
/// api/kyverno/constants.go and pkg/background/generate.
constexpr std::string_view kKyvernoLabels = "generate.kyverno.io/";

}  // namespace

Adopts Planner::adopts(const core::Observed* object) const {
  const bool requested = object != nullptr && is_adoption_requested(*object);
  return requested ? Adopts::Everything : options_.adopt;
}

/// One object without the others would leave movers that back up into nowhere, and report success.
std::optional<Part> Planner::stays_theirs() const {
  // A restore needs what is ours, and before it there is nothing to back up.
  if (is_wanted(Part::RestoreRun)) return std::nullopt;
  for (const Part part : {Part::Source, Part::Secret, Part::Destination}) {
    if (is_wanted(part) && standing_of(object_of(view_, part)) == Standing::Foreign) return part;
  }
  const core::Observed* destination = object_of(view_, Part::Destination);
  if (standing_of(destination) == Standing::Adoptable && is_synchronizing(*destination)) return Part::Destination;
  const core::Observed* source = object_of(view_, Part::Source);
  const bool stays = standing_of(source) == Standing::Adoptable && source_stays_theirs(*source);
  return stays ? std::optional(Part::Source) : std::nullopt;
}

bool Planner::source_stays_theirs(const core::Observed& source) const {
  return source.meta.deleting || !core::mover_problem(identity_).empty() || leads_elsewhere(source) ||
         source_precondition(view_, policy_, options_, now_) || !sync(Part::Source, source).may_change();
}

/// Ours would read another Secret, or the same one that leads them elsewhere; or holdfast would write over a Secret
/// that no ExternalSecret makes, and could not give it back.
bool Planner::leads_elsewhere(const core::Observed& source) const {
  const std::string theirs = repository_of(source), ours = secret_name(options_.secret, view_.pvc);
  if (options_.secret.writes_external()) return theirs == ours && object_of(view_, Part::Secret) == nullptr;
  return (!theirs.empty() && theirs != ours) || mounts_elsewhere(source, options_.repository);
}

/// Movers of a source that stays somebody else's may read that Secret, which could be made or taken over.
bool Planner::is_read_by_others(const core::Observed* secret) const {
  const core::Observed* source = object_of(view_, Part::Source);
  const bool not_to_be_written = is_ours(secret) || standing_of(secret) == Standing::Foreign;
  if (not_to_be_written || source == nullptr || is_ours(source)) return false;
  return standing_of(source) == Standing::Foreign || (secret == nullptr && stays_theirs_);
}

/// An image of theirs may be of any backup: a PVC that is ours is not filled from it.
void Planner::take_their_image_off() {
  const core::Observed* destination = object_of(view_, Part::Destination);
  if (stays_theirs_ || !knows_images() || standing_of(destination) != Standing::Adoptable) return;
  if (has_wrong_image(*destination)) take_image_off(*destination);
}

/// The source may be refused, because its mover has just begun: it goes first, or the others went without it.
void Planner::adopt_source_first() {
  const auto first =
      std::ranges::find_if(plan_.actions, [](const Action& action) { return takeover(action) != nullptr; });
  const auto source = std::ranges::find_if(plan_.actions, [](const Action& action) {
    const Apply* apply = takeover(action);
    return apply != nullptr && apply->object.part == Part::Source;
  });
  if (source != plan_.actions.end()) std::rotate(first, source, std::next(source));
}

void Planner::hold_restoring(const core::Observed& destination) {
  hold(make_hold(Part::Destination, "Synchronizing",
                 fmt::format("ReplicationDestination {} is taken over when the restore under way is done",
                             destination.meta.name)));
}

/// Of everything that is ours; what was just taken over is with the next plan.
void Planner::disown() {
  for (const auto& [part, object] : view_.objects) {
    if (!is_ours(object) || is_strangers(object) || object->meta.deleting) continue;
    Disown action{part, object->meta.ns, object->meta.name, object->meta.uid, {}};
    for (const auto& [label, value] : object->meta.labels) {
      if (label.starts_with(kKyvernoLabels)) action.labels.push_back(label);
    }
    if (!action.labels.empty()) plan_.actions.emplace_back(std::move(action));
  }
}

void Planner::hold_adoption(Part part, Part other) {
  hold(make_hold(part, "AdoptionWaits",
                 fmt::format("the {} is taken over together with {} {}, not before it: movers use both as they are",
                             to_string(part), resource(other).kind, object_of(view_, other)->meta.name)));
}

}  // namespace holdfast::generator
