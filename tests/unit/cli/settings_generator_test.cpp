// The settings of the generator.
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/cli/load.hpp"

using namespace holdfast;
using namespace holdfast::test;
using Catch::Contains;
using Kind = volsync::RepositoryOptions::Kind;

namespace {

volsync::Options options(const std::string& yaml) {
  const TempFile file(yaml);
  return load({}, {}, file.path()).generator;
}

}  // namespace

TEST_CASE("the generator's defaults are those of the contract") {
  const volsync::Options o = load({}).generator;
  CHECK(o.enabled);
  CHECK(o.min_age == std::chrono::hours(2));
  CHECK(o.overlong_sync == std::chrono::hours(6));
  CHECK(o.adopt == volsync::Adopts::Requested);
  CHECK(o.secret.mode == volsync::SecretOptions::Mode::None);
  CHECK(o.repository.kind == Kind::None);
  CHECK(o.classes.empty());
  CHECK(o.own_namespace.empty());
}

TEST_CASE("the sweep is every quarter of an hour, or as often as it is told to be, within reason") {
  CHECK(load({}).sweep == std::chrono::minutes(15));
  CHECK(load({{"--sweep", {"10s"}}}).sweep == std::chrono::seconds(10));
  CHECK_THROWS_WITH(load({{"--sweep", {"9s"}}}), Contains("10s..24h"));
  CHECK_THROWS_WITH(load({{"--sweep", {"25h"}}}), Contains("10s..24h"));
}

TEST_CASE("every part of the generator's settings is read") {
  const volsync::Options o = options(R"(
generator:
  minAge: 30m
  overlongSync: 12h
  restoreDeadline: {start: 5m, verify: 2h, bind: 24h}
  adopt: true
  cleanup: kyverno
  secret: {mode: external-secret, store: 1password, key: rustfs, property: pw, refreshInterval: 30m}
  repository: {kind: nfs, server: nas.lan, path: /volume1/kopia, mountPath: /repo, moverVolumes: false}
  maintenance: {enabled: false, schedule: "5 */6 * * *"}
  offsite: {enabled: true, repository: "s3:https://b2/x", store: vault, storeKind: SecretStore, key: b2, retain: {daily: 3}}
)");
  CHECK(o.min_age == std::chrono::minutes(30));
  CHECK(o.overlong_sync == std::chrono::hours(12));
  CHECK(o.restore_deadline.start == std::chrono::minutes(5));
  CHECK(o.restore_deadline.verify == std::chrono::hours(2));
  CHECK(o.restore_deadline.bind == std::chrono::hours(24));
  CHECK(o.adopt == volsync::Adopts::Predecessors);
  CHECK(o.kyverno_cleanup);
  CHECK(o.secret.writes_external());
  CHECK(o.secret.store == "1password");
  CHECK(o.secret.property == "pw");
  CHECK(o.secret.refresh_interval == "30m");
  CHECK(o.repository.kind == Kind::Nfs);
  CHECK(o.repository.server == "nas.lan");
  CHECK(o.repository.path == "/volume1/kopia");
  CHECK(o.repository.mount_path == "/repo");
  CHECK_FALSE(o.repository.mover_volumes);
  CHECK_FALSE(o.maintenance.enabled);
  CHECK(o.maintenance.schedule == "5 */6 * * *");
  CHECK(o.offsite.store_kind == "SecretStore");
  CHECK(o.offsite.retain == volsync::Retain{0, 3, 4, 2});
}

TEST_CASE("maintenance runs as the movers do, but for what is said of it alone, wherever in the file that stands") {
  const volsync::Options o = options(R"(
generator:
  maintenance: {staleAfter: 48h, moverSecurityContext: {runAsUser: 7, supplementalGroups: [8]}}
  backup: {moverSecurityContext: {runAsUser: 568, fsGroup: 569}}
)");
  REQUIRE(o.maintenance.mover.security_context);
  CHECK(o.maintenance.mover.security_context->run_as_user == 7);
  CHECK(o.maintenance.mover.security_context->fs_group == 569);
  CHECK(o.maintenance.mover.security_context->supplemental_groups == std::vector<std::int64_t>{8});
  CHECK(o.backup.security_context->run_as_user == 568);
  CHECK(o.maintenance.stale_after == std::chrono::hours(48));
  CHECK_FALSE(options("generator: {adopt: true}").maintenance.mover.security_context);
  CHECK_FALSE(options("generator: {adopt: true}").maintenance.stale_after);
  CHECK_THAT(problem("generator: {maintenance: {staleAfter: 5m}}\n"), Contains("generator.maintenance.staleAfter"));
  CHECK_THAT(problem("generator: {maintenance: {moverSecurityContext: {runAsUser: root}}}\n"),
             Contains("generator.maintenance.moverSecurityContext.runAsUser"));
}

TEST_CASE("our own user counts in a pod, and nowhere else: what is rendered does not depend on who renders it") {
  const auto user_in = [](const std::map<std::string, std::string>& environment) {
    return load({}, environment).generator.own_user;
  };
  CHECK(user_in({}) == 65532);
  CHECK(user_in({{"POD_NAMESPACE", "holdfast-system"}}) == 65532);
  CHECK(user_in({{"KUBERNETES_SERVICE_HOST", "10.96.0.1"}}) == 65532);
  CHECK(user_in({{"POD_NAMESPACE", "holdfast-system"}, {"KUBERNETES_SERVICE_HOST", "10.96.0.1"}}) ==
        static_cast<std::int64_t>(geteuid()));
}

TEST_CASE("the generator's two flags have their variables") {
  CHECK_FALSE(load({{"--generator", {"off"}}}).generator.enabled);
  CHECK(load({}, {{"HOLDFAST_MIN_AGE", "5m"}}).generator.min_age == std::chrono::minutes(5));
}

TEST_CASE("backup settings that are not given stay open") {
  const volsync::BackupLayer b = options("generator: {backup: {parallelism: 4}}\n").backup;
  CHECK(b.parallelism == 4);
  CHECK_FALSE(b.compression);
  CHECK_FALSE(b.retain);
  CHECK_FALSE(b.security_context);
}

TEST_CASE("of a retention that is given in part the rest are the defaults") {
  CHECK(options("generator: {backup: {retain: {hourly: 12}}}\n").backup.retain == volsync::Retain{12, 7, 4, 2});
}

TEST_CASE("the mover's security context is read field by field") {
  const auto context = options(R"(
generator:
  backup:
    moverSecurityContext: {runAsUser: 1000, fsGroup: 2000, runAsNonRoot: true, fsGroupChangePolicy: Always,
                           supplementalGroups: [10, 20], seccompProfile: RuntimeDefault}
)")
                           .backup.security_context;
  REQUIRE(context);
  CHECK(context->run_as_user == 1000);
  CHECK_FALSE(context->run_as_group);
  CHECK(context->fs_group == 2000);
  CHECK(context->run_as_non_root == true);
  CHECK(context->supplemental_groups == std::vector<std::int64_t>{10, 20});
  CHECK(context->seccomp_profile == "RuntimeDefault");
}

TEST_CASE("the mover's security context may be auto, with one to fall back on") {
  const auto context = [](const std::string& yaml) {
    return options("generator: {backup: {moverSecurityContext: " + yaml + "}}\n").backup.security_context.value();
  };
  CHECK(context("auto").automatic);
  CHECK_FALSE(context("auto").run_as_user);
  CHECK(context("{auto: true, runAsUser: 568}").automatic);
  CHECK(context("{auto: true, runAsUser: 568}").run_as_user == 568);
  CHECK_FALSE(context("{auto: false, runAsUser: 568}").automatic);
  CHECK_THAT(problem("generator: {backup: {moverSecurityContext: root}}\n"), Contains("is not allowed"));
  const auto classes = options(R"(
generator:
  backup:
    moverSecurityContext: {auto: true, runAsUser: 568}
    classes:
      fast: {moverSecurityContext: auto}
      slow: {moverSecurityContext: {auto: false}}
      odd: {moverSecurityContext: {runAsUser: 7}}
)")
                           .classes;
  CHECK(classes.at("fast").security_context->automatic);
  CHECK(classes.at("fast").security_context->run_as_user == 568);
  CHECK_FALSE(classes.at("slow").security_context->automatic);
  CHECK(classes.at("odd").security_context->automatic);
  CHECK(classes.at("odd").security_context->run_as_user == 7);
}

TEST_CASE("one user of all is what an NFS server makes") {
  CHECK(options("generator: {repository: {kind: nfs, server: a, path: /b, allSquash: true}}\n").repository.all_squash);
  CHECK_THROWS_WITH(options("generator: {repository: {kind: s3, bucket: a, endpoint: b, allSquash: true}}\n"),
                    Contains("generator.repository.allSquash"));
}

TEST_CASE("a storage class has a layer of its own, even one with dots in its name") {
  const auto classes = options(R"(
generator:
  backup:
    classes:
      ceph.rbd: {cacheCapacity: 5Gi, cacheStorageClassName: local, retain: {daily: 30}}
      local: {copyMethod: Direct, moverSecurityContext: {supplementalGroups: [7]}}
    retain: {hourly: 1}
    moverSecurityContext: {runAsUser: 568, supplementalGroups: [1, 2]}
)")
                           .classes;
  REQUIRE(classes.size() == 2);
  CHECK(classes.at("ceph.rbd").cache_capacity == "5Gi");
  CHECK(classes.at("ceph.rbd").cache_storage_class == "local");
  // What stands in generator.backup counts, although it comes later in the file.
  CHECK(classes.at("ceph.rbd").retain == volsync::Retain{1, 30, 4, 2});
  CHECK(classes.at("local").copy_method == "Direct");
  CHECK(classes.at("local").security_context->run_as_user == 568);
  CHECK(classes.at("local").security_context->supplemental_groups == std::vector<std::int64_t>{7});
}

TEST_CASE("schedules may leave the minute to each PVC, and only the minute") {
  CHECK(options("generator: {backup: {schedules: {hourly: M */2 * * *}}}\n").backup.hourly == "M */2 * * *");
  CHECK(options("generator: {backup: {schedules: {daily: '@daily'}}}\n").backup.daily == "@daily");
  for (const char* bad : {"M M * * *", "* * * *", "60 * * * *", "@never"}) {
    INFO(bad);
    CHECK_THAT(problem("generator: {backup: {schedules: {daily: '" + std::string(bad) + "'}}}\n"),
               Contains("FILE:1: generator.backup.schedules.daily: "));
  }
  CHECK_THAT(problem("generator: {maintenance: {schedule: M * * * *}}\n"), Contains("maintenance.schedule"));
}

TEST_CASE("values that no object could carry are refused with what is allowed") {
  const auto refused = [](const std::string& path, const std::string& yaml) {
    INFO(yaml);
    CHECK_THAT(problem("generator: {" + yaml + "}\n"), Contains(path) && Contains("is not allowed; allowed: "));
  };
  refused("generator.adopt", "adopt: yes");
  refused("generator.cleanup", "cleanup: none");
  refused("generator.secret.store", "secret: {store: My Store}");
  refused("generator.secret.name", "secret: {name: My Secret}");
  refused("generator.secret.name", "secret: {name: 'volsync-{claim}'}");
  refused("generator.secret.storeKind", "secret: {storeKind: Vault}");
  refused("generator.secret.refreshInterval", "secret: {refreshInterval: 10}");
  refused("generator.repository.kind", "repository: {kind: smb}");
  refused("generator.repository.path", "repository: {path: exports}");
  refused("generator.backup.cacheCapacity", "backup: {cacheCapacity: 2Gb}");
  refused("generator.backup.cacheCapacity", "backup: {cacheCapacity: 0}");
  refused("generator.backup.cacheStorageClassName", "backup: {cacheStorageClassName: A B}");
  refused("generator.backup.parallelism", "backup: {parallelism: 0}");
  refused("generator.backup.copyMethod", "backup: {copyMethod: snapshot}");
  refused("generator.backup.retain.daily", "backup: {retain: {daily: -1}}");
  refused("generator.backup.moverSecurityContext.runAsUser", "backup: {moverSecurityContext: {runAsUser: root}}");
}

TEST_CASE("a key of the generator that is misspelt is told, with what was meant") {
  CHECK(problem("generator: {adpt: true}\n") == "FILE:1: generator.adpt: unknown key; did you mean generator.adopt?");
  CHECK(problem("generator:\n  backup:\n    classes:\n      fast: {paralelism: 3}\n") ==
        "FILE:4: generator.backup.classes.fast.paralelism: unknown key; did you mean "
        "generator.backup.classes.fast.parallelism?");
  CHECK_THAT(problem("generator: {backup: {classes: {Bad Name: {parallelism: 3}}}}\n"), Contains("unknown key"));
  CHECK_THAT(problem("generator: {backup: {classes: {'<storage class>': {<key>: 3}}}}\n"), Contains("unknown key"));
}

TEST_CASE("a Secret that all PVCs share is nothing that is made for each") {
  CHECK(options("generator: {secret: {name: volsync-kopia-repository}}\n").secret.name == "volsync-kopia-repository");
  CHECK_THROWS_WITH(
      options("generator: {secret: {mode: external-secret, store: s, key: k, name: volsync-kopia-repository}}\n"),
      Contains("generator.secret.name must have {pvc} in it"));
}

TEST_CASE("what one setting needs of another is told by both names") {
  const auto needs = [](const std::string& yaml, const std::string& missing, const std::string& reason) {
    CHECK_THROWS_WITH(options("generator: {" + yaml + "}\n"), missing + " is not set, and " + reason + " needs it");
  };
  needs("secret: {mode: external-secret}", "generator.secret.store", "generator.secret.mode external-secret");
  CHECK_THROWS_WITH(options("generator: {secret: {mode: copy, name: kopia}}\n"),
                    Contains("generator.secret.name must have {pvc} in it with generator.secret.mode copy"));
  needs("secret: {mode: external-secret, store: s}", "generator.secret.key", "generator.secret.mode external-secret");
  needs("repository: {kind: nfs}", "generator.repository.server", "generator.repository.kind nfs");
  needs("repository: {kind: nfs, server: s}", "generator.repository.path", "generator.repository.kind nfs");
  needs("repository: {kind: pvc}", "generator.repository.claim", "generator.repository.kind pvc");
  needs("repository: {kind: s3}", "generator.repository.bucket", "generator.repository.kind s3");
  needs("repository: {kind: s3, bucket: b}", "generator.repository.endpoint", "generator.repository.kind s3");
  needs("offsite: {enabled: true}", "generator.offsite.repository", "generator.offsite.enabled true");
  needs("offsite: {enabled: true, repository: r, store: s}", "generator.offsite.key", "generator.offsite.enabled true");
}

TEST_CASE("the generator knows our own namespace") {
  CHECK(load({}, {{"POD_NAMESPACE", "holdfast-system"}}).generator.own_namespace == "holdfast-system");
}
