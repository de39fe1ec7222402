// What the store keeps of an object or a claim is all of it, whatever it holds.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

#include "src/generator/store/packed.hpp"
#include "tests/unit/generator/same_object.hpp"

namespace {

using namespace holdfast;

bool flag() { return *rc::gen::arbitrary<bool>(); }
std::size_t count() { return *rc::gen::inRange<std::size_t>(0, 4); }

/// Any bytes; now and then one of those words that take one.
std::string text() {
  return *rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                         rc::gen::elementOf(std::vector<std::string>{"", "holdfast", "True", "Successful", "backup",
                                                                     "holdfast.dev/pvc", "PersistentVolumeClaim"}));
}

std::optional<core::Time> moment() {
  if (flag()) return std::nullopt;
  return core::Time(core::Time::duration(*rc::gen::arbitrary<std::int64_t>()));
}

core::StringMap map() {
  core::StringMap map;
  for (std::size_t left = count(); left > 0; --left) map[text()] = text();
  return map;
}

core::Meta meta() {
  core::Meta meta{text(), text(), text(), text(), moment(), flag(), map(), map(), {}};
  for (std::size_t left = count(); left > 0; --left) meta.owners.push_back({text(), text(), text()});
  return meta;
}

core::Observed object() {
  core::SyncStatus status{text(), moment(), moment(), flag(), text(), text(), {}};
  if (flag()) status.image = core::Image{text(), text(), text()};
  return {meta(), text(), status, text()};
}

std::optional<core::ObjectReference> reference() {
  if (flag()) return std::nullopt;
  return core::ObjectReference{text(), text(), text(), text()};
}

core::Claim claim() {
  core::Claim claim;
  claim.pvc = {text(), text(), text(), flag(), map(), map(),       {},
               text(), text(), {},     flag(), {},    reference(), reference()};
  for (std::size_t left = count(); left > 0; --left) claim.pvc.owners.push_back({text(), flag()});
  if (flag()) claim.pvc.storage_class = text();
  if (flag()) claim.pvc.requested_bytes = *rc::gen::arbitrary<std::int64_t>();
  claim.uid = text();
  claim.resource_version = text();
  claim.created = moment();
  claim.deleting = flag();
  claim.phase = *rc::gen::element(core::Claim::Phase::Pending, core::Claim::Phase::Bound, core::Claim::Phase::Lost);
  for (std::size_t left = count(); left > 0; --left) claim.access_modes.push_back(text());
  claim.requested = text();
  claim.capacity = text();
  return claim;
}

}  // namespace

TEST_CASE("whatever an object holds comes back from its bytes") {
  CHECK(rc::check([] {
    const core::Observed object = ::object();
    generator::test::check_same(generator::PackedObject(object).unpack(), object);
  }));
}

TEST_CASE("whatever a claim holds comes back from its bytes, and its place is read from them") {
  CHECK(rc::check([] {
    const core::Claim claim = ::claim();
    const generator::PackedClaim packed(claim);
    generator::test::check_same(packed.unpack(), claim);
    RC_ASSERT(packed.place() == generator::Place(claim.pvc.ns, claim.pvc.name));
  }));
}
