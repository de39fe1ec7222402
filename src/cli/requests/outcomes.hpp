// Which PVCs a command is about, how it went with each, and the waiting for it.
// One thread.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/core/pvc.hpp"
#include "src/cli/commands.hpp"

namespace holdfast::cli {

/// Everything, a namespace, or one PVC.
struct Scope {
  std::string ns, pvc;
  bool has(const core::PvcName& name) const {
    return (ns.empty() || name.ns == ns) && (pvc.empty() || name.name == pvc);
  }
};
/// "", "media" or "media/photos". Throws SettingsError.
Scope read_scope(const std::string& text);

/// How it went with one PVC.
struct Outcome {
  core::PvcName pvc;
  std::string result;   ///< "requested", "made", "verified", "paused", "resumed"; "adopted", "given back"; "refused",
                        ///< "failed", "unknown"
  std::string message;  ///< a sentence
};

/// Something that takes time, and that the command waits for.
class Awaited {
 public:
  /// Of what there is now: how it ended, or how it stands. Throws std::runtime_error where that is not known.
  using Look = std::function<std::variant<Outcome, std::string>()>;

  Awaited(core::PvcName pvc, Look look) : pvc_(std::move(pvc)), look_(std::move(look)) {}

  /// nullopt: it has not ended. Says on stderr how it stands, when that changes.
  std::optional<Outcome> look();
  /// When there is no more time.
  Outcome late() const { return {pvc_, "unknown", "there was no more time to wait: " + last_}; }

 private:
  core::PvcName pvc_;
  Look look_;
  std::string last_;
};

/// Waits for all, as long as the request has it; adds how they ended.
void await(std::vector<Awaited> awaited, std::chrono::steady_clock::time_point deadline,
           std::vector<Outcome>& outcomes);

/// As long from now as `timeout` says, a duration such as "30m". Throws SettingsError.
std::chrono::steady_clock::time_point deadline_in(const std::string& timeout);

/// Prints them by PVC; returns the exit code. `nothing`: why there are none.
int report(std::vector<Outcome> outcomes, Output output, std::string_view nothing);

}  // namespace holdfast::cli
