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

TEST_CASE("of a volume snapshot its size is read as written and in bytes") {
  const auto with = [](const char* status) {
    return good(read_volume_snapshot(std::string(R"({"metadata":{"name":"s"},"status":)") + status + "}"));
  };
  const core::VolumeSnapshot ready = with(R"({"readyToUse":true,"restoreSize":"2Gi"})");
  CHECK(ready.ready);
  CHECK(ready.restore_size == "2Gi");
  CHECK(ready.restore_bytes == std::int64_t{2} << 30);
  CHECK(with(R"({"restoreSize":2147483648})").restore_bytes == std::int64_t{2} << 30);
  for (const char* silent : {R"({"readyToUse":false})", "{}", "null"}) {
    CHECK_FALSE(with(silent).ready);
    CHECK_FALSE(with(silent).restore_bytes);
  }
  CHECK_FALSE(good(read_volume_snapshot(R"({"metadata":{"name":"s"}})")).ready);
  CHECK(fault(read_volume_snapshot(R"({"status":{"restoreSize":"much"}})")) ==
        "status.restoreSize: not a quantity of bytes");
}
