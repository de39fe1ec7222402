#include <algorithm>
#include <chrono>

#include "src/cli/settings/table.hpp"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;
using core::Policy;
using core::Severity;
using index::S3Options;
using Certs = Settings::Certs;
using Index = Settings::Index;
using Webhook = Settings::Webhook;

constexpr std::size_t kMostNames = 16;
constexpr std::size_t kMaxKeyBytes = 253 + 1 + 63;

Value<Policy> contracts() {
  const auto add = [](Policy& policy, std::string_view text) {
    if (text == "simple") return policy.simple_contract = true;
    if (text == "pvc-plumber-v4") return policy.plumber_contract = true;
    return false;
  };
  return {"simple|pvc-plumber-v4", add, true,
          [](Policy& policy) { policy.simple_contract = policy.plumber_contract = false; }};
}

/// They come on top of the ones that are always excluded.
Value<Policy> excluded_namespaces() {
  const auto add = [](Policy& policy, std::string_view text) {
    policy.excluded_namespaces.emplace(text);
    return core::parse_pvc_name(std::string(text) + "/x").has_value();
  };
  return {"NAMESPACE", add, true};
}

template <class Part>
Value<Part> severity(Severity Part::*member) {
  return choice(member, {{"deny", Severity::Deny}, {"warn", Severity::Warn}, {"off", Severity::Off}});
}

/// As far as it matters: it is written into texts and queries.
std::optional<std::string> to_annotation_key(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";
  const bool good = !text.empty() && text.size() <= kMaxKeyBytes &&
                    text.find_first_not_of(kAllowed) == std::string_view::npos && std::ranges::count(text, '/') <= 1;
  return good ? std::optional<std::string>(text) : std::nullopt;
}

/// "from=ns/pvc,to=ns/pvc"
std::optional<core::RestorePair> to_restore_pair(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view from = text.substr(0, comma), to = text.substr(comma + 1);
  if (!from.starts_with("from=") || !to.starts_with("to=")) return std::nullopt;
  const auto a = core::parse_pvc_name(from.substr(5)), b = core::parse_pvc_name(to.substr(3));
  if (!a || !b) return std::nullopt;
  return core::RestorePair{*a, *b};
}

/// "10%"
std::optional<int> to_percent(std::string_view text) {
  return text.ends_with('%') ? to_number(text.substr(0, text.size() - 1), 0, 100) : std::nullopt;
}

/// A duration, or nothing for "off".
std::optional<std::optional<std::chrono::seconds>> to_fresh_limit(std::string_view text) {
  if (text == "off") return std::optional<std::chrono::seconds>();
  const auto limit = to_duration(text, 1min, 87600h);
  if (!limit) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(*limit);
}

std::optional<std::chrono::seconds> to_retry_after(std::string_view text) {
  const auto wait = to_duration(text, 1s, 5s);
  if (!wait || *wait % 1s != 0s) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(*wait);
}

template <class Part>
Value<Part> port(std::uint16_t Part::*member) {
  return number(member, std::uint16_t{0}, std::uint16_t{65535});
}

void add_policy(Table& table) {
  using core::Mode;
  Rows<Policy> policy(table, &Settings::policy);
  Rows<core::Shrink> shrink(table, [](Settings& s) -> auto& { return s.policy.shrink; });
  policy.add("mode",
             "enforce: as documented; strict: also refuse PVCs without label or exemption; permissive: restore when "
             "possible, deny nothing; audit: only log and count",
             choice(&Policy::mode, {{"enforce", Mode::Enforce},
                                    {"strict", Mode::Strict},
                                    {"permissive", Mode::Permissive},
                                    {"audit", Mode::Audit}}),
             by_default("enforce"), flag("--mode"));
  policy.add("contracts", "the labels that opt a PVC in", contracts(), by_default("[simple]"));
  policy.add("excludedNamespaces",
             "never looked at, besides kube-system, kube-public, kube-node-lease, volsync-system, kyverno and our own",
             excluded_namespaces(), flag("--exclude-namespace"));
  policy.add("fit", "what to do when the snapshot is larger than the PVC", severity(&Policy::fit), by_default("deny"),
             flag("--fit"));
  shrink.add("shrink.empty", "what to do when the newest backup holds no file and one of the last ten does",
             severity(&core::Shrink::empty), by_default("deny"));
  shrink.add(
      "shrink.shrunk",
      "what to do when the newest backup holds less than shrink.keep of the files of the largest of the last ten",
      severity(&core::Shrink::shrunk), by_default("warn"));
  shrink.add("shrink.keep", "see shrink.shrunk", value(&core::Shrink::keep_percent, "0%..100%", to_percent),
             by_default("10%"));
  policy.add("restoreFrom", "pairs that the annotation holdfast.dev/restore-from may name",
             list(&Policy::restore_from, "{from: NS/PVC, to: NS/PVC}", to_restore_pair));
  policy.add("restoreIdentities",
             "the sources that the annotation holdfast.dev/restore-identity may name: those of the PVC's namespace and "
             "of restoreFrom, or any",
             choice(&Policy::any_restore_identity, {{"own", false}, {"any", true}}), by_default("own"));
  policy.add("crossNamespaceSources",
             "the API server's feature gate CrossNamespaceVolumeDataSource is on: a dataSourceRef with a namespace is "
             "a source of its own, and not refused",
             boolean(&Policy::cross_namespace_sources), by_default("false"), flag("--cross-namespace-sources"));
  policy.add("exemptReasonAnnotations",
             "the annotations of which one has to give the reason for the label backup-exempt",
             list(&Policy::exempt_reason_annotations, "KEY", to_annotation_key, kMostNames),
             by_default("[volsync.backup/backup-exempt-reason]"));
}

void add_s3(Table& table) {
  Rows<S3Options> s3(table, [](Settings& s) -> auto& { return s.index.s3; });
  s3.add("index.s3.endpoint", "kopia-s3: the server; https unless it begins with http://",
         value(&S3Options::endpoint, "HOST[:PORT] or URL", to_one_line), flag("--s3-endpoint"));
  s3.add("index.s3.bucket", "kopia-s3: the bucket", value(&S3Options::bucket, "NAME", to_one_line),
         flag("--s3-bucket"));
  s3.add("index.s3.prefix",
         "kopia-s3: before the names of all objects, letter for letter as kopia's own --prefix: one that is a folder "
         "ends with a slash",
         value(&S3Options::prefix, "PREFIX", to_one_line), flag("--s3-prefix"));
  s3.add("index.s3.region", "kopia-s3: the bucket's region", value(&S3Options::region, "NAME", to_one_line),
         by_default("us-east-1"), flag("--s3-region"));
  s3.add("index.s3.caFile",
         "kopia-s3: the authorities of the server's certificate, PEM; read at each use, and so the next three",
         value(&S3Options::ca_file, "FILE", to_one_line), by_default("the system's"), flag("--s3-ca-file"));
  s3.add("index.s3.accessKeyFile", "kopia-s3: holds the access key; or the variable AWS_ACCESS_KEY_ID",
         value(&S3Options::access_key_file, "FILE", to_one_line), flag("--s3-access-key-file"),
         variable("AWS_ACCESS_KEY_ID_FILE"));
  s3.add("index.s3.secretKeyFile", "kopia-s3: holds the secret key; or the variable AWS_SECRET_ACCESS_KEY",
         value(&S3Options::secret_key_file, "FILE", to_one_line), flag("--s3-secret-key-file"),
         variable("AWS_SECRET_ACCESS_KEY_FILE"));
  s3.add("index.s3.sessionTokenFile",
         "kopia-s3: holds the session token, where the keys are temporary; or the variable AWS_SESSION_TOKEN",
         value(&S3Options::session_token_file, "FILE", to_one_line), by_default("none"),
         flag("--s3-session-token-file"), variable("AWS_SESSION_TOKEN_FILE"));
  s3.add("index.s3.pathStyle", "kopia-s3: ask for host/bucket rather than for bucket.host",
         boolean(&S3Options::path_style), by_default("false for Amazon, else true"), flag("--s3-path-style"));
}

void add_index(Table& table) {
  Rows<Index> index(table, &Settings::index);
  Rows<Policy> policy(table, &Settings::policy);
  index.add("index.backend", "where the backups are", word(&Index::backend, {"kopia-fs", "kopia-s3", "catalog"}),
            by_default("none"), flag("--index-backend"), variable("BACKEND_TYPE"));
  index.add("index.path", "kopia-fs: the mounted repository", value(&Index::path, "DIR", to_one_line),
            flag("--index-path"), variable("KOPIA_REPOSITORY_PATH"));
  add_s3(table);
  index.add("index.catalogFile", "catalog: a file as `kopia snapshot list --all --json` prints it",
            value(&Index::catalog_file, "FILE", to_one_line), flag("--catalog-file"));
  index.add("index.passwordFile", "holds the repository password, read at each use; or the variable KOPIA_PASSWORD",
            value(&Index::password_file, "FILE", to_one_line), flag("--kopia-password-file"),
            variable("KOPIA_PASSWORD_FILE"));
  policy.add("index.repositoryId",
             "the repository's identity, as `holdfast repository-id` prints it; without it nothing starts empty",
             value(&Policy::pin, "hex or base64", core::RepositoryId::parse), by_default("unpinned"),
             flag("--repository-id"));
  policy.add("index.identities",
             "the kopia sources a PVC's backups may have, best first; {pvc} and {namespace} are filled in",
             list(&Policy::identities, "user@host:/path with {pvc} and {namespace}", core::IdentityTemplate::parse),
             by_default("[\"{pvc}-backup@{namespace}:/data\"]"));
  policy.add("index.freshLimit",
             "nothing starts empty where the newest snapshot of the whole repository is older than this: it may be an "
             "older copy of it",
             value(&Policy::fresh_limit, "off or a duration such as 48h", to_fresh_limit), by_default("off"),
             flag("--fresh-limit"));
  index.add("index.kopia", "the kopia program", value(&Index::kopia, "FILE", to_one_line), by_default("kopia"),
            flag("--kopia-binary"));
  index.add("index.cacheDir",
            "in it we keep folders holdfast-<n> with kopia's cache and configuration, one for each process",
            value(&Index::cache_dir, "DIR", to_one_line), by_default("a private folder"), flag("--cache-dir"));
  index.add("index.timeout",
            "how long one look at the repository may take; a listing that needs longer gets twice as long the next "
            "time, up to 5 m",
            duration(&Index::timeout, "a duration such as 8s", 10ms, 1h), by_default("8s"), flag("--index-timeout"),
            variable("HTTP_TIMEOUT"));
  index.add("index.allowCachedMount",
            "trust an NFS mount with attribute caching: a backup finished less than a minute ago may be missed",
            boolean(&Index::allow_cached_mount), by_default("false"), flag("--allow-cached-mount"));
}

void add_webhook(Table& table) {
  Rows<Webhook> webhook(table, &Settings::webhook);
  webhook.add("webhook.port", "0: a free one", port(&Webhook::port), by_default("9443"), flag("--webhook-port"));
  webhook.add("webhook.certDir", "holds tls.crt, tls.key and ca.crt", value(&Webhook::cert_dir, "DIR", to_one_line),
              flag("--webhook-cert-dir"));
  webhook.add("webhook.clientCaFile",
              "the authorities of those who may call, PEM; a connection without a client certificate of theirs ends in "
              "its handshake; read again when it changes",
              value(&Webhook::client_ca_file, "FILE", to_one_line), by_default("none: who can connect may call"),
              flag("--webhook-client-ca-file"));
  webhook.add("webhook.clientNames", "the names of which that certificate has to have one, as common name or DNS name",
              list(&Webhook::client_names, "NAME", to_one_line, kMostNames), by_default("any"),
              flag("--webhook-client-name"));
  Rows<Policy>(table, &Settings::policy)
      .add("webhook.retryAfter", "when a client that was told to wait shall try again",
           value(&Policy::retry_after, "1s..5s", to_retry_after), by_default("2s"));
  webhook.add("webhook.enabled", "serve admission", on_off(&Webhook::enabled), by_default("on"), flag("--webhook"));
  webhook.add("webhook.drain", "how long to go on serving after SIGTERM",
              duration(&Webhook::drain, "a duration such as 8s", 0s, 1h), by_default("10s"), flag("--drain"));
}

void add_certs(Table& table) {
  using Mode = Certs::Mode;
  Rows<Certs> certs(table, &Settings::certs);
  certs.add("certs.mode",
            "where the webhook's certificate comes from: files: somebody renews what lies in webhook.certDir; "
            "cert-manager: that is cert-manager; self: holdfast makes it, and publishes its authority",
            choice(&Certs::mode, {{"files", Mode::Files}, {"cert-manager", Mode::CertManager}, {"self", Mode::Self}}),
            by_default("files"), flag("--certs-mode"));
  certs.add("certs.service", "the Service, in our own namespace, by which webhook configurations name us",
            value(&Certs::service, "NAME", to_object_name), by_default("holdfast"), flag("--certs-service"));
  certs.add("certs.webhooks",
            "the webhook configurations whose caBundle is compared with the certificate and, in mode self, written: in "
            "entries for that Service only",
            list(&Certs::configurations, "NAME", to_object_name, kMostNames),
            by_default("[zz-holdfast, holdfast, holdfast-jobs]"));
  certs.add("certs.self.secret", "self: the Secret in our own namespace by which replicas share the certificate",
            value(&Certs::secret, "NAME", to_object_name), by_default("holdfast-self-signed"), flag("--certs-secret"));
  certs.add("certs.self.validity", "self: how long a certificate is valid; it is renewed after two thirds",
            duration(&Certs::lifetime, "30s..87600h", 30s, 87600h), by_default("8760h"), flag("--certs-validity"));
}

}  // namespace

void add_general(Table& table) {
  using ops::Format;
  using ops::Level;
  Rows<Settings> top(table, [](Settings& s) -> auto& { return s; });
  add_policy(table);
  add_index(table);
  add_webhook(table);
  top.add("ops.port", "0: a free one", port(&Settings::ops_port), by_default("8080"), flag("--ops-port"),
          variable("PORT"));
  add_certs(table);
  top.add("log.level", "commands other than serve: warn, where it is not set",
          choice(&Settings::log_level,
                 {{"debug", Level::Debug}, {"info", Level::Info}, {"warn", Level::Warn}, {"error", Level::Error}}),
          by_default("info"), flag("--log-level"), variable("LOG_LEVEL"));
  top.add("log.format", "", choice(&Settings::log_format, {{"text", Format::Text}, {"json", Format::Json}}),
          by_default("text"), flag("--log-format"));
  Rows<core::Policy>(table, &Settings::policy)
      .add("log.reveal",
           "denials too name the repository's place and identity and what is wrong with it; else the log alone",
           boolean(&core::Policy::reveal), by_default("false"), flag("--log-reveal"));
  top.add("kubeconfig",
          "how to reach the API server; in a pod its own account is used. Without a connection nothing is generated",
          value(&Settings::kubeconfig, "FILE", to_one_line), by_default("in-cluster, or none"), flag("--kubeconfig"));
}

}  // namespace holdfast::cli
