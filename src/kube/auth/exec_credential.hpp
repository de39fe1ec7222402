// A program that prints credentials, run once: client.authentication.k8s.io ExecCredential, in and out.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/base/child.hpp"
#include "holdfast/core/time.hpp"
#include "holdfast/kube/config.hpp"

namespace holdfast::kube {

struct ExecCredential {
  std::string token;              ///< empty: the certificate alone
  std::string cert_pem, key_pem;  ///< both or none
  std::optional<core::Time> expires;
};

/// Why there are none: for people, never with anything that the program printed.
struct ExecProblem {
  std::string text;
};

/// Reads what the program printed. Pure; any thread.
std::variant<ExecCredential, ExecProblem> read_exec_credential(std::string_view text, std::string_view api_version);

/// KUBERNETES_EXEC_INFO. Pure; any thread.
std::string exec_info(const Config& config, const std::string& ca_pem);

/// `NAME=value` of our own environment, without our secrets, and of the plugin's, which wins. Call it when no thread
/// changes the environment.
std::vector<std::string> exec_environment(const ExecPlugin& plugin);

/// Runs it to its end or to the deadline: blocks. Any thread.
std::variant<ExecCredential, ExecProblem> run_exec_plugin(base::ChildRunner& runner, const ExecPlugin& plugin,
                                                          const std::vector<std::string>& environment,
                                                          std::chrono::steady_clock::time_point deadline,
                                                          const std::atomic<bool>& cancel);

}  // namespace holdfast::kube
