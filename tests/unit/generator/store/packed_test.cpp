#include "src/generator/store/packed.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "holdfast/volsync/objects.hpp"
#include "tests/unit/generator/same_object.hpp"

using namespace holdfast;
using generator::PackedClaim;
using generator::PackedObject;
using generator::Place;
using generator::test::check_same;

namespace {

const std::string kBinary("\0\x01\x7f\x80\xff\n\"", 7);

core::Time at(std::int64_t nanoseconds) { return core::Time(core::Time::duration(nanoseconds)); }

/// Every field says something else.
core::Observed full() {
  core::Observed object;
  object.meta.ns = "media";
  object.meta.name = "data-backup";
  object.meta.uid = "0d7c";
  object.meta.resource_version = "18446744073709551615";
  object.meta.created = at(1'772'366'400'123'456'789);
  object.meta.deleting = true;
  object.meta.labels = {{std::string(volsync::key::kManagedBy), "holdfast"}, {"app", "jelly"}, {"blank", ""}};
  object.meta.annotations = {{std::string(volsync::key::kPvc), "data"}, {"True", "Successful"}, {"", "x"}};
  object.meta.owners = {{"PersistentVolumeClaim", "data", "u1"}, {"Application", "media", "u2"}};
  object.spec = R"({"sourcePVC":"data"})";
  object.status = {"token", at(5), at(-5), true, "Failed", "line 1\nline 2", core::Image{"group", "kind", "name"}};
  object.status.error = "no Secret";
  object.status.error_since = at(9);
  object.ready = "SecretSyncedError: no such key";
  return object;
}

core::Claim full_claim() {
  core::Claim claim;
  claim.pvc.ns = "media";
  claim.pvc.name = "data";
  claim.pvc.generate_name = "da";
  claim.pvc.has_annotations = true;
  claim.pvc.labels = {{"backup", "hourly"}, {"app", "jelly"}};
  claim.pvc.annotations = {{"pv.kubernetes.io/bind-completed", "yes"}, {"note", kBinary}};
  claim.pvc.owners = {{"StatefulSet", true, "u2"}, {"Application", false, ""}};
  claim.pvc.volume_mode = "Filesystem";
  claim.pvc.volume_name = "pvc-0d7c";
  claim.pvc.storage_class = "fast";
  claim.pvc.has_selector = true;
  claim.pvc.requested_bytes = 1'073'741'824;
  claim.pvc.data_source = core::ObjectReference{"", "PersistentVolumeClaim", "older", "other"};
  claim.pvc.data_source_ref = core::ObjectReference{"volsync.backube", "ReplicationDestination", "data-backup", ""};
  claim.uid = "u1";
  claim.resource_version = "42";
  claim.created = at(7);
  claim.deleting = true;
  claim.phase = core::Claim::Phase::Lost;
  claim.access_modes = {"ReadWriteOnce", "ReadOnlyMany"};
  claim.requested = "1Gi";
  claim.capacity = "2Gi";
  return claim;
}

void check_comes_back(const core::Claim& claim) { check_same(PackedClaim(claim).unpack(), claim); }

void check_comes_back(const core::Observed& object) { check_same(PackedObject(object).unpack(), object); }

}  // namespace

TEST_CASE("an object comes back from its bytes as it went in") {
  check_comes_back(full());
  check_comes_back(core::Observed{});
  check_comes_back(full_claim());
  check_comes_back(core::Claim{});
}

TEST_CASE("what is not said comes back as not said, each by itself") {
  core::Observed object = full();
  SECTION("created") { object.meta.created.reset(); }
  SECTION("deleting") { object.meta.deleting = false; }
  SECTION("last_sync") { object.status.last_sync.reset(); }
  SECTION("sync_started") { object.status.sync_started.reset(); }
  SECTION("error") { object.status.error = "other"; }
  SECTION("error_since") { object.status.error_since.reset(); }
  SECTION("synchronizing") { object.status.synchronizing = false; }
  SECTION("image") { object.status.image.reset(); }
  SECTION("labels") { object.meta.labels.clear(); }
  SECTION("owners") { object.meta.owners.clear(); }
  check_comes_back(object);
}

TEST_CASE("what a claim does not say comes back as not said, which is not the same as empty or nothing") {
  core::Claim claim = full_claim();
  SECTION("no storage class") { claim.pvc.storage_class.reset(); }
  SECTION("an empty storage class") { claim.pvc.storage_class = ""; }
  SECTION("no size") { claim.pvc.requested_bytes.reset(); }
  SECTION("a size of nothing") { claim.pvc.requested_bytes = 0; }
  SECTION("the largest size") { claim.pvc.requested_bytes = std::numeric_limits<std::int64_t>::max(); }
  SECTION("no source") { claim.pvc.data_source.reset(); }
  SECTION("a source that names nothing") { claim.pvc.data_source = core::ObjectReference{}; }
  SECTION("no reference") { claim.pvc.data_source_ref.reset(); }
  SECTION("neither moment nor phase") {
    claim.created.reset();
    claim.deleting = false;
    claim.phase = core::Claim::Phase::Pending;
  }
  check_comes_back(claim);
}

TEST_CASE("texts of any length and bytes come back") {
  const std::size_t length = GENERATE(0, 1, 127, 128, 16'383, 16'384, 3'000'000);
  core::Observed object = full();
  object.spec = std::string(length, '\xc3');
  object.meta.name = object.status.mover_logs = kBinary + std::string(length, '\0') + kBinary;
  object.meta.annotations[kBinary] = object.spec;
  check_comes_back(object);
}

TEST_CASE("moments come back at both ends of their range") {
  core::Observed object;
  object.meta.created = core::Time::min();
  object.status.last_sync = core::Time::max();
  object.status.sync_started = at(0);
  object.end_seen = std::chrono::steady_clock::time_point::max();
  check_comes_back(object);
}

TEST_CASE("packed objects are ordered and found by namespace, then name") {
  const auto packed = [](const std::string& ns, const std::string& name) {
    core::Observed object;
    object.meta.ns = ns;
    object.meta.name = name;
    return PackedObject(object);
  };
  const generator::ByPlace before;
  CHECK(before(packed("a", "z"), packed("b", "a")));
  CHECK(before(packed("a", "b"), packed("a", "ba")));
  CHECK_FALSE(before(packed("a", "b"), packed("a", "b")));
  CHECK(before(packed("a", "b"), Place("a", "c")));
  CHECK(before(Place("a", "a"), packed("a", "b")));
  CHECK(packed("media", "data").place() == Place("media", "data"));
}

TEST_CASE("an object as we write them takes hardly more room than its texts") {
  core::Observed object = full();
  object.meta.labels = {{std::string(volsync::key::kManagedBy), "holdfast"},
                        {std::string(volsync::key::kPvcLabel), "data"}};
  object.meta.annotations = {{std::string(volsync::key::kPvc), "data"}};
  object.spec = std::string(500, 's');
  CHECK(PackedObject(object).size() < object.spec.size() + 250);
}
