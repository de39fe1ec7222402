#include "holdfast/json/objects.hpp"
#include "src/json/object_reader.hpp"

namespace holdfast::json {
namespace {

using core::DriverClass;

constexpr Member kName[] = {{"name", text<&DriverClass::name>()}};
constexpr Member kStorageClassMembers[] = {{"metadata", object(kName)}, {"provisioner", text<&DriverClass::driver>()}};
constexpr Shape kStorageClass = object(kStorageClassMembers);
constexpr Member kSnapshotClassMembers[] = {{"metadata", object(kName)}, {"driver", text<&DriverClass::driver>()}};
constexpr Shape kSnapshotClass = object(kSnapshotClassMembers);

std::variant<DriverClass, ObjectFault> read_class(std::string_view object, const Shape& shape) {
  DriverClass read;
  if (auto fault = fill(object, shape, &read, kObjectLimits)) return std::move(*fault);
  if (read.name.empty()) return ObjectFault{"metadata.name: missing"};
  return read;
}

}  // namespace

std::variant<DriverClass, ObjectFault> read_storage_class(std::string_view object) {
  return read_class(object, kStorageClass);
}

std::variant<DriverClass, ObjectFault> read_snapshot_class(std::string_view object) {
  return read_class(object, kSnapshotClass);
}

}  // namespace holdfast::json
