#include "src/generator/plan/secret_wish.hpp"

#include "holdfast/volsync/observed.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/backup_source.hpp"

namespace holdfast::generator {
namespace {

/// Something is there that may read it.
bool is_read(const View& view) {
  const auto may_be_there = [&](Part part) {
    return known_of(view, part) != Known::Current || object_of(view, part) != nullptr;
  };
  return !view.strays.empty() || !view.rivals.empty() || may_be_there(Part::Source) ||
         may_be_there(Part::Destination) || may_be_there(Part::RestoreRun) || may_be_there(Part::Drill);
}

}  // namespace

bool is_known(const View& view) {
  return view.namespace_labels != nullptr && known_of(view, Part::Source) == Known::Current;
}

bool wants_copy(const View& view, const core::Policy& policy) {
  const bool leaves = view.claim->deleting || view.namespace_deleting;
  const core::Observed* source = object_of(view, Part::Source);
  return !leaves && protection_of(view, policy).protects() && (source == nullptr || is_ours(source));
}

bool may_lose_copy(const View& view, const core::Policy& policy) {
  return view.watches_current && is_known(view) && !protection_of(view, policy).protects() && !is_read(view);
}

bool is_copy_for(const core::Observed& object, std::string_view pvc) {
  return is_ours(&object) && value_of(object.meta.annotations, key::kPvc) == pvc;
}

}  // namespace holdfast::generator
