// What is known of each PVC, put together from everything that is watched, remembered and asked for.
// Belongs to the thread of the loop.
#pragma once

#include <atomic>
#include <map>

#include "holdfast/generator/plan.hpp"
#include "holdfast/index/index.hpp"
#include "src/generator/run/secret_copies.hpp"
#include "src/generator/store/event_reader.hpp"
#include "src/generator/store/memory.hpp"
#include "src/generator/store/storage_classes.hpp"
#include "src/generator/store/store.hpp"
#include "src/generator/store/workloads.hpp"

namespace holdfast::generator {

class Views {
 public:
  /// They outlive it.
  struct Sources {
    const Store& store;
    const Workloads& workloads;
    const StorageClasses& classes;
    const EventReader& events;
    const Memory& memory;
    const index::Index& index;
    const SecretCopies& copies;
    const std::atomic<bool>& leads;  ///< else others' Events are not read
  };
  explicit Views(const Sources& sources) : from_(sources) {}

  /// `evidence` may be null.
  StoredView of(const core::PvcName& pvc, const core::Evidence* evidence) const {
    StoredView stored = from_.store.view(pvc);
    View& view = stored.view;
    view.evidence = evidence;
    view.index_blobs = from_.index.status().blobs;
    if (from_.leads) view.events = from_.events.known();
    from_.workloads.add_to(view);
    from_.memory.add_to(view);
    view.drivers = &from_.classes.known();
    view.secret_copy = from_.copies.state_of(pvc);
    if (const auto unfit = unfit_images_.find(pvc); unfit != unfit_images_.end()) view.unfit_image = &unfit->second;
    return stored;
  }

  /// Of a restore under way, whose image was not offered.
  void note(const core::PvcName& pvc, const UnfitImage& image) { unfit_images_.insert_or_assign(pvc, image); }
  void forget_image(const core::PvcName& pvc) { unfit_images_.erase(pvc); }

 private:
  const Sources from_;
  std::map<core::PvcName, UnfitImage> unfit_images_;
};

}  // namespace holdfast::generator
