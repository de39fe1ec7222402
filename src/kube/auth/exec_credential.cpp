#include "src/kube/auth/exec_credential.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <map>
#include <stdexcept>

#include "holdfast/json/tree.hpp"
#include "holdfast/kube/base64.hpp"
#include "holdfast/net/url.hpp"
#include "src/kube/http.hpp"

namespace holdfast::kube {

namespace {

using json::text_at;

constexpr std::size_t kMostOutputBytes = 64 * 1024;
/// Ours, and not for the plugins of others.
constexpr std::array<std::string_view, 2> kOwnPasswords = {"KOPIA_PASSWORD", "HOLDFAST_KOPIA_PASSWORD"};

Json::Value cluster_info(const Config& config, const std::string& ca_pem) {
  Json::Value cluster;
  cluster["server"] = fmt::format("{}://{}{}", config.tls ? "https" : "http",
                                  net::address_text(config.host, config.port), config.base_path);
  if (!config.tls_server_name.empty()) cluster["tls-server-name"] = config.tls_server_name;
  if (config.insecure_skip_tls_verify) cluster["insecure-skip-tls-verify"] = true;
  if (!ca_pem.empty()) cluster["certificate-authority-data"] = encode_base64(ca_pem);
  return cluster;
}

std::string read_output(base::Child& child) {
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t got = child.read(buffer.data(), buffer.size())) {
    output.append(buffer.data(), got);
    if (output.size() > kMostOutputBytes) throw std::runtime_error("it printed more than 64 KiB");
  }
  return output;
}

/// What the end of the program says; empty: all is well.
std::string problem_of(const base::ChildResult& result) {
  if (result.timed_out) return "it did not end in time";
  if (result.exit_code == 0) return {};
  if (result.exit_code) return fmt::format("exit code {}", *result.exit_code);
  return fmt::format("ended by signal {}", result.signal);
}

ExecProblem explain(const ExecPlugin& plugin, std::string_view problem) {
  std::string text = fmt::format("credential plugin {}: {}", plugin.command, problem);
  if (!plugin.install_hint.empty()) text += fmt::format(" ({})", cut(plugin.install_hint, 300));
  return {std::move(text)};
}

}  // namespace

std::variant<ExecCredential, ExecProblem> read_exec_credential(std::string_view text, std::string_view api_version) {
  const auto document = json::read_tree(text);
  if (!document || !document->isObject()) return ExecProblem{"it did not print a JSON object"};
  if (text_at(*document, {"kind"}) != "ExecCredential") return ExecProblem{"kind: expected ExecCredential"};
  if (text_at(*document, {"apiVersion"}) != api_version) {
    return ExecProblem{fmt::format("apiVersion: expected {}", api_version)};
  }
  ExecCredential found{text_at(*document, {"status", "token"}), text_at(*document, {"status", "clientCertificateData"}),
                       text_at(*document, {"status", "clientKeyData"}), std::nullopt};
  if (found.cert_pem.empty() != found.key_pem.empty()) {
    return ExecProblem{"status: clientCertificateData and clientKeyData belong together"};
  }
  if (found.token.empty() && found.cert_pem.empty()) return ExecProblem{"status: no token and no client certificate"};
  if (const std::string expires = text_at(*document, {"status", "expirationTimestamp"}); !expires.empty()) {
    found.expires = core::parse_rfc3339(expires);
    if (!found.expires) return ExecProblem{"status.expirationTimestamp: expected an RFC 3339 time"};
  }
  return found;
}

std::string exec_info(const Config& config, const std::string& ca_pem) {
  Json::Value info;
  info["apiVersion"] = config.exec->api_version;
  info["kind"] = "ExecCredential";
  info["spec"]["interactive"] = false;
  if (config.exec->provide_cluster_info) info["spec"]["cluster"] = cluster_info(config, ca_pem);
  return json::write_tree(info);
}

std::vector<std::string> exec_environment(const ExecPlugin& plugin) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (std::string_view secret : kOwnPasswords) variables.erase(std::string(secret));
  for (const auto& [name, value] : plugin.environment) variables[name] = value;
  std::vector<std::string> environment;
  environment.reserve(variables.size());
  for (const auto& [name, value] : variables) environment.push_back(fmt::format("{}={}", name, value));
  return environment;
}

std::variant<ExecCredential, ExecProblem> run_exec_plugin(base::ChildRunner& runner, const ExecPlugin& plugin,
                                                          const std::vector<std::string>& environment,
                                                          std::chrono::steady_clock::time_point deadline,
                                                          const std::atomic<bool>& cancel) try {
  base::ChildOptions options;
  options.program = base::find_program(plugin.command);
  options.arguments = plugin.arguments;
  options.environment = environment;
  options.deadline = deadline;
  options.cancel = &cancel;
  base::Child child = runner.start(options);
  const std::string output = read_output(child);
  if (const std::string problem = problem_of(child.finish()); !problem.empty()) return explain(plugin, problem);
  auto read = read_exec_credential(output, plugin.api_version);
  if (const auto* problem = std::get_if<ExecProblem>(&read)) return explain(plugin, problem->text);
  return read;
} catch (const base::ChildTimeout&) {
  return explain(plugin, "it did not end in time");
} catch (const std::exception& error) {
  return explain(plugin, error.what());
}

}  // namespace holdfast::kube
