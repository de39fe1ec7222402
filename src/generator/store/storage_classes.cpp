#include "src/generator/store/storage_classes.hpp"

#include <utility>

namespace holdfast::generator {
namespace {

using Is = kube::WatchState::Is;

constexpr std::size_t kMostClasses = 10'000;  ///< nobody has as many

}  // namespace

void StorageClasses::apply(Kind kind, const core::DriverClass& one) {
  unseen(kind).erase(one.name);
  auto& drivers = classes(kind).drivers;
  const auto found = drivers.find(one.name);
  if (found == drivers.end() ? drivers.size() >= kMostClasses : found->second == one.driver) return;
  drivers.insert_or_assign(one.name, one.driver);
  if (classes(kind).asked) changed_();  // else it is told with the end of the list
}

void StorageClasses::remove(Kind kind, const std::string& name) {
  if (classes(kind).drivers.erase(name) > 0) changed_();
}

void StorageClasses::begin_reset(Kind kind) {
  unseen(kind).clear();
  for (const auto& [name, driver] : classes(kind).drivers) unseen(kind).insert(name);
}

void StorageClasses::end_reset(Kind kind) {
  for (const std::string& name : std::exchange(unseen(kind), {})) remove(kind, name);
}

void StorageClasses::set_state(Kind kind, const kube::WatchState& state) {
  Classes next = classes(kind);
  if (state.is == Is::Forbidden || state.is == Is::Absent) next = Classes{true, false, {}};
  if (state.is == Is::Current) next.asked = next.listed = true;
  // What was listed stays a good enough picture for a while: classes hardly change, and not their drivers.
  if (next == classes(kind)) return;
  classes(kind) = std::move(next);
  changed_();
}

}  // namespace holdfast::generator
