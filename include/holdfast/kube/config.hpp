// How to reach the API server and who we are there: a kubeconfig file, or the folder that a pod is given.
// Source of the formats: k8s.io/client-go/tools/clientcmd/api/v1, client-go/rest (InClusterConfig),
// client.authentication.k8s.io/v1 for exec plugins.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::kube {

/// A configuration that cannot be used; what() names file and field, and holds no secret.
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A program that prints credentials (an ExecCredential).
struct ExecPlugin {
  std::string api_version;
  std::string command;  ///< a path, or a name on PATH; relative ones with a '/' are relative to the kubeconfig
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string install_hint;
  bool provide_cluster_info = false;
};

/// Where the parts of an identity are found. Files are read at the time of use.
struct Config {
  std::string host;  ///< name or address, without brackets
  std::uint16_t port = 443;
  std::string base_path;        ///< "" or "/k8s/clusters/c-1": before every path
  bool tls = true;              ///< false: plain http, for test servers
  std::string tls_server_name;  ///< empty: the host
  bool insecure_skip_tls_verify = false;
  std::string ca_file, ca_pem;  ///< one of them, or none: the system's authorities
  std::string cert_file, cert_pem;
  std::string key_file, key_pem;
  std::string token_file, token;
  std::optional<ExecPlugin> exec;
  std::string ns;      ///< of the context, or of the pod; may be empty
  std::string source;  ///< "kubeconfig /…/config, context home" or "in-cluster": for people
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads a kubeconfig: its current context. Throws ConfigError.
Config read_kubeconfig(const std::string& path);

/// The pod's own: nullopt where there is none (no KUBERNETES_SERVICE_HOST). Throws ConfigError where it is incomplete.
std::optional<Config> in_cluster_config(const Environment& environment,
                                        const std::string& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

}  // namespace holdfast::kube
