// What the generator knows and is set to, in the webhook's words.
// Any thread.
#pragma once

#include <optional>

#include "holdfast/base/clock.hpp"
#include "holdfast/generator/generator.hpp"
#include "holdfast/webhook/admission.hpp"
#include "holdfast/webhook/ops_routes.hpp"

namespace holdfast::cli {

/// For the pages of the ops listener.
class GeneratorAudit : public webhook::AuditSource {
 public:
  /// The generator outlives every question.
  explicit GeneratorAudit(generator::Generator& generator) : generator_(generator) {}

  void audit(std::string ns, index::Deadline deadline, std::function<void(webhook::AuditPage)> done) override {
    generator_.audit(std::move(ns), deadline, [done = std::move(done)](generator::Generator::Audit audit) {
      const core::Time now = base::utc_now();
      Json::Value repository;
      if (audit.repository) repository = generator::repository_values(*audit.repository, now);
      done({std::move(audit.problem), generator::audit_values(audit.items),
            generator::unclaimed_values(audit.unclaimed, now), std::move(repository)});
    });
  }

 private:
  generator::Generator& generator_;
};

/// What the settings say about the repository in mover Jobs. nullopt: those are left as they are.
inline std::optional<webhook::MoverInjection> mover_injection(const volsync::RepositoryOptions& repository) {
  if (!repository.inject) return std::nullopt;
  webhook::MoverInjection injection;
  if (repository.kind == volsync::RepositoryOptions::Kind::Nfs) {
    injection.volume_source["nfs"]["server"] = repository.server;
    injection.volume_source["nfs"]["path"] = repository.path;
  } else {
    injection.volume_source["persistentVolumeClaim"]["claimName"] = repository.claim;
  }
  injection.mount_path = repository.mount_path;
  injection.longest_delay = std::chrono::duration_cast<std::chrono::seconds>(repository.jitter);
  injection.delay_image = repository.jitter_image;
  return injection;
}

}  // namespace holdfast::cli
