#include "holdfast/json/kubeconfig.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "src/json/reader/parse.hpp"
#include "src/json/yaml/yaml_replay.hpp"

namespace holdfast::json {
namespace {

using Cluster = Kubeconfig::Cluster;
using Context = Kubeconfig::Context;
using Exec = Kubeconfig::Exec;
using User = Kubeconfig::User;
using Result = std::variant<Kubeconfig, KubeconfigFault>;

constexpr Member kClusterMembers[] = {
    {"server", text<&Cluster::server>()},
    {"tls-server-name", text<&Cluster::tls_server_name>()},
    {"insecure-skip-tls-verify", flag<&Cluster::insecure_skip_tls_verify>()},
    {"certificate-authority", text<&Cluster::certificate_authority>()},
    {"certificate-authority-data", text<&Cluster::certificate_authority_data>()},
    {"proxy-url", text<&Cluster::proxy_url>()},
};
constexpr Member kNamedCluster[] = {{"name", text<&Cluster::name>()}, {"cluster", object(kClusterMembers)}};
constexpr Shape kCluster = object<&Kubeconfig::clusters>(kNamedCluster);

constexpr Member kVariableMembers[] = {
    {"name", text<&Kubeconfig::Variable::name>()},
    {"value", text<&Kubeconfig::Variable::value>()},
};
constexpr Shape kVariable = object<&Exec::env>(kVariableMembers);
constexpr Member kExecMembers[] = {
    {"apiVersion", text<&Exec::api_version>()},   {"command", text<&Exec::command>()},
    {"args", text_array<&Exec::args>()},          {"env", array(kVariable)},
    {"installHint", text<&Exec::install_hint>()}, {"provideClusterInfo", flag<&Exec::provide_cluster_info>()},
};

constexpr Member kUserMembers[] = {
    {"client-certificate", text<&User::client_certificate>()},
    {"client-certificate-data", text<&User::client_certificate_data>()},
    {"client-key", text<&User::client_key>()},
    {"client-key-data", text<&User::client_key_data>()},
    {"token", text<&User::token>()},
    {"tokenFile", text<&User::token_file>()},
    {"username", text<&User::username>()},
    {"password", text<&User::password>()},
    {"as", text<&User::as>()},
    {"auth-provider", present<&User::auth_provider>()},
    {"exec", object<&User::exec>(kExecMembers)},
};
constexpr Member kNamedUser[] = {{"name", text<&User::name>()}, {"user", object(kUserMembers)}};
constexpr Shape kUser = object<&Kubeconfig::users>(kNamedUser);

constexpr Member kContextMembers[] = {
    {"cluster", text<&Context::cluster>()},
    {"user", text<&Context::user>()},
    {"namespace", text<&Context::ns>()},
};
constexpr Member kNamedContext[] = {{"name", text<&Context::name>()}, {"context", object(kContextMembers)}};
constexpr Shape kContext = object<&Kubeconfig::contexts>(kNamedContext);

constexpr Member kMembers[] = {
    {"current-context", text<&Kubeconfig::current_context>()},
    {"clusters", array(kCluster)},
    {"users", array(kUser)},
    {"contexts", array(kContext)},
};
constexpr Shape kKubeconfig = object(kMembers);

Walker walker_into(Kubeconfig& config) {
  return Walker(kKubeconfig, &config,
                {.depth = kKubeconfigLimits.depth, .members = kKubeconfigLimits.members, .quote_hint = " (quote it)"});
}

std::optional<Complaint> first_complaint(Walker& walker) {
  if (walker.broken()) return walker.broken();
  if (!walker.complaints().empty()) return walker.complaints().front();
  return std::nullopt;
}

Result read_json(std::string_view text) {
  Kubeconfig config;
  Walker walker = walker_into(config);
  parse_json(text, walker);
  const auto complaint = first_complaint(walker);
  if (!complaint) return config;
  const auto line = std::ranges::count(text.substr(0, complaint->mark), '\n') + 1;
  return KubeconfigFault{fmt::format("line {}: {}", line, to_string(*complaint))};
}

Result read_yaml(std::string_view text) try {
  Kubeconfig config;
  std::size_t documents = 0;
  std::optional<Complaint> complaint;
  read_yaml_documents(text, kKubeconfigLimits, [&](const YamlTape& tape) {
    if (++documents > 1) return;
    Walker walker = walker_into(config);
    YamlReplay(tape, kKubeconfigLimits, walker).play();
    complaint = first_complaint(walker);
    if (walker.broken() && walker.read_on() && complaint->path.empty())
      throw YamlFault{complaint->mark, complaint->problem};
  });
  if (documents != 1) return KubeconfigFault{fmt::format("expected one document, found {}", documents)};
  if (complaint) return KubeconfigFault{fmt::format("line {}: {}", complaint->mark, to_string(*complaint))};
  return config;
} catch (const YamlFault& fault) {
  // What it says may quote the text: a token that slipped into another line.
  return KubeconfigFault{fmt::format("line {}: cannot be read as YAML", fault.line)};
}

}  // namespace

Result read_kubeconfig(std::string_view text) {
  if (text.size() > kKubeconfigLimits.bytes) {
    return KubeconfigFault{fmt::format("longer than {} bytes", kKubeconfigLimits.bytes)};
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{') return read_yaml(text);
  Result json = read_json(text);
  if (std::holds_alternative<Kubeconfig>(json)) return json;
  // YAML may begin with a brace too. If it is neither, what the JSON reader says is more to the point.
  Result yaml = read_yaml(text);
  return std::holds_alternative<Kubeconfig>(yaml) ? yaml : json;
}

}  // namespace holdfast::json
