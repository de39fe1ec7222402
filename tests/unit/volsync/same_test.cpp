#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

namespace {

Object wanted() {
  Scene scene;
  scene.options.repository.kind = RepositoryOptions::Kind::Nfs;
  scene.options.repository.server = "nas";
  scene.options.repository.path = "/kopia";
  return source_object(scene.subject());
}

/// The observed object after `change` to its spec.
template <class Change>
core::Observed changed(Change change) {
  core::Observed observed = applied(wanted());
  Json::Value spec = parse(observed.spec);
  change(spec);
  observed.spec = holdfast::test::print(spec);
  return observed;
}

}  // namespace

TEST_CASE("what was applied is the same") { CHECK(same(wanted(), applied(wanted()))); }

TEST_CASE("defaults and other people's additions do not matter") {
  core::Observed observed = changed([](Json::Value& spec) {
    spec["paused"] = false;
    spec["kopia"]["customCA"]["key"] = "x";
    spec["kopia"]["moverVolumes"][0]["volumeSource"]["nfs"]["readOnly"] = false;
  });
  observed.meta.labels["argocd"] = "app";
  observed.meta.annotations["note"] = "hello";
  observed.meta.owners.insert(observed.meta.owners.begin(), {"Deployment", "x", "other"});
  CHECK(same(wanted(), observed));
}

TEST_CASE("a value, a type or an element that differs is a difference") {
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["trigger"]["schedule"] = "0 0 * * *"; })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"]["parallelism"] = 3; })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"]["parallelism"] = "2"; })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"]["parallelism"] = true; })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"].removeMember("retain"); })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"] = "x"; })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"]["accessModes"][0] = "ReadWriteMany"; })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) {
                     spec["kopia"]["moverVolumes"][0]["volumeSource"]["nfs"]["server"] = "other";
                   })));
}

TEST_CASE("a list with more or fewer elements is a difference") {
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"]["accessModes"].append("ReadOnlyMany"); })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"]["accessModes"].clear(); })));
  CHECK_FALSE(same(wanted(), changed([](Json::Value& spec) { spec["kopia"]["moverVolumes"] = Json::objectValue; })));
}

TEST_CASE("labels, annotations and owner of ours must be there") {
  core::Observed observed = applied(wanted());
  observed.meta.labels[std::string(key::kManagedBy)] = "kyverno";
  CHECK_FALSE(same(wanted(), observed));
  observed = applied(wanted());
  observed.meta.annotations.erase(std::string(key::kPvc));
  CHECK_FALSE(same(wanted(), observed));
  observed = applied(wanted());
  observed.meta.owners[0].uid = "the PVC before";
  CHECK_FALSE(same(wanted(), observed));
  observed.meta.owners.clear();
  CHECK_FALSE(same(wanted(), observed));
}

TEST_CASE("what was applied before and is wanted no more is a difference") {
  Scene scene;
  const core::Observed before = applied(destination_object(scene.subject(), {"uid/snapshot", "log"}));
  const Object now = destination_object(scene.subject(), {});
  CHECK_FALSE(same(now, before));
}

TEST_CASE("a spec that cannot be read is a difference") {
  for (const char* spec : {"", "{", "null", "[]", "{} x"}) {
    core::Observed observed = applied(wanted());
    observed.spec = spec;
    CHECK_FALSE(same(wanted(), observed));
  }
}

TEST_CASE("numbers beyond 32 bits compare") {
  Scene scene;
  scene.options.backup.security_context = full_security_context();
  const Object object = source_object(scene.subject());
  CHECK(same(object, applied(object)));
}

TEST_CASE("every kind of object is the same as itself") {
  Scene scene;
  scene.options.own_namespace = "holdfast";
  scene.options.repository.kind = RepositoryOptions::Kind::S3;
  scene.options.secret.mode = SecretOptions::Mode::ExternalSecret;
  scene.options.kyverno_cleanup = true;
  std::vector<Object> objects = installation_objects(scene.policy, scene.options);
  CHECK(objects.size() == 3);
  objects.push_back(secret_object(scene.subject()));
  objects.push_back(destination_object(scene.subject(), {"u/s", "log"}));
  objects.push_back(run_object(scene.subject(), {scene.identity, "2026-11-21T08:46:10Z", "t"}));
  objects.push_back(offsite_secret_object(scene.subject()));
  objects.push_back(offsite_source_object(scene.subject()));
  for (const Object& object : objects) {
    INFO(to_string(object.part));
    CHECK(same(object, applied(object)));
  }
}
