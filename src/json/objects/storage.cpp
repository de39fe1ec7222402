#include "holdfast/core/quantity.hpp"
#include "holdfast/json/objects.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

using core::DriverClass;
using core::VolumeSnapshot;

constexpr Member kName[] = {{"name", text<&DriverClass::name>()}};
constexpr Member kStorageClassMembers[] = {{"metadata", object(kName)}, {"provisioner", text<&DriverClass::driver>()}};
constexpr Shape kStorageClass = object(kStorageClassMembers);
constexpr Member kSnapshotClassMembers[] = {{"metadata", object(kName)}, {"driver", text<&DriverClass::driver>()}};
constexpr Shape kSnapshotClass = object(kSnapshotClassMembers);

std::variant<DriverClass, ObjectFault> read_class(std::string_view object, const Shape& shape) {
  DriverClass read;
  if (auto fault = fill(object, shape, &read)) return std::move(*fault);
  if (read.name.empty()) return ObjectFault{"metadata.name: missing"};
  return read;
}

const char* set_restore_size(void* snapshot, std::string_view, std::string_view quantity) {
  auto& read = *static_cast<VolumeSnapshot*>(snapshot);
  read.restore_size = quantity;
  read.restore_bytes = core::parse_bytes(quantity);
  return read.restore_bytes ? nullptr : "not a quantity of bytes";
}

constexpr Member kSnapshotStatus[] = {
    {"readyToUse", flag<&VolumeSnapshot::ready>()},
    {"restoreSize", scalar(set_restore_size)},
};
constexpr Member kSnapshotMembers[] = {{"status", object(kSnapshotStatus)}};
constexpr Shape kSnapshot = object(kSnapshotMembers);

}  // namespace

std::variant<DriverClass, ObjectFault> read_storage_class(std::string_view object) {
  return read_class(object, kStorageClass);
}

std::variant<DriverClass, ObjectFault> read_snapshot_class(std::string_view object) {
  return read_class(object, kSnapshotClass);
}

std::variant<VolumeSnapshot, ObjectFault> read_volume_snapshot(std::string_view object) {
  VolumeSnapshot read;
  if (auto fault = fill(object, kSnapshot, &read)) return std::move(*fault);
  return read;
}

}  // namespace holdfast::json
