#include <catch2/catch.hpp>

#include <set>
#include <string>

#include "holdfast/volsync/objects.hpp"

using namespace holdfast;
using namespace holdfast::volsync;

namespace {

constexpr Part kAllParts[] = {Part::Secret,        Part::Destination,   Part::RestoreRun,        Part::Source,
                              Part::OffsiteSecret, Part::OffsiteSource, Part::MaintenanceSecret, Part::Maintenance,
                              Part::CleanupPolicy};
constexpr Part kPartsOfPvc[] = {Part::Secret, Part::Destination,   Part::RestoreRun,
                                Part::Source, Part::OffsiteSecret, Part::OffsiteSource};

bool is_subdomain(const std::string& name) { return core::parse_pvc_name("x/" + name).has_value(); }

}  // namespace

TEST_CASE("the default strategy names objects as the kyverno policies did") {
  const Names found = names(core::Naming::LegacyBackup, "data");
  CHECK(found.secret == "volsync-data");
  CHECK(found.destination == "data-backup");
  CHECK(found.source == "data-backup");
  CHECK(found.run == "data-restore");
}

TEST_CASE("strategy v4 names objects as pvc-plumber v4 did") {
  const Names found = names(core::Naming::V4, "data");
  CHECK(found.secret == "volsync-data");
  CHECK(found.destination == "data-dst");
  CHECK(found.source == "data");
  CHECK(found.run == "data-restore");
}

TEST_CASE("the off-site objects of a PVC never bear the name of another PVC's secret") {
  CHECK(names(core::Naming::V4, "data").offsite_secret != names(core::Naming::V4, "data-offsite").secret);
  CHECK(names(core::Naming::V4, "data").offsite_secret != names(core::Naming::V4, "offsite-data").secret);
}

TEST_CASE("the destination is where the webhook points PVCs to") {
  for (const core::Naming naming : {core::Naming::LegacyBackup, core::Naming::V4}) {
    for (const std::string& pvc : {std::string("data"), std::string(253, 'a')}) {
      CHECK(names(naming, pvc).destination == core::destination_name(naming, pvc));
    }
  }
}

TEST_CASE("a name can be asked for by its part") {
  const Names found = names(core::Naming::LegacyBackup, "data");
  CHECK(found.of(Part::Secret) == found.secret);
  CHECK(found.of(Part::Destination) == found.destination);
  CHECK(found.of(Part::RestoreRun) == found.run);
  CHECK(found.of(Part::Source) == found.source);
  CHECK(found.of(Part::OffsiteSecret) == found.offsite_secret);
  CHECK(found.of(Part::OffsiteSource) == found.offsite_source);
  CHECK(found.of(Part::Maintenance).empty());
}

TEST_CASE("names of long PVCs are valid, distinct and the same every time") {
  for (const core::Naming naming : {core::Naming::LegacyBackup, core::Naming::V4}) {
    for (const Part part : kPartsOfPvc) {
      std::set<std::string> seen;
      for (std::size_t length = 201; length <= 253; ++length) {
        for (const char last : {'x', 'y', '7'}) {
          const std::string pvc = std::string(length - 2, 'a') + "-" + last;
          const std::string name = names(naming, pvc).of(part);
          CHECK(name.size() <= 253);
          CHECK(is_subdomain(name));
          CHECK(name == names(naming, pvc).of(part));
          CHECK(seen.insert(name).second);
        }
      }
    }
  }
}

TEST_CASE("a name that would be cut at a dot stays valid") {
  for (std::size_t dot = 225; dot < 245; ++dot) {
    std::string pvc(253, 'a');
    pvc[dot] = '.';
    for (const Part part : kPartsOfPvc) CHECK(is_subdomain(names(core::Naming::LegacyBackup, pvc).of(part)));
  }
}

TEST_CASE("the PVC's label holds its name, or at 64 bytes and more a prefix and a hash") {
  CHECK(pvc_label("data") == "data");
  CHECK(pvc_label(std::string(63, 'a')) == std::string(63, 'a'));
  const std::string longer = std::string(60, 'a') + ".one", other = std::string(60, 'a') + ".two";
  CHECK(pvc_label(longer).size() <= 63);
  CHECK(is_subdomain(pvc_label(longer)));
  CHECK(pvc_label(longer) != pvc_label(other));
}

TEST_CASE("parts print as words, each its own") {
  std::set<std::string_view> words;
  for (const Part part : kAllParts) CHECK(words.insert(to_string(part)).second);
  CHECK(to_string(Part::Secret) == "secret");
  CHECK(to_string(Part::Destination) == "destination");
  CHECK(to_string(Part::RestoreRun) == "run");
  CHECK(to_string(Part::Source) == "source");
}

TEST_CASE("each part is of the kind that its operator reads") {
  CHECK(resource(Part::Secret) == kube::kExternalSecrets);
  CHECK(resource(Part::OffsiteSecret) == kube::kExternalSecrets);
  CHECK(resource(Part::MaintenanceSecret) == kube::kExternalSecrets);
  CHECK(resource(Part::Destination) == kube::kReplicationDestinations);
  CHECK(resource(Part::RestoreRun) == kube::kReplicationDestinations);
  CHECK(resource(Part::Source) == kube::kReplicationSources);
  CHECK(resource(Part::OffsiteSource) == kube::kReplicationSources);
  CHECK(resource(Part::Maintenance) == kube::kKopiaMaintenances);
  CHECK(resource(Part::CleanupPolicy) == kube::kClusterCleanupPolicies);
}
