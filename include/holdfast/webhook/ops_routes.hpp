// What the ops listener serves: /livez /readyz /healthz /metrics /exists/{ns}/{pvc} /audit and the page /.
// OpsRoutes may be used from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>

#include "holdfast/core/policy.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/net/http.hpp"
#include "holdfast/ops/health.hpp"
#include "holdfast/ops/metrics.hpp"
#include "holdfast/webhook/admission.hpp"

namespace holdfast::webhook {

/// How every PVC stands.
struct AuditPage {
  std::string problem;  ///< why the list may be incomplete; empty: it is complete
  /// An array of objects: namespace, pvc, gap, protected, and where there is something to say protection, tier, phase,
  /// verdict, code, message, source, lastBackup, restore, waitsFor, ignored, ….
  Json::Value items{Json::arrayValue};
  /// Backups that no PVC claims: an array of {identity, snapshots, size, newest, ageSeconds, nearest}.
  Json::Value unclaimed{Json::arrayValue};
  /// How old is what the repository holds: {newestSnapshot, ageSeconds, outdated}; null: not known.
  Json::Value repository{};
};

/// The same as a page for people: HTML without scripts, links or anything from elsewhere; all text is escaped. Gaps
/// come first. At most kMaxRows rows; the page says how many more there are.
std::string audit_html(const AuditPage& page);
inline constexpr std::size_t kMaxRows = 2'000;

/// Whoever can look at the cluster.
class AuditSource {
 public:
  virtual ~AuditSource() = default;
  /// Those of one namespace, or with an empty `ns` all. Calls `done` exactly once, at the latest shortly after
  /// `deadline`, from any thread.
  virtual void audit(std::string ns, index::Deadline deadline, std::function<void(AuditPage)> done) = 0;
};

/// So many at the same time and no more. Any thread.
class Places {
 public:
  explicit Places(std::size_t most) : most_(most) {}
  /// The place is taken as long as the result or a copy of it lives. Null: none is free.
  std::shared_ptr<const void> take() {
    if (++*taken_ <= most_) return {taken_.get(), [taken = taken_](const void*) { --*taken; }};
    --*taken_;
    return nullptr;
  }

 private:
  const std::size_t most_;
  const std::shared_ptr<std::atomic<std::size_t>> taken_ = std::make_shared<std::atomic<std::size_t>>(0);
};

class OpsRoutes {
 public:
  /// The references must outlive every request. `audit` and `cluster` may be null: then nothing is known of the
  /// cluster.
  OpsRoutes(const core::Policy& policy, index::Index& index, const ops::Health& health, const ops::Metrics& metrics,
            AuditSource* audit = nullptr, ClusterQuestions* cluster = nullptr);

  void handle(const net::Request& request, const net::Respond& respond) const;

 private:
  void healthz(const net::Respond& respond) const;
  void exists(const core::PvcName& name, const net::Respond& respond) const;
  void audit(const net::Request& request, const net::Respond& respond) const;

  const core::Policy& policy_;
  index::Index& index_;
  const ops::Health& health_;
  const ops::Metrics& metrics_;
  AuditSource* const audit_;
  ClusterQuestions* const cluster_;
  mutable Places audits_{4};      ///< each holds a list of all PVCs
  mutable Places questions_{64};  ///< what waits for the repository must leave connections to the probes
};

}  // namespace holdfast::webhook
