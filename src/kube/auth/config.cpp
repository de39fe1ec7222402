#include "holdfast/kube/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "holdfast/base/file.hpp"
#include "holdfast/json/kubeconfig.hpp"
#include "holdfast/kube/base64.hpp"
#include "holdfast/net/url.hpp"

namespace holdfast::kube {
namespace {

namespace fs = std::filesystem;
using json::Kubeconfig;

constexpr std::size_t kSmallFileBytes = 1024 * 1024;  ///< of a token or a certificate

std::string read(const std::string& path, std::size_t most) try {
  return base::read_file(path, most);
} catch (const std::runtime_error& error) {
  throw ConfigError(error.what());
}

/// A file as it was read, turned into what its current context means.
class Resolver {
 public:
  Resolver(const std::string& path, const Kubeconfig& file)
      : source_("kubeconfig " + path), folder_(fs::absolute(path).parent_path()), file_(file) {}

  Config resolve() {
    const std::string& name = file_.current_context;
    if (name.empty()) throw fault("current-context: not set");
    const auto& context = find(file_.contexts, "contexts", name);
    config_.ns = context.ns;
    config_.source = fmt::format("{}, context {}", source_, name);
    take_cluster(find(file_.clusters, "clusters", context.cluster));
    // Without a user it is somebody unknown: some API servers take that.
    if (!context.user.empty()) take_user(find(file_.users, "users", context.user));
    return std::move(config_);
  }

 private:
  template <class Named>
  const Named& find(const std::vector<Named>& list, std::string_view field, const std::string& name) const {
    const auto found = std::ranges::find(list, name, &Named::name);
    if (found == list.end()) throw fault(fmt::format("{}: there is none of the name \"{}\"", field, name));
    if (std::find_if(found + 1, list.end(), [&](const Named& other) { return other.name == name; }) != list.end()) {
      throw fault(fmt::format("{}: the name \"{}\" occurs twice", field, name));
    }
    return *found;
  }

  void take_cluster(const Kubeconfig::Cluster& cluster) {
    const std::string at = fmt::format("cluster \"{}\": ", cluster.name);
    if (!cluster.proxy_url.empty()) throw fault(at + "proxy-url: proxies are not supported");
    take_server(cluster.server, at);
    config_.tls_server_name = cluster.tls_server_name;
    config_.insecure_skip_tls_verify = cluster.insecure_skip_tls_verify;
    config_.ca_pem = decoded(cluster.certificate_authority_data, at + "certificate-authority-data");
    if (config_.ca_pem.empty()) config_.ca_file = located(cluster.certificate_authority);
    if (config_.insecure_skip_tls_verify && !(config_.ca_pem.empty() && config_.ca_file.empty())) {
      throw fault(at + "insecure-skip-tls-verify: excludes a certificate-authority");
    }
  }

  void take_server(const std::string& url, const std::string& at) try {
    if (url.empty()) throw fault(at + "server: missing");
    net::ServerAddress address = net::read_server_address(url);
    config_.tls = address.tls;
    config_.host = std::move(address.host);
    config_.port = address.port;
    config_.base_path = std::move(address.base_path);
  } catch (const std::invalid_argument& error) {
    throw fault(fmt::format("{}server: {}", at, error.what()));
  }

  void take_user(const Kubeconfig::User& user) {
    const std::string at = fmt::format("user \"{}\": ", user.name);
    refuse_what_we_cannot(user, at);
    take_certificate(user, at);
    // As client-go does: a file is read again and again, so it is the newer of two.
    config_.token_file = located(user.token_file);
    if (config_.token_file.empty()) config_.token = user.token;
    if (user.exec) take_exec(*user.exec, at);
  }

  void refuse_what_we_cannot(const Kubeconfig::User& user, const std::string& at) const {
    if (user.auth_provider) throw fault(at + "auth-provider: not supported; use exec");
    if (!user.username.empty() || !user.password.empty()) throw fault(at + "username: passwords are not supported");
    // Leaving it out would act with other rights than were meant.
    if (!user.as.empty()) throw fault(at + "as: impersonation is not supported");
  }

  void take_certificate(const Kubeconfig::User& user, const std::string& at) {
    config_.cert_pem = decoded(user.client_certificate_data, at + "client-certificate-data");
    config_.key_pem = decoded(user.client_key_data, at + "client-key-data");
    if (config_.cert_pem.empty()) config_.cert_file = located(user.client_certificate);
    if (config_.key_pem.empty()) config_.key_file = located(user.client_key);
    const bool has_certificate = !config_.cert_pem.empty() || !config_.cert_file.empty();
    const bool has_key = !config_.key_pem.empty() || !config_.key_file.empty();
    if (has_certificate && !has_key) throw fault(at + "client-key: missing, with a client-certificate");
    if (has_key && !has_certificate) throw fault(at + "client-certificate: missing, with a client-key");
  }

  void take_exec(const Kubeconfig::Exec& exec, const std::string& at) {
    constexpr std::string_view kVersions[] = {"client.authentication.k8s.io/v1",
                                              "client.authentication.k8s.io/v1beta1"};
    if (exec.command.empty()) throw fault(at + "exec.command: missing");
    if (std::ranges::find(kVersions, exec.api_version) == std::end(kVersions)) {
      throw fault(fmt::format("{}exec.apiVersion: expected {} or {}", at, kVersions[0], kVersions[1]));
    }
    ExecPlugin& plugin = config_.exec.emplace();
    plugin.api_version = exec.api_version;
    plugin.command = exec.command.find('/') == std::string::npos ? exec.command : located(exec.command);
    plugin.arguments = exec.args;
    for (const auto& [name, value] : exec.env) plugin.environment.emplace_back(name, value);
    plugin.install_hint = exec.install_hint;
    plugin.provide_cluster_info = exec.provide_cluster_info;
  }

  std::string decoded(const std::string& base64, const std::string& field) const {
    const auto bytes = decode_base64(base64);
    if (!bytes) throw fault(field + ": not base64");
    return *bytes;
  }

  /// Relative paths begin where the kubeconfig stands.
  std::string located(const std::string& path) const { return path.empty() ? path : (folder_ / path).string(); }

  ConfigError fault(const std::string& problem) const { return ConfigError(source_ + ": " + problem); }

  std::string source_;
  fs::path folder_;
  const Kubeconfig& file_;
  Config config_;
};

std::uint16_t read_port(const std::string& text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc{} && end == text.data() + text.size() && port != 0) return port;
  throw ConfigError("in-cluster: KUBERNETES_SERVICE_PORT is not a port");
}

}  // namespace

Config read_kubeconfig(const std::string& path) {
  const auto file = json::read_kubeconfig(read(path, json::kKubeconfigLimits.bytes));
  if (const auto* fault = std::get_if<json::KubeconfigFault>(&file)) {
    throw ConfigError(fmt::format("kubeconfig {}: {}", path, fault->problem));
  }
  return Resolver(path, std::get<Kubeconfig>(file)).resolve();
}

std::optional<Config> in_cluster_config(const Environment& environment, const std::string& folder) {
  const auto host = environment("KUBERNETES_SERVICE_HOST");
  if (!host || host->empty()) return std::nullopt;
  Config config;
  config.host = *host;
  config.port = read_port(environment("KUBERNETES_SERVICE_PORT").value_or(""));
  config.token_file = folder + "/token";
  config.ca_file = folder + "/ca.crt";
  config.source = "in-cluster";
  // Said now, by name, rather than at the first request.
  for (const std::string& file : {config.token_file, config.ca_file}) {
    if (read(file, kSmallFileBytes).empty()) throw ConfigError(file + ": empty");
  }
  config.ns = read(folder + "/namespace", kSmallFileBytes);
  config.ns.erase(config.ns.find_last_not_of(" \t\r\n") + 1);
  return config;
}

}  // namespace holdfast::kube
