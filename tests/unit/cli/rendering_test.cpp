#include "src/cli/rendering.hpp"

#include <catch2/catch.hpp>

#include "src/cli/output.hpp"
#include "tests/unit/cli/input_text.hpp"

using namespace holdfast;
using namespace holdfast::cli;
using namespace holdfast::test;
using Catch::Contains;
using volsync::Part;

namespace {

const std::string kHourly = "labels: {backup: hourly}";

Settings settings() {
  Settings settings;
  settings.policy = with_catalog();
  return settings;
}

std::vector<std::string> parts(const Rendering& rendering) {
  std::vector<std::string> words;
  for (const auto& object : rendering.objects) words.push_back(std::string(to_string(object.part)) + " " + object.name);
  return words;
}

std::vector<Json::Value> bodies(const Rendering& rendering) {
  std::vector<Json::Value> all;
  for (const auto& object : rendering.objects) all.push_back(object.body);
  return all;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a protected PVC gets its destination and its source, and what else the settings ask for") {
  Settings s = settings();
  const Input file = input(claim("photos", kHourly + ", annotations: {holdfast.dev/offsite: 'true'}"));
  CHECK(parts(render_objects(file, nullptr, s)) == Words{"destination photos-backup", "source photos-backup"});
  s.generator.secret.mode = volsync::SecretOptions::Mode::ExternalSecret;
  s.generator.secret.store = s.generator.secret.key = "x";
  CHECK(parts(render_objects(file, nullptr, s)).front() == "secret volsync-photos");
  s.generator.offsite.enabled = true;
  CHECK(parts(render_objects(file, nullptr, s)).size() == 5);
}

TEST_CASE("what is not protected is left out, with the reason") {
  const Input file = input(claim("a", "labels: {app: x}") + claim("b", "labels: {backup: weekly}") +
                           claim("c",
                                 "labels: {backup-exempt: 'true'}, "
                                 "annotations: {volsync.backup/backup-exempt-reason: a cache}"));
  const Rendering rendering = render_objects(file, nullptr, settings());
  CHECK(rendering.objects.empty());
  REQUIRE(rendering.skipped.size() == 3);
  CHECK(rendering.skipped[0] == "media/a: skipped-not-opted-in");
  CHECK(rendering.skipped[2] == "media/c: exempt");
}

TEST_CASE("an annotation that cannot be read is a problem, and the rest is rendered") {
  const Rendering rendering = render_objects(
      input(claim("photos", kHourly + ", annotations: {holdfast.dev/parallelism: many}")), nullptr, settings());
  CHECK(rendering.objects.size() == 2);
  REQUIRE(rendering.problems.size() == 1);
  CHECK_THAT(rendering.problems[0], Contains("media/photos: ") && Contains("holdfast.dev/parallelism"));
}

TEST_CASE("the identity is where complete backups lie, or the first of the PVC's places") {
  Settings s = settings();
  s.policy.identities = {*core::IdentityTemplate::parse("{pvc}@{namespace}:/data"),
                         *core::IdentityTemplate::parse("{pvc}_old@{namespace}:/data")};
  const Input file = input(claim("photos", kHourly));
  const auto user = [&](const core::Evidence* evidence) {
    return render_objects(file, evidence, s).objects.back().body["spec"]["kopia"]["username"].asString();
  };
  CHECK(user(nullptr) == "photos");
  const core::Evidence backups = evidence({fakes::listed("s1", "photos_old@media:/data")});
  CHECK(user(&backups) == "photos_old");
  const core::Evidence nothing_known;
  CHECK(user(&nothing_known) == "photos");
}

TEST_CASE("the same file always renders to the same bytes, without an owner that no file can name") {
  const Input file = input(claim("b", kHourly) + claim("a", kHourly));
  const std::string text = manifests(bodies(render_objects(file, nullptr, settings())), Output::Text);
  CHECK(text == manifests(bodies(render_objects(file, nullptr, settings())), Output::Yaml));
  CHECK_THAT(text, !Contains("ownerReferences") && Contains("---\napiVersion: \"volsync.backube/v1alpha1\"\n"));
  CHECK(text.find("b-backup") < text.find("a-backup"));  // in the order of the file
}

TEST_CASE("of a PVC as the cluster has it the objects name their owner, as those that are written do") {
  const Input file = input(claim("a", kHourly + ", uid: 11111111-2222-3333-4444-555555555555"));
  const Rendering rendering = render_objects(file, nullptr, settings());
  REQUIRE(rendering.objects.size() == 2);
  for (const Json::Value& body : bodies(rendering)) {
    const Json::Value& owners = body["metadata"]["ownerReferences"];
    REQUIRE(owners.size() == 1);
    CHECK(owners[0]["kind"] == "PersistentVolumeClaim");
    CHECK(owners[0]["name"] == "a");
    CHECK(owners[0]["uid"] == "11111111-2222-3333-4444-555555555555");
  }
}

TEST_CASE("as JSON the objects are a List that kubectl takes") {
  const std::string text =
      manifests(bodies(render_objects(input(claim("a", kHourly)), nullptr, settings())), Output::Json);
  const Input nothing = input(text);  // our own reader opens it too
  CHECK(nothing.claims.empty());
  CHECK_THAT(text, Contains("\"kind\" : \"List\"") && Contains("\"apiVersion\" : \"v1\""));
  CHECK_THAT(manifests({}, Output::Json), Contains("\"items\" : []"));
  CHECK(manifests({}, Output::Text).empty());
}

TEST_CASE("a restore by hand makes two objects that the generator leaves alone") {
  const RestoreRequest request{{"media", "photos"}, "", "", ""};
  const auto verdict =
      find_snapshot(request, evidence({fakes::listed("s1", "photos-backup@media:/data")}), with_catalog(), kNow);
  REQUIRE(std::holds_alternative<core::Restore>(verdict.outcome));
  const auto objects = restore_objects(request, std::get<core::Restore>(verdict.outcome), settings());
  REQUIRE(objects.size() == 2);
  const Json::Value& destination = objects[0];
  CHECK(destination["kind"] == "ReplicationDestination");
  CHECK(destination["metadata"]["name"] == "photos-restored");
  CHECK(destination["spec"]["kopia"]["username"] == "photos-backup");
  CHECK(destination["spec"]["kopia"]["repository"] == "volsync-photos");
  CHECK(destination["spec"]["kopia"]["restoreAsOf"] == "2026-11-20T01:00:00Z");
  CHECK_FALSE(destination["spec"]["trigger"]["manual"].asString().empty());
  const Json::Value& volume = objects[1];
  CHECK(volume["spec"]["dataSourceRef"]["name"] == "photos-restored");
  CHECK(volume["spec"]["resources"]["requests"]["storage"] == "2Gi");  // 1 MiB, a tenth, and one Gi more
  for (const Json::Value& object : objects) {
    CHECK(object["metadata"].getMemberNames() == std::vector<std::string>{"name", "namespace"});
  }
}

TEST_CASE("a restore by hand takes the time, the name and the size that it is told") {
  const RestoreRequest request{{"media", "photos"}, "2026-11-20T12:00:00Z", "look", "50Gi"};
  const auto verdict =
      find_snapshot(request,
                    evidence({fakes::listed("s1", "photos-backup@media:/data", "2026-11-20T01:00:00Z"),
                              fakes::listed("s2", "photos-backup@media:/data", "2026-11-21T01:00:00Z")}),
                    with_catalog(), kNow);
  REQUIRE(std::holds_alternative<core::Restore>(verdict.outcome));
  const auto& found = std::get<core::Restore>(verdict.outcome);
  CHECK(found.snapshot.id == "s1");
  const auto objects = restore_objects(request, found, settings());
  CHECK(objects[1]["metadata"]["name"] == "look");
  CHECK(objects[1]["spec"]["resources"]["requests"]["storage"] == "50Gi");
}

TEST_CASE("a restore by hand runs as the owner of the snapshot's root, where the settings say auto") {
  core::Restore found;
  found.snapshot.uid = 568;
  found.snapshot.gid = 569;
  Settings automatic;
  automatic.generator.repository.kind = volsync::RepositoryOptions::Kind::S3;
  automatic.generator.backup.security_context.emplace().automatic = true;
  const auto objects = restore_objects({{"media", "photos"}, "", "", ""}, found, automatic);
  const Json::Value& context = objects[0]["spec"]["kopia"]["moverSecurityContext"];
  CHECK(context["runAsUser"] == 568);
  CHECK(context["fsGroup"] == 569);
}

TEST_CASE("without a backup there is nothing to restore by hand, whatever contract is on") {
  core::Policy policy = with_catalog();
  policy.simple_contract = false;
  policy.plumber_contract = true;
  const RestoreRequest request{{"media", "photos"}, "", "", ""};
  CHECK(std::holds_alternative<core::Fresh>(find_snapshot(request, evidence({}), policy, kNow).outcome));
  CHECK(std::holds_alternative<core::Wait>(find_snapshot(request, {}, policy, kNow).outcome));
}
