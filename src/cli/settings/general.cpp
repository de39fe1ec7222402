#include <algorithm>
#include <chrono>

#include "src/cli/settings/rows.hpp"
#include "src/cli/settings/values.hpp"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::hours kLongestTimeout{1};
constexpr std::chrono::seconds kShortestValidity{30};
constexpr std::chrono::days kLongestValidity{3650};
constexpr std::chrono::minutes kShortestFreshLimit{1};
constexpr std::chrono::days kLongestFreshLimit{3650};
constexpr std::size_t kMostConfigurations = 16;
constexpr std::size_t kMostClientNames = 16;
constexpr std::size_t kMostReasonKeys = 16;
constexpr std::size_t kMaxKeyBytes = 253 + 1 + 63;

bool set_contract(Settings& s, std::string_view v) {
  if (v == "simple") return s.policy.simple_contract = true;
  if (v == "pvc-plumber-v4") return s.policy.plumber_contract = true;
  return false;
}

/// As far as it matters: it is written into texts and queries.
bool is_annotation_key(std::string_view v) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";
  return !v.empty() && v.size() <= kMaxKeyBytes && v.find_first_not_of(kAllowed) == std::string_view::npos &&
         std::count(v.begin(), v.end(), '/') <= 1;
}

bool add_identity(Settings& s, std::string_view v) {
  const auto parsed = core::IdentityTemplate::parse(v);
  if (parsed) s.policy.identities.push_back(*parsed);
  return parsed.has_value();
}

/// "from=ns/pvc,to=ns/pvc"
bool add_restore_pair(Settings& s, std::string_view v) {
  const std::size_t comma = v.find(',');
  if (comma == std::string_view::npos) return false;
  const std::string_view from = v.substr(0, comma), to = v.substr(comma + 1);
  if (!from.starts_with("from=") || !to.starts_with("to=")) return false;
  const auto a = core::parse_pvc_name(from.substr(5)), b = core::parse_pvc_name(to.substr(3));
  if (a && b) s.policy.restore_from.push_back({*a, *b});
  return a && b;
}

/// "10%"
bool set_kept(Settings& s, std::string_view v) {
  return v.ends_with('%') && to_number(v.substr(0, v.size() - 1), 0, 100, s.policy.shrink.keep_percent);
}

bool to_severity(std::string_view v, core::Severity& out) {
  using core::Severity;
  return to_choice<Severity>(v, {{"deny", Severity::Deny}, {"warn", Severity::Warn}, {"off", Severity::Off}}, out);
}

bool add_exempt_reason(Settings& s, std::string_view v) {
  auto& keys = s.policy.exempt_reason_annotations;
  const bool allowed = is_annotation_key(v) && keys.size() < kMostReasonKeys;
  if (allowed) keys.emplace_back(v);
  return allowed;
}

bool set_repository_id(Settings& s, std::string_view v) {
  const auto id = core::RepositoryId::parse(v);
  if (id) s.policy.pin = *id;
  return id.has_value();
}

bool set_fresh_limit(Settings& s, std::string_view v) {
  s.policy.fresh_limit.reset();
  if (v == "off") return true;
  milliseconds limit{};
  if (!to_duration(v, kShortestFreshLimit, kLongestFreshLimit, limit)) return false;
  s.policy.fresh_limit = std::chrono::duration_cast<std::chrono::seconds>(limit);
  return true;
}

bool set_retry_after(Settings& s, std::string_view v) {
  milliseconds wait{};
  if (!to_duration(v, std::chrono::seconds{1}, std::chrono::seconds{5}, wait)) return false;
  s.policy.retry_after = std::chrono::duration_cast<std::chrono::seconds>(wait);
  return s.policy.retry_after == wait;
}

bool set_path_style(Settings& s, std::string_view v) {
  bool value = false;
  if (!to_bool(v, value)) return false;
  s.index.s3.path_style = value;
  return true;
}

bool set_certs_mode(Settings& s, std::string_view v) {
  using Mode = Settings::Certs::Mode;
  return to_choice<Mode>(v, {{"files", Mode::Files}, {"cert-manager", Mode::CertManager}, {"self", Mode::Self}},
                         s.certs.mode);
}

bool add_configuration(Settings& s, std::string_view v) {
  std::string name;
  if (!to_object_name(v, name) || s.certs.configurations.size() == kMostConfigurations) return false;
  s.certs.configurations.push_back(name);
  return true;
}

bool add_client_name(Settings& s, std::string_view v) {
  std::string name;
  if (!to_text(v, name) || s.webhook.client_names.size() == kMostClientNames) return false;
  s.webhook.client_names.push_back(name);
  return true;
}

bool set_log_level(Settings& s, std::string_view v) {
  using ops::Level;
  Level level{};
  const bool known = to_choice<Level>(
      v, {{"debug", Level::Debug}, {"info", Level::Info}, {"warn", Level::Warn}, {"error", Level::Error}}, level);
  if (known) s.log_level = level;
  return known;
}

using S = Settings;
using V = std::string_view;

}  // namespace

// clang-format off
std::vector<Setting> general_settings() {
  return {
  {"mode", "--mode", "", "enforce|strict|permissive|audit", "enforce",
   "enforce: as documented; strict: also refuse PVCs without label or exemption; permissive: restore when possible, deny nothing; audit: only log and count", false,
   [](S& s, V v) { return to_choice<core::Mode>(v, {{"enforce", core::Mode::Enforce}, {"strict", core::Mode::Strict}, {"permissive", core::Mode::Permissive}, {"audit", core::Mode::Audit}}, s.policy.mode); }, nullptr},
  {"contracts", "", "", "simple|pvc-plumber-v4", "[simple]",
   "the labels that opt a PVC in", true, set_contract,
   [](S& s) { s.policy.simple_contract = s.policy.plumber_contract = false; }},
  {"excludedNamespaces", "--exclude-namespace", "", "NAMESPACE", "",
   "never looked at, besides kube-system, kube-public, kube-node-lease, volsync-system, kyverno and our own", true,
   [](S& s, V v) { s.policy.excluded_namespaces.emplace(v); return core::parse_pvc_name(std::string(v) + "/x").has_value(); }, nullptr},
  {"fit", "--fit", "", "deny|warn|off", "deny",
   "what to do when the snapshot is larger than the PVC", false,
   [](S& s, V v) { return to_severity(v, s.policy.fit); }, nullptr},
  {"shrink.empty", "", "", "deny|warn|off", "deny",
   "what to do when the newest backup holds no file and one of the last ten does", false,
   [](S& s, V v) { return to_severity(v, s.policy.shrink.empty); }, nullptr},
  {"shrink.shrunk", "", "", "deny|warn|off", "warn",
   "what to do when the newest backup holds less than shrink.keep of the files of the largest of the last ten", false,
   [](S& s, V v) { return to_severity(v, s.policy.shrink.shrunk); }, nullptr},
  {"shrink.keep", "", "", "0%..100%", "10%",
   "see shrink.shrunk", false, set_kept, nullptr},
  {"restoreFrom", "", "", "{from: NS/PVC, to: NS/PVC}", "",
   "pairs that the annotation holdfast.dev/restore-from may name", true, add_restore_pair,
   [](S& s) { s.policy.restore_from.clear(); }},
  {"restoreIdentities", "", "", "own|any", "own",
   "the sources that the annotation holdfast.dev/restore-identity may name: those of the PVC's namespace and of restoreFrom, or any", false,
   [](S& s, V v) { return to_choice<bool>(v, {{"own", false}, {"any", true}}, s.policy.any_restore_identity); }, nullptr},
  {"crossNamespaceSources", "--cross-namespace-sources", "", "true|false", "false",
   "the API server's feature gate CrossNamespaceVolumeDataSource is on: a dataSourceRef with a namespace is a source of its own, and not refused", false,
   [](S& s, V v) { return to_bool(v, s.policy.cross_namespace_sources); }, nullptr},
  {"exemptReasonAnnotations", "", "", "KEY", "[volsync.backup/backup-exempt-reason]",
   "the annotations of which one has to give the reason for the label backup-exempt", true, add_exempt_reason,
   [](S& s) { s.policy.exempt_reason_annotations.clear(); }},
  {"index.backend", "--index-backend", "BACKEND_TYPE", "kopia-fs|kopia-s3|catalog", "none",
   "where the backups are", false,
   [](S& s, V v) { return to_choice<std::string>(v, {{"kopia-fs", "kopia-fs"}, {"kopia-s3", "kopia-s3"}, {"catalog", "catalog"}}, s.index.backend); }, nullptr},
  {"index.path", "--index-path", "KOPIA_REPOSITORY_PATH", "DIR", "",
   "kopia-fs: the mounted repository", false, [](S& s, V v) { return to_text(v, s.index.path); }, nullptr},
  {"index.s3.endpoint", "--s3-endpoint", "", "HOST[:PORT] or URL", "",
   "kopia-s3: the server; https unless it begins with http://", false, [](S& s, V v) { return to_text(v, s.index.s3.endpoint); }, nullptr},
  {"index.s3.bucket", "--s3-bucket", "", "NAME", "",
   "kopia-s3: the bucket", false, [](S& s, V v) { return to_text(v, s.index.s3.bucket); }, nullptr},
  {"index.s3.prefix", "--s3-prefix", "", "PREFIX", "",
   "kopia-s3: before the names of all objects, letter for letter as kopia's own --prefix: one that is a folder ends with a slash", false, [](S& s, V v) { return to_text(v, s.index.s3.prefix); }, nullptr},
  {"index.s3.region", "--s3-region", "", "NAME", "us-east-1",
   "kopia-s3: the bucket's region", false, [](S& s, V v) { return to_text(v, s.index.s3.region); }, nullptr},
  {"index.s3.caFile", "--s3-ca-file", "", "FILE", "the system's",
   "kopia-s3: the authorities of the server's certificate, PEM; read at each use, and so the next three", false, [](S& s, V v) { return to_text(v, s.index.s3.ca_file); }, nullptr},
  {"index.s3.accessKeyFile", "--s3-access-key-file", "AWS_ACCESS_KEY_ID_FILE", "FILE", "",
   "kopia-s3: holds the access key; or the variable AWS_ACCESS_KEY_ID", false, [](S& s, V v) { return to_text(v, s.index.s3.access_key_file); }, nullptr},
  {"index.s3.secretKeyFile", "--s3-secret-key-file", "AWS_SECRET_ACCESS_KEY_FILE", "FILE", "",
   "kopia-s3: holds the secret key; or the variable AWS_SECRET_ACCESS_KEY", false, [](S& s, V v) { return to_text(v, s.index.s3.secret_key_file); }, nullptr},
  {"index.s3.sessionTokenFile", "--s3-session-token-file", "AWS_SESSION_TOKEN_FILE", "FILE", "none",
   "kopia-s3: holds the session token, where the keys are temporary; or the variable AWS_SESSION_TOKEN", false, [](S& s, V v) { return to_text(v, s.index.s3.session_token_file); }, nullptr},
  {"index.s3.pathStyle", "--s3-path-style", "", "true|false", "false for Amazon, else true",
   "kopia-s3: ask for host/bucket rather than for bucket.host", false, set_path_style, nullptr},
  {"index.catalogFile", "--catalog-file", "", "FILE", "",
   "catalog: a file as `kopia snapshot list --all --json` prints it", false, [](S& s, V v) { return to_text(v, s.index.catalog_file); }, nullptr},
  {"index.passwordFile", "--kopia-password-file", "KOPIA_PASSWORD_FILE", "FILE", "",
   "holds the repository password, read at each use; or the variable KOPIA_PASSWORD", false, [](S& s, V v) { return to_text(v, s.index.password_file); }, nullptr},
  {"index.repositoryId", "--repository-id", "", "hex or base64", "unpinned",
   "the repository's identity, as `holdfast repository-id` prints it; without it nothing starts empty", false, set_repository_id, nullptr},
  {"index.identities", "", "", "user@host:/path with {pvc} and {namespace}", "[\"{pvc}-backup@{namespace}:/data\"]",
   "the kopia sources a PVC's backups may have, best first; {pvc} and {namespace} are filled in", true, add_identity,
   [](S& s) { s.policy.identities.clear(); }},
  {"index.freshLimit", "--fresh-limit", "", "off or a duration such as 48h", "off",
   "nothing starts empty where the newest snapshot of the whole repository is older than this: it may be an older copy of it", false, set_fresh_limit, nullptr},
  {"index.kopia", "--kopia-binary", "", "FILE", "kopia",
   "the kopia program", false, [](S& s, V v) { return to_text(v, s.index.kopia); }, nullptr},
  {"index.cacheDir", "--cache-dir", "", "DIR", "a private folder",
   "in it we keep folders holdfast-<n> with kopia's cache and configuration, one for each process", false, [](S& s, V v) { return to_text(v, s.index.cache_dir); }, nullptr},
  {"index.timeout", "--index-timeout", "HTTP_TIMEOUT", "a duration such as 8s", "8s",
   "how long one look at the repository may take; a listing that needs longer gets twice as long the next time, up to 5 m", false,
   [](S& s, V v) { return to_duration(v, milliseconds{10}, kLongestTimeout, s.index.timeout); }, nullptr},
  {"index.allowCachedMount", "--allow-cached-mount", "", "true|false", "false",
   "trust an NFS mount with attribute caching: a backup finished less than a minute ago may be missed", false,
   [](S& s, V v) { return to_bool(v, s.index.allow_cached_mount); }, nullptr},
  {"webhook.port", "--webhook-port", "", "0..65535", "9443", "0: a free one", false,
   [](S& s, V v) { return to_number(v, s.webhook.port); }, nullptr},
  {"webhook.certDir", "--webhook-cert-dir", "", "DIR", "",
   "holds tls.crt, tls.key and ca.crt", false, [](S& s, V v) { return to_text(v, s.webhook.cert_dir); }, nullptr},
  {"webhook.clientCaFile", "--webhook-client-ca-file", "", "FILE", "none: who can connect may call",
   "the authorities of those who may call, PEM; a connection without a client certificate of theirs ends in its handshake; read again when it changes", false, [](S& s, V v) { return to_text(v, s.webhook.client_ca_file); }, nullptr},
  {"webhook.clientNames", "--webhook-client-name", "", "NAME", "any",
   "the names of which that certificate has to have one, as common name or DNS name", true, add_client_name,
   [](S& s) { s.webhook.client_names.clear(); }},
  {"webhook.retryAfter", "", "", "1s..5s", "2s",
   "when a client that was told to wait shall try again", false, set_retry_after, nullptr},
  {"webhook.enabled", "--webhook", "", "on|off", "on", "serve admission", false,
   [](S& s, V v) { return to_switch(v, s.webhook.enabled); }, nullptr},
  {"webhook.drain", "--drain", "", "a duration such as 8s", "10s",
   "how long to go on serving after SIGTERM", false,
   [](S& s, V v) { return to_duration(v, milliseconds{0}, kLongestTimeout, s.webhook.drain); }, nullptr},
  {"ops.port", "--ops-port", "PORT", "0..65535", "8080", "0: a free one", false,
   [](S& s, V v) { return to_number(v, s.ops_port); }, nullptr},
  {"certs.mode", "--certs-mode", "", "files|cert-manager|self", "files",
   "where the webhook's certificate comes from: files: somebody renews what lies in webhook.certDir; cert-manager: that is cert-manager; self: holdfast makes it, and publishes its authority", false, set_certs_mode, nullptr},
  {"certs.service", "--certs-service", "", "NAME", "holdfast",
   "the Service, in our own namespace, by which webhook configurations name us", false, [](S& s, V v) { return to_object_name(v, s.certs.service); }, nullptr},
  {"certs.webhooks", "", "", "NAME", "[zz-holdfast, holdfast, holdfast-jobs]",
   "the webhook configurations whose caBundle is compared with the certificate and, in mode self, written: in entries for that Service only", true, add_configuration,
   [](S& s) { s.certs.configurations.clear(); }},
  {"certs.self.secret", "--certs-secret", "", "NAME", "holdfast-self-signed",
   "self: the Secret in our own namespace by which replicas share the certificate", false, [](S& s, V v) { return to_object_name(v, s.certs.secret); }, nullptr},
  {"certs.self.validity", "--certs-validity", "", "30s..87600h", "8760h",
   "self: how long a certificate is valid; it is renewed after two thirds", false,
   [](S& s, V v) { return to_duration(v, kShortestValidity, kLongestValidity, s.certs.lifetime); }, nullptr},
  {"log.level", "--log-level", "LOG_LEVEL", "debug|info|warn|error", "info", "commands other than serve: warn, where it is not set", false,
   set_log_level, nullptr},
  {"log.format", "--log-format", "", "text|json", "text", "", false,
   [](S& s, V v) { return to_choice<ops::Format>(v, {{"text", ops::Format::Text}, {"json", ops::Format::Json}}, s.log_format); }, nullptr},
  {"kubeconfig", "--kubeconfig", "", "FILE", "in-cluster, or none",
   "how to reach the API server; in a pod its own account is used. Without a connection nothing is generated", false, [](S& s, V v) { return to_text(v, s.kubeconfig); }, nullptr},
  };
}
// clang-format on

}  // namespace holdfast::cli
