#include "src/generator/run/views.hpp"

namespace holdfast::generator {

StoredView Views::of(const core::PvcName& pvc, const core::Evidence* evidence) const {
  StoredView stored = from_.store.view(pvc);
  View& view = stored.view;
  view.evidence = evidence;
  view.index_blobs = from_.index.status().blobs;
  if (from_.leads) view.events = from_.events.known();
  from_.workloads.add_to(view);
  from_.memory.add_to(view);
  view.drivers = &from_.classes.known();
  if (const auto unfit = unfit_images_.find(pvc); unfit != unfit_images_.end()) view.unfit_image = &unfit->second;
  return stored;
}

}  // namespace holdfast::generator
