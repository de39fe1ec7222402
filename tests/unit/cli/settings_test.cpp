#include "holdfast/cli/settings.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <set>

#include "src/cli/input/files.hpp"
#include "tests/unit/cli/load.hpp"

using namespace holdfast;
using namespace holdfast::cli;
using namespace holdfast::test;
using Catch::Contains;

TEST_CASE("without any setting the defaults of the contract hold") {
  const Settings s = load({});
  CHECK(s.policy.mode == core::Mode::Enforce);
  CHECK(s.policy.fit == core::Severity::Deny);
  CHECK(s.index.timeout == std::chrono::seconds(8));
  CHECK(s.webhook.port == 9443);
  CHECK(s.ops_port == 8080);
  CHECK(s.policy.retry_after == std::chrono::seconds(2));
  CHECK(std::holds_alternative<core::Unpinned>(s.policy.pin));
  CHECK(s.index.backend.empty());
}

TEST_CASE("a flag beats the environment, which beats the file, which beats the default") {
  const TempFile file("index: {timeout: 5s}\nlog: {level: debug}\nops: {port: 1}\n");
  const Settings s =
      load({{"--index-timeout", {"3s"}}}, {{"HOLDFAST_INDEX_TIMEOUT", "4s"}, {"HOLDFAST_OPS_PORT", "2"}}, file.path());
  CHECK(s.index.timeout == std::chrono::seconds(3));
  CHECK(s.ops_port == 2);
  CHECK(s.log_level == ops::Level::Debug);
}

TEST_CASE("the variables of pvc-plumber still work, and give way to ours") {
  const Settings s = load({}, {{"BACKEND_TYPE", "kopia-fs"},
                               {"KOPIA_REPOSITORY_PATH", "/repository"},
                               {"KOPIA_PASSWORD", "secret"},
                               {"HTTP_TIMEOUT", "5s"},
                               {"PORT", "8081"},
                               {"HOLDFAST_OPS_PORT", "8082"},
                               {"LOG_LEVEL", "warn"}});
  CHECK(s.index.backend == "kopia-fs");
  CHECK(s.index.path == "/repository");
  CHECK(s.index.password == "secret");
  CHECK(s.index.timeout == std::chrono::seconds(5));
  CHECK(s.ops_port == 8082);
  CHECK(s.log_level == ops::Level::Warn);
}

TEST_CASE("of KOPIA_CONFIG_PATH only the storage location is taken") {
  const TempFile config(R"({"storage":{"type":"filesystem","config":{"path":"/mnt/kopia"}},"password":"x"})");
  const Settings s = load({{"--index-backend", {"kopia-fs"}}}, {{"KOPIA_CONFIG_PATH", config.path()}});
  CHECK(s.index.path == "/mnt/kopia");
  CHECK(s.index.password.empty());
}

TEST_CASE("the lists of the file are read whole") {
  const TempFile file(R"(
contracts: [pvc-plumber-v4]
excludedNamespaces: [databases, cnpg]
restoreFrom:
  - {from: prod/data, to: staging/data}
index:
  identities: ["{pvc}@{namespace}:/data", "{pvc}-backup@{namespace}:/data"]
generator: {naming: v4}
)");
  const core::Policy p = load({}, {}, file.path()).policy;
  CHECK_FALSE(p.simple_contract);
  CHECK(p.plumber_contract);
  CHECK(p.excluded_namespaces.contains("databases"));
  CHECK(p.excluded_namespaces.contains("kube-system"));
  REQUIRE(p.restore_from.size() == 1);
  CHECK(p.restore_from[0] == core::RestorePair{{"prod", "data"}, {"staging", "data"}});
  CHECK(p.identities.size() == 2);
  CHECK(p.naming == core::Naming::V4);
}

TEST_CASE("the variables that Kubernetes makes of a Service called holdfast-webhook are not ours") {
  CHECK(load({}, {{"HOLDFAST_WEBHOOK_PORT", "tcp://10.96.0.7:443"}}).webhook.port == 9443);
}

TEST_CASE("the limit of an empty start is a duration, or off") {
  CHECK_FALSE(load({}).policy.fresh_limit);
  CHECK(load({{"--fresh-limit", {"48h"}}}).policy.fresh_limit == std::chrono::hours{48});
  CHECK_FALSE(load({{"--fresh-limit", {"off"}}}, {{"HOLDFAST_FRESH_LIMIT", "2h"}}).policy.fresh_limit);
  CHECK_THAT(problem("index: {freshLimit: 5s}\n"), Contains("allowed: off or a duration such as 48h"));
}

TEST_CASE("our own namespace is excluded") {
  CHECK(load({}, {{"POD_NAMESPACE", "holdfast-system"}}).policy.excluded_namespaces.contains("holdfast-system"));
}

TEST_CASE("a mistake in the file is told with its line, its key and what is allowed") {
  CHECK(problem("index:\n  timout: 8s\n") == "FILE:2: index.timout: unknown key; did you mean index.timeout?");
  CHECK(problem("mode: hard\n") == "FILE:1: mode: \"hard\" is not allowed; allowed: enforce|strict|permissive|audit");
  CHECK(problem("\nindex: {timeout: 8}\n") ==
        "FILE:2: index.timeout: \"8\" is not allowed; allowed: a duration such as 8s");
  CHECK(problem("contracts: simple\n") == "FILE:1: contracts: expected a list");
  CHECK(problem("mode: [enforce]\n") == "FILE:1: mode: expected one value");
  CHECK(problem("mode: enforce\nmode: audit\n") == "FILE:2: mode: given twice");
  CHECK_THROWS_WITH(load({}, {}, TempFile("contracts: []\n").path()), Contains("contracts"));
  CHECK(problem("mode:\n") == "FILE:1: mode: has no value");
  CHECK_THAT(problem("mode: [\n"), Contains("FILE:"));
  CHECK(problem("mode: audit\n---\nmode: audit\n") == "FILE: more than one document");
  CHECK_THAT(problem("- a\n"), Contains("expected keys with values"));
  CHECK_THAT(problem("restoreFrom: [{from: a/b}]\n"), Contains("an item is plain text, or {from: …, to: …}"));
  CHECK_THAT(problem("webhook: {retryAfter: 6s}\n"), Contains("allowed: 1s..5s"));
  CHECK_THAT(problem("index: {identities: [\"{pvc}@host:/data\"]}\n"), Contains("index.identities"));
  CHECK_THAT(problem("index: {repositoryId: xyz}\n"), Contains("allowed: hex or base64"));
  CHECK_THAT(problem("x: " + std::string(5000, '[')), Contains("nested too deeply"));
}

TEST_CASE("a settings file is read to its end or not at all") {
  for (const char end : {'\0', '\x04', '\x1a', '\x7f'}) {
    INFO(static_cast<int>(end));
    CHECK_THAT(problem("mode: audit\n" + std::string(1, end) + "\nindex: {timeout: 9s}\n"),
               Contains("FILE:2: a control character"));
  }
  CHECK_THAT(problem("mode: \"audit\n"), Contains("FILE:"));
  CHECK_THAT(problem("index: {path: '/repository\n"), Contains("FILE:"));
}

TEST_CASE("a settings file that begins with a stray comma is refused, not read without end") {
  for (const char* text : {",", ",\n", ", a: b\n"}) CHECK(problem(text) == "FILE: more than one document");
}

TEST_CASE("a settings file whose aliases expand to millions of values is refused") {
  std::string text = "a0: &a0 {x0: 1, x1: 1, x2: 1, x3: 1, x4: 1, x5: 1, x6: 1, x7: 1, x8: 1, x9: 1}\n";
  for (int level = 1; level < 8; ++level) {
    text += fmt::format("a{}: &a{} {{", level, level);
    for (int i = 0; i < 10; ++i) text += fmt::format("{}x{}: *a{}", i == 0 ? "" : ", ", i, level - 1);
    text += "}\n";
  }
  CHECK_THAT(problem(text), Contains("too many values"));
}

TEST_CASE("how much less a newest backup may hold is said in the file, by words and a percentage") {
  const core::Shrink usual = load({}).policy.shrink;
  CHECK(usual.empty == core::Severity::Deny);
  CHECK(usual.shrunk == core::Severity::Warn);
  CHECK(usual.keep_percent == 10);
  const TempFile file("shrink: {empty: warn, shrunk: off, keep: 25%}\n");
  const core::Shrink set = load({}, {}, file.path()).policy.shrink;
  CHECK(set.empty == core::Severity::Warn);
  CHECK(set.shrunk == core::Severity::Off);
  CHECK(set.keep_percent == 25);
  for (const char* keep : {"10", "101%", "-1%", "%", "1.5%", "10 %"}) {
    CHECK_THAT(problem(fmt::format("shrink: {{keep: '{}'}}\n", keep)), Contains("allowed: 0%..100%"));
  }
}

TEST_CASE("where the reason of an exemption may stand is a list of annotations") {
  CHECK(core::exempt_reason_keys(load({}).policy) == std::vector<std::string>{"volsync.backup/backup-exempt-reason"});
  const TempFile file("exemptReasonAnnotations: [example.org/why, why-not]\n");
  CHECK(core::exempt_reason_keys(load({}, {}, file.path()).policy) ==
        std::vector<std::string>{"example.org/why", "why-not"});
  const TempFile wrong("exemptReasonAnnotations: [\"a b\"]\n");
  CHECK_THROWS_WITH(load({}, {}, wrong.path()), Contains("exemptReasonAnnotations") && Contains("not allowed"));
}

TEST_CASE("that the API server keeps a source with a namespace is said by file, flag or variable") {
  CHECK_FALSE(load({}).policy.cross_namespace_sources);
  const TempFile file("crossNamespaceSources: true\n");
  CHECK(load({}, {}, file.path()).policy.cross_namespace_sources);
  CHECK(load({{"--cross-namespace-sources", {"true"}}}).policy.cross_namespace_sources);
  CHECK(load({}, {{"HOLDFAST_CROSS_NAMESPACE_SOURCES", "true"}}).policy.cross_namespace_sources);
}

TEST_CASE("a mistake in a flag or a variable names it") {
  CHECK_THROWS_WITH(load({{"--fit", {"tight"}}}), "--fit: fit: \"tight\" is not allowed; allowed: deny|warn|off");
  CHECK_THROWS_WITH(load({}, {{"PORT", "99999"}}),
                    "environment PORT: ops.port: \"99999\" is not allowed; allowed: 0..65535");
}

TEST_CASE("a backend says what it needs") {
  CHECK_THROWS_WITH(load({{"--index-backend", {"kopia-fs"}}}), Contains("index.path (--index-path) is not set"));
  CHECK_THROWS_WITH(load({{"--index-backend", {"catalog"}}}),
                    Contains("index.catalogFile (--catalog-file) is not set"));
  CHECK_THROWS_WITH(load({{"--index-backend", {"kopia-s3"}}}),
                    Contains("index.s3.endpoint (--s3-endpoint) is not set"));
  CHECK_THROWS_WITH(load({{"--index-backend", {"kopia-s3"}}, {"--s3-endpoint", {"s3.example.org"}}}),
                    Contains("index.s3.bucket (--s3-bucket) is not set"));
  CHECK_THROWS_WITH(load({{"--index-backend", {"s3"}}}), Contains("allowed: kopia-fs|kopia-s3|catalog"));
}

TEST_CASE("the bucket comes from the file, its keys from the variables of Amazon's tools or from files") {
  const TempFile file(
      "index:\n  backend: kopia-s3\n  s3: {endpoint: http://minio:9000, bucket: backups, pathStyle: true}\n");
  const Settings s = load({},
                          {{"AWS_ACCESS_KEY_ID", "AKIA"},
                           {"AWS_SECRET_ACCESS_KEY", "secret"},
                           {"AWS_SECRET_ACCESS_KEY_FILE", "/keys/secret"},
                           {"AWS_SESSION_TOKEN", "token"},
                           {"HOLDFAST_S3_PREFIX", "kopia/"}},
                          file.path());
  CHECK(s.index.s3.endpoint == "http://minio:9000");
  CHECK(s.index.s3.bucket == "backups");
  CHECK(s.index.s3.prefix == "kopia/");
  CHECK(s.index.s3.region == "us-east-1");
  CHECK(s.index.s3.access_key == "AKIA");
  CHECK(s.index.s3.secret_key == "secret");
  CHECK(s.index.s3.secret_key_file == "/keys/secret");
  CHECK(s.index.s3.session_token == "token");
  CHECK(s.index.s3.path_style == true);
  CHECK_FALSE(load({}, {}).index.s3.path_style);
}

TEST_CASE("the catalog backend needs no pin") {
  const Settings s = load({{"--index-backend", {"catalog"}}, {"--catalog-file", {"x.json"}}});
  CHECK(std::holds_alternative<core::NoRepositoryId>(s.policy.pin));
}

TEST_CASE("where the certificate comes from is said by flags or by the file") {
  using Mode = Settings::Certs::Mode;
  const Settings::Certs usual = load({}).certs;
  CHECK(usual.mode == Mode::Files);
  CHECK(usual.configurations == std::vector<std::string>{"zz-holdfast", "holdfast", "holdfast-jobs"});
  CHECK(usual.lifetime == std::chrono::hours(8760));
  CHECK(load({{"--certs-mode", {"cert-manager"}}}).certs.mode == Mode::CertManager);
  const TempFile file(R"(
certs:
  mode: self
  service: guard
  webhooks: [guard]
  self: {secret: guard-certificate, validity: 2160h}
)");
  const Settings::Certs certs = load({}, {}, file.path()).certs;
  CHECK(certs.mode == Mode::Self);
  CHECK(certs.service == "guard");
  CHECK(certs.configurations == std::vector<std::string>{"guard"});
  CHECK(certs.secret == "guard-certificate");
  CHECK(certs.lifetime == std::chrono::hours(2160));
  CHECK(problem("certs: {mode: magic}") ==
        "FILE:1: certs.mode: \"magic\" is not allowed; allowed: files|cert-manager|self");
  CHECK_THAT(problem("certs: {self: {validity: 1s}}"), Contains("30s..87600h"));
  CHECK_THAT(problem("certs: {webhooks: [No_Name]}"), Contains("certs.webhooks"));
}

TEST_CASE("who may call the webhook is an authority, and names only together with one") {
  const Settings::Webhook anybody = load({}).webhook;
  CHECK((anybody.client_ca_file.empty() && anybody.client_names.empty()));
  const Settings::Webhook flags =
      load({{"--webhook-client-ca-file", {"/ca.crt"}}, {"--webhook-client-name", {"a", "b"}}}).webhook;
  CHECK(flags.client_ca_file == "/ca.crt");
  CHECK(flags.client_names == std::vector<std::string>{"a", "b"});
  const TempFile file("webhook: {clientCaFile: /ca.crt, clientNames: [kube-apiserver]}\n");
  CHECK(load({}, {}, file.path()).webhook.client_names == std::vector<std::string>{"kube-apiserver"});
  CHECK_THROWS_WITH(load({{"--webhook-client-name", {"a"}}}),
                    "webhook.clientCaFile (--webhook-client-ca-file) is not set, and webhook.clientNames needs it");
}

TEST_CASE("the help shows every key, flag and default, and no key stands twice") {
  const std::string help = settings_help();
  std::set<std::string_view> keys;
  for (const Setting& setting : settings_table()) {
    CHECK(keys.insert(setting.key).second);
    CHECK_THAT(help, Contains(std::string(setting.key)));
    CHECK_THAT(help, Contains(std::string(setting.flag)));
  }
  CHECK(environment_name(settings_table()[0]) == "HOLDFAST_MODE");
}

TEST_CASE("the page of settings has a row for every key, with its flag and default") {
  const std::string page = read_file(TEST_DATA "/../../docs/settings.md", 1 << 20);
  for (const Setting& setting : settings_table()) {
    const std::size_t row = page.find("| `" + std::string(setting.key) + "` |");
    REQUIRE(row != std::string::npos);
    const std::string line = page.substr(row, page.find('\n', row) - row);
    CHECK_THAT(line, Contains(std::string(setting.flag)));
    CHECK_THAT(line, Contains(environment_name(setting)));
    CHECK_THAT(line, Contains(std::string(setting.fallback)));
  }
}

TEST_CASE("a settings file that is not there is named") {
  CHECK_THROWS_WITH(load({}, {}, "/nonexistent/holdfast.yaml"), Contains("/nonexistent/holdfast.yaml"));
}
