// A kubeconfig file, YAML or JSON, as it stands: nothing is looked up, decoded or checked against anything else.
// Source of the format: k8s.io/client-go/tools/clientcmd/api/v1.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/json/limits.hpp"

namespace holdfast::json {

/// Members of the file have the same names, with '-' for '_'. What is absent is empty.
struct Kubeconfig {
  struct Cluster {
    std::string name;
    std::string server;
    std::string tls_server_name;
    bool insecure_skip_tls_verify = false;
    std::string certificate_authority;
    std::string certificate_authority_data;
    std::string proxy_url;
  };
  struct Variable {
    std::string name;
    std::string value;
  };
  struct Exec {
    std::string api_version;
    std::string command;
    std::vector<std::string> args;
    std::vector<Variable> env;
    std::string install_hint;
    bool provide_cluster_info = false;
  };
  struct User {
    std::string name;
    std::string client_certificate;
    std::string client_certificate_data;
    std::string client_key;
    std::string client_key_data;
    std::string token;
    std::string token_file;
    std::string username;
    std::string password;
    std::string as;              ///< impersonation
    bool auth_provider = false;  ///< there is one
    std::optional<Exec> exec;
  };
  struct Context {
    std::string name;
    std::string cluster;
    std::string user;
    std::string ns;
  };
  std::string current_context;
  std::vector<Cluster> clusters;
  std::vector<User> users;
  std::vector<Context> contexts;
};

/// What is wrong: "line 7: users[0].user.token: expected a string, found a number (quote it)". Nothing of the file but
/// names of members is in it: the rest may be secret.
struct KubeconfigFault {
  std::string problem;
};

inline constexpr ReadLimits kKubeconfigLimits{.bytes = 1024 * 1024, .depth = 32, .members = 50'000};

/// The text must be one document.
std::variant<Kubeconfig, KubeconfigFault> read_kubeconfig(std::string_view text);

}  // namespace holdfast::json
