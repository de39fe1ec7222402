// What the ops listener serves: /livez /readyz /healthz /metrics /exists/{ns}/{pvc}.
// OpsRoutes may be used from any thread.
#pragma once

#include "holdfast/core/policy.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/net/http.hpp"
#include "holdfast/ops/health.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::webhook {

class OpsRoutes {
 public:
  /// The references must outlive every request.
  OpsRoutes(const core::Policy& policy, index::Index& index, const ops::Health& health, const ops::Metrics& metrics);

  void handle(net::Request request, net::Respond respond) const;

 private:
  void healthz(const net::Respond& respond) const;
  void exists(const core::PvcName& name, const net::Respond& respond) const;

  const core::Policy& policy_;
  index::Index& index_;
  const ops::Health& health_;
  const ops::Metrics& metrics_;
};

}  // namespace holdfast::webhook
