#include <catch2/catch.hpp>

#include "holdfast/json/objects.hpp"
#include "tests/unit/json/read_object.hpp"

using namespace holdfast;
using namespace holdfast::json;

TEST_CASE("a class is read with its driver, which the two kinds call differently") {
  const core::DriverClass storage = good(read_storage_class(
      R"({"metadata":{"name":"fast"},"provisioner":"a.csi","driver":"x","parameters":{"kind":"fast"}})"));
  CHECK(storage.name == "fast");
  CHECK(storage.driver == "a.csi");
  const core::DriverClass snapshots = good(read_snapshot_class(
      R"({"metadata":{"name":"snap"},"driver":"a.csi","provisioner":"x","deletionPolicy":"Delete"})"));
  CHECK(snapshots.name == "snap");
  CHECK(snapshots.driver == "a.csi");
  CHECK(fault(read_storage_class(R"({"provisioner":"a.csi"})")) == "metadata.name: missing");
  CHECK(fault(read_snapshot_class(R"({"metadata":{"name":"s"},"driver":7})")) ==
        "driver: expected a string, found a number");
}
