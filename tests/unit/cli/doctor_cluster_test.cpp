// `doctor`, what it finds in the cluster.
#include <catch2/catch.hpp>

#include "holdfast/certs/generation.hpp"
#include "holdfast/kube/base64.hpp"
#include "tests/unit/cli/doctor_bench.hpp"
#include "tests/unit/cli/input_text.hpp"

using namespace holdfast;
using namespace holdfast::test;
using namespace holdfast::cli;
using Catch::Contains;

namespace {

const std::string kVolSync = "/apis/volsync.backube/v1alpha1";
const std::string kVolSyncKinds =
    R"({"resources":[{"name":"replicationsources"},{"name":"replicationdestinations"},{"name":"kopiamaintenances"}]})";
const std::string kWithKopia =
    R"({"components":{"schemas":{"backube.volsync.v1alpha1.ReplicationSource":
        {"properties":{"spec":{"properties":{"kopia":{"type":"object"}}}}}}}})";

void install_kinds(Cluster& cluster) {
  cluster.has(kVolSync, kVolSyncKinds);
  cluster.has("/openapi/v3" + kVolSync, kWithKopia);
  cluster.has("/apis/snapshot.storage.k8s.io/v1", R"({"resources":[{"name":"volumesnapshots"}]})");
}

/// One entry of a webhook configuration.
struct Entry {
  std::string path;
  std::string policy = "Fail";
  std::string bundle = {};
  std::string excluded = "holdfast-system";
};

std::string configurations(const Entry& entry) {
  return R"({"items":[{"metadata":{"name":"holdfast"},"webhooks":[{"name":"pvc.holdfast.dev","failurePolicy":")" +
         entry.policy + R"(","clientConfig":{"caBundle":")" + entry.bundle + R"(","service":{"path":")" + entry.path +
         R"("}},"namespaceSelector":{"matchExpressions":[{"key":"n","operator":"NotIn","values":["kube-system",")" +
         entry.excluded + R"("]}]}}]}]})";
}

const std::string kAdmission = "/apis/admissionregistration.k8s.io/v1/";

void register_webhooks(Cluster& cluster, Entry entry) {
  entry.path = "/mutate/pvc";
  cluster.has(kAdmission + "mutatingwebhookconfigurations", configurations(entry));
  entry.path = "/validate/pvc";
  cluster.has(kAdmission + "validatingwebhookconfigurations", configurations(entry));
}

Settings in_holdfast_system() {
  Settings settings;
  settings.generator.own_namespace = "holdfast-system";
  return settings;
}

std::string webhooks_of(Cluster& cluster, const Settings& settings) {
  return text_of([&](diagnosis::Part part) { diagnosis::check_webhooks(settings, cluster.cluster, part); });
}

}  // namespace

TEST_CASE("a cluster that refuses our credentials fails, one that does not answer is unknown") {
  Cluster cluster;
  bool goes_on = false;
  const auto text = [&] {
    return text_of([&](auto part) { goes_on = diagnosis::check_cluster(cluster.cluster, "host", part); });
  };
  cluster.has("/version", R"({"gitVersion":"v1.34.4"})");
  CHECK_THAT(text(), Contains("ok      part: host is v1.34.4"));
  CHECK(goes_on);
  cluster.pages["/version"] = fakes::refusal(401, "Unauthorized");
  CHECK_THAT(text(), Contains("fail    part: host does not let us in"));
  CHECK_FALSE(goes_on);
  cluster.pages["/version"] = fakes::refusal(500, "InternalError");
  CHECK_THAT(text(), Contains("unknown part: host does not answer"));
}

TEST_CASE("a permission that is missing is named with its verbs") {
  Cluster cluster;
  Settings settings = in_holdfast_system();
  const auto text = [&] {
    return text_of([&](auto part) { diagnosis::check_permissions(settings, cluster.cluster, part); });
  };
  CHECK_THAT(text(), Contains("ok      part: all ") && !Contains("fail"));
  cluster.denied = "replicationdestinations";
  CHECK_THAT(text(), Contains("fail    part: may not get, list, watch, create, patch, delete "
                              "replicationdestinations.volsync.backube; add it to holdfast's ClusterRole"));
  CHECK_THAT(text(), Contains("may not patch replicationdestinations/status.volsync.backube"));
  cluster.denied = "externalsecrets";
  CHECK_THAT(text(), !Contains("fail"));
  settings.generator.secret.mode = volsync::SecretOptions::Mode::ExternalSecret;
  CHECK_THAT(text(), Contains("externalsecrets.external-secrets.io"));
  cluster.denied = "jobs";
  CHECK_THAT(text(), Contains("may not get, list, watch jobs.batch"));
  cluster.denied = "pods";
  CHECK_THAT(text(), !Contains("fail"));
  settings.generator.pod_insight = true;
  CHECK_THAT(text(), Contains("may not list, watch pods; "));
}

TEST_CASE("definitions that are missing are named, and a VolSync without the kopia mover too") {
  Cluster cluster;
  Settings settings;
  const auto text = [&] {
    return text_of([&](auto part) { diagnosis::check_kinds(settings, cluster.cluster, part); });
  };
  CHECK_THAT(text(), Contains("fail    part: volsync.backube/v1alpha1 is not served; install VolSync") &&
                         Contains("snapshot.storage.k8s.io/v1 is not served"));
  install_kinds(cluster);
  CHECK_THAT(text(), Contains("ok      part: ") && !Contains("fail"));
  cluster.has("/openapi/v3" + kVolSync,
              R"({"components":{"schemas":{"backube.volsync.v1alpha1.ReplicationSource":{"properties":{}}}}})");
  CHECK_THAT(text(), Contains("fail    part: this VolSync has no kopia mover"));
  cluster.has(kVolSync, R"({"resources":[{"name":"replicationsources"},{"name":"replicationdestinations"}]})");
  CHECK_THAT(text(), Contains("kopiamaintenances is not served"));
  settings.generator.secret.mode = volsync::SecretOptions::Mode::ExternalSecret;
  CHECK_THAT(text(), Contains("external-secrets.io/v1 is not served; install External Secrets"));
}

TEST_CASE("webhook configurations that are well are one line") {
  Cluster cluster;
  register_webhooks(cluster, {});
  CHECK(webhooks_of(cluster, in_holdfast_system()) ==
        "ok      part: registered, fail closed, and trusting our certificate\n");
}

TEST_CASE("a webhook configuration that is missing, open, or guards its own namespace fails") {
  Cluster cluster;
  const Settings settings = in_holdfast_system();
  cluster.has(kAdmission + "mutatingwebhookconfigurations", R"({"items":[]})");
  cluster.pages[kAdmission + "validatingwebhookconfigurations"] = fakes::refusal(403, "Forbidden");
  CHECK_THAT(webhooks_of(cluster, settings),
             Contains("fail    part: no MutatingWebhookConfiguration leads to /mutate/pvc") &&
                 Contains("unknown part: validatingwebhookconfigurations cannot be listed"));
  register_webhooks(cluster, {.path = {}, .policy = "Ignore"});
  CHECK_THAT(webhooks_of(cluster, settings), Contains("is not asked while holdfast is away; set failurePolicy: Fail"));
  register_webhooks(cluster, {.path = {}, .excluded = "other"});
  CHECK_THAT(webhooks_of(cluster, settings), Contains("guards holdfast's own namespace holdfast-system"));
}

TEST_CASE("a configuration of an earlier version, and one that comes after ours, are named") {
  Cluster cluster;
  register_webhooks(cluster, {});
  const auto with = [&](const std::string& name, const std::string& entry) {
    std::string list = configurations({.path = "/mutate/pvc"});
    list.insert(list.find('[') + 1, R"({"metadata":{"name":")" + name + R"("},"webhooks":[)" + entry + "]},");
    cluster.has(kAdmission + "mutatingwebhookconfigurations", list);
    return webhooks_of(cluster, in_holdfast_system());
  };
  const auto sees = [](const std::string& resource, const std::string& operation) {
    const std::string group = resource == "deployments" ? "apps" : resource == "*/*" ? "*" : "";
    return R"({"name":"x","rules":[{"apiGroups":[")" + group + R"("],"resources":[")" + resource +
           R"("],"operations":[")" + operation + R"("]}]})";
  };
  const std::string ours =
      R"({"name":"pvc.holdfast.dev","failurePolicy":"Fail","clientConfig":{"service":{"path":"/mutate/pvc"}},)"
      R"("namespaceSelector":{"matchExpressions":[{"operator":"NotIn","values":["holdfast-system"]}]}})";
  CHECK(
      with("before", ours) ==
      "warn    part: PVCs are asked about twice: MutatingWebhookConfiguration before is there besides holdfast; where "
      "it is an earlier version's, kubectl delete mutatingwebhookconfiguration before\n");
  CHECK_THAT(with("later", sees("persistentvolumeclaims", "CREATE")),
             Contains("warn    part: MutatingWebhookConfiguration later comes after holdfast: "));
  CHECK_THAT(with("later", sees("*", "*")), Contains("later comes after"));
  CHECK_THAT(with("later", sees("*/*", "CREATE")), Contains("later comes after"));
  for (const std::string& other :
       {sees("pods", "CREATE"), sees("deployments", "CREATE"), sees("persistentvolumeclaims", "UPDATE"), std::string()})
    CHECK_THAT(with("later", other), Contains("ok      part: "));
  CHECK_THAT(with("earlier", sees("*", "*")), Contains("ok      part: "));
}

TEST_CASE("the webhook of mover Jobs is needed where the repository is injected") {
  Cluster cluster;
  register_webhooks(cluster, {});
  Settings settings = in_holdfast_system();
  settings.generator.repository.inject = true;
  CHECK_THAT(webhooks_of(cluster, settings), Contains("leads to /mutate/job"));
}

TEST_CASE("a caBundle must hold our authority") {
  Cluster cluster;
  const CertificateFolder ours(std::chrono::days(90), kNow);
  Settings settings = ours.settings();
  register_webhooks(cluster, {.path = {}, .bundle = "bm90IG91cnM="});
  CHECK_THAT(webhooks_of(cluster, settings),
             Contains("does not trust the certificate that is served; put ca.crt into its caBundle"));
  register_webhooks(cluster, {.path = {}, .bundle = kube::encode_base64(ours.set.ca_crt)});
  CHECK_THAT(webhooks_of(cluster, settings), Contains("ok      part: "));
}

TEST_CASE("a caBundle that others write is theirs to mend") {
  Cluster cluster;
  const CertificateFolder ours(std::chrono::days(90), kNow);
  Settings settings = ours.settings();
  register_webhooks(cluster, {});
  settings.certs.mode = Settings::Certs::Mode::CertManager;
  CHECK_THAT(webhooks_of(cluster, settings), Contains("does not trust") && Contains("cainjector"));
}

TEST_CASE("a certificate that replicas share is told with its end, its names, and that it is not renewed") {
  Cluster cluster;
  Settings settings = in_holdfast_system();
  settings.certs.mode = Settings::Certs::Mode::Self;
  const auto at = [&](std::chrono::days later) {
    return text_of([&](auto part) { diagnosis::check_own_certificate(settings, cluster.cluster, kNow + later, part); });
  };
  const auto days = [](int count) { return std::chrono::days(count); };
  const std::string page = "/api/v1/namespaces/holdfast-system/secrets/holdfast-self-signed";
  CHECK_THAT(at(days(0)), Contains("warn    part: Secret holdfast-system/holdfast-self-signed is not there yet"));
  cluster.pages[page] = fakes::refusal(403, "Forbidden");
  CHECK_THAT(at(days(0)), Contains("unknown part: "));
  const auto made = certs::make_generation(
      {"holdfast.holdfast-system.svc", "holdfast.holdfast-system.svc.cluster.local"}, days(90), kNow);
  const auto share = [&](const std::string& key) {
    cluster.has(page, R"({"metadata":{"resourceVersion":"1"},"data":{"tls.crt":")" + kube::encode_base64(made.chain) +
                          R"(","tls.key":")" + kube::encode_base64(key) + R"(","ca.crt":")" +
                          kube::encode_base64(made.authority) + R"("}})");
  };
  share(made.key);
  CHECK(at(days(1)) == "ok      part: valid until 2027-02-19T08:00:00Z\n");
  CHECK_THAT(at(days(80)), Contains("warn    part: ") && Contains("not renewed"));
  CHECK_THAT(at(days(91)), Contains("fail    part: expired at 2027-02-19"));
  CHECK_THAT(at(days(-1)), Contains("fail    part: not valid before"));
  register_webhooks(cluster, {.path = {}, .bundle = kube::encode_base64(made.authority)});
  CHECK_THAT(webhooks_of(cluster, settings), Contains("ok      part: "));
  register_webhooks(cluster, {});
  CHECK_THAT(webhooks_of(cluster, settings), Contains("does not trust") && Contains("in the log of `serve`"));
  share("hello");
  CHECK_THAT(at(days(1)), Contains("fail    part: ") && Contains("tls.key") && Contains("delete it"));
  share(made.key);
  settings.certs.service = "guard";
  CHECK_THAT(at(days(1)), Contains("fail    part: not for the Service guard"));
}

TEST_CASE("what mode self needs is asked for by name") {
  Cluster cluster;
  Settings settings = in_holdfast_system();
  const auto text = [&] {
    return text_of([&](auto part) { diagnosis::check_permissions(settings, cluster.cluster, part); });
  };
  cluster.denied = "holdfast-self-signed";
  CHECK_THAT(text(), !Contains("fail"));
  settings.certs.mode = Settings::Certs::Mode::Self;
  CHECK_THAT(text(), Contains("may not get, update secrets holdfast-self-signed"));
  cluster.denied = "mutatingwebhookconfigurations";
  CHECK_THAT(text(),
             Contains("may not get, patch mutatingwebhookconfigurations.admissionregistration.k8s.io holdfast"));
}

TEST_CASE("classes that the settings name must exist") {
  Cluster cluster;
  Settings settings;
  const auto text = [&] {
    return text_of([&](auto part) { diagnosis::check_storage(settings, cluster.cluster, part); });
  };
  const std::string snapshots = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses";
  cluster.has(snapshots, R"({"items":[{"metadata":{"annotations":{}}}]})");
  CHECK_THAT(text(), Contains("warn    part: no VolumeSnapshotClass is the default"));
  cluster.has(snapshots,
              R"({"items":[{"metadata":{"annotations":{"snapshot.storage.kubernetes.io/is-default-class":"true"}}}]})");
  CHECK_THAT(text(), Contains("ok      part: "));
  settings.generator.backup.snapshot_class = "snappy";
  settings.generator.classes["fast"].storage_class = "cache";
  CHECK_THAT(text(), Contains("fail    part: VolumeSnapshotClass snappy does not exist") &&
                         Contains("StorageClass fast does not exist") && Contains("StorageClass cache does not exist"));
  cluster.has(snapshots + "/snappy", "{}");
  cluster.has("/apis/storage.k8s.io/v1/storageclasses/fast", "{}");
  cluster.pages["/apis/storage.k8s.io/v1/storageclasses/cache"] = fakes::refusal(403, "Forbidden");
  CHECK_THAT(text(), Contains("unknown part: StorageClass cache") && !Contains("fail"));
}

TEST_CASE("how the repository's maintenance goes is told, and what to do where it does not") {
  Cluster cluster;
  Settings settings = in_holdfast_system();
  const auto text = [&] {
    return text_of([&](auto part) { diagnosis::check_maintenance(settings, cluster.cluster, kNow, part); });
  };
  CHECK_THAT(text(), Contains("ok      part: not kept: generator.repository.kind"));
  settings.generator.repository.kind = volsync::RepositoryOptions::Kind::S3;
  CHECK_THAT(text(),
             Contains("warn    part: Missing: there is none; whoever leads writes it; see that a holdfast leads"));
  const std::string place = kVolSync + "/namespaces/holdfast-system/kopiamaintenances/holdfast-maintenance";
  const std::string jobs = "/apis/batch/v1/namespaces/holdfast-system/jobs";
  cluster.has(place, R"({"metadata":{"name":"holdfast-maintenance","creationTimestamp":"2026-11-01T00:00:00Z"},
    "spec":{"podSecurityContext":{"runAsUser":568}},
    "status":{"lastMaintenanceTime":"2026-11-21T00:00:00Z","conditions":[{"type":"Ready","status":"True"}]}})");
  CHECK_THAT(text(), Contains("unknown part: its Jobs cannot be listed"));
  cluster.has(jobs, R"({"items":[]})");
  CHECK(text() == "ok      part: as user 568, last at 2026-11-21T00:00:00Z\n");
  cluster.has(jobs, R"({"items":[{"metadata":{"name":"m-1","creationTimestamp":"2026-11-21T00:00:00Z"},
    "status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded","message":"no"}]}}]})");
  CHECK_THAT(text(),
             Contains("fail    part: JobFailed: Job m-1 failed (BackoffLimitExceeded: no); read its pod's log"));
  cluster.has(place,
              R"({"metadata":{"name":"holdfast-maintenance"},"status":{"lastMaintenanceTime":"2026-11-01T00:00:00Z",
    "conditions":[{"type":"Ready","status":"False","reason":"ReconcileFailed","message":"no secret"}]}})");
  CHECK_THAT(text(),
             Contains("fail    part: NotReady: ReconcileFailed: no secret") && Contains("fail    part: TooOld: "));
  cluster.pages[place] = fakes::refusal(403, "Forbidden");
  CHECK_THAT(text(), Contains("unknown part: "));
  settings.generator.enabled = false;
  CHECK_THAT(text(), Contains("ok      part: not needed: the generator is off"));
}

TEST_CASE("it is told by what restores were verified, and that VolSync keeps no log of them") {
  Cluster cluster;
  Settings settings = in_holdfast_system();
  const auto text = [&] {
    return text_of([&](auto part) { diagnosis::check_verification(settings, cluster.cluster, part); });
  };
  const auto with = [&](const std::string& items) {
    cluster.has("/apis/volsync.backube/v1alpha1/replicationdestinations", R"({"items":[)" + items + "]}");
    return text();
  };
  const auto destination = [](const std::string& by, const std::string& manager = "holdfast") {
    return R"({"metadata":{"labels":{"app.kubernetes.io/managed-by":")" + manager +
           R"("},"annotations":{"holdfast.dev/verified-by":")" + by + R"("}}})";
  };
  const auto run = [](const std::string& status) {
    return R"({"metadata":{"labels":{"app.kubernetes.io/managed-by":"holdfast"}},"status":{"latestMoverStatus":)" +
           status + "}}";
  };
  CHECK_THAT(text(), Contains("unknown part: ReplicationDestinations cannot be listed"));
  CHECK_THAT(with(""), Contains("ok      part: no restore was seen yet") && Contains("MOVER_LOG_DEBUG=true"));
  CHECK_THAT(with(destination("counts") + "," + destination("counts")),
             Contains("ok      part: 2 restores were verified by kopia's"));
  CHECK_THAT(with(destination("counts") + "," + destination("log")),
             Contains("warn    part: 1 restores were verified by their mover's word, 1 by kopia's counts") &&
                 Contains("set MOVER_LOG_DEBUG=true in the environment of VolSync's operator"));
  CHECK_THAT(with(run(R"({"result":"Successful"})")),
             Contains("fail    part: VolSync kept no log of 1 restore") && Contains("get on pods/log"));
  CHECK_THAT(with(run(R"({"result":"Successful","logs":"x"})")), Contains("ok      part: no restore was seen yet"));
  CHECK_THAT(with(destination("log", "flux")), Contains("ok      part: no restore was seen yet"));
  settings.generator.enabled = false;
  CHECK_THAT(text(), Contains("ok      part: not needed"));
}

TEST_CASE("the leader is named, and told when it does not renew") {
  Cluster cluster;
  Settings settings = in_holdfast_system();
  const auto text = [&] {
    return text_of([&](auto part) { diagnosis::check_leader(settings, cluster.cluster, kNow, part); });
  };
  const std::string lease = "/apis/coordination.k8s.io/v1/namespaces/holdfast-system/leases/holdfast";
  CHECK_THAT(text(), Contains("warn    part: there is no Lease holdfast-system/holdfast"));
  cluster.has(lease,
              R"({"spec":{"holderIdentity":"pod-1","leaseDurationSeconds":15,"renewTime":"2026-11-21T07:59:50Z"}})");
  CHECK(text() == "ok      part: pod-1\n");
  cluster.has(lease,
              R"({"spec":{"holderIdentity":"pod-1","leaseDurationSeconds":15,"renewTime":"2026-11-21T07:00:00Z"}})");
  CHECK_THAT(text(), Contains("warn    part: pod-1 holds the Lease and does not renew it"));
  cluster.has(lease, R"({"spec":{"holderIdentity":""}})");
  CHECK_THAT(text(), Contains("warn    part: nobody holds the Lease"));
  settings.generator.own_namespace.clear();
  CHECK_THAT(text(), Contains("unknown part: ") && Contains("POD_NAMESPACE"));
}
