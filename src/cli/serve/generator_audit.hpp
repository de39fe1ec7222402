// What the generator knows, for the pages of the ops listener.
// Any thread.
#pragma once

#include "holdfast/base/clock.hpp"
#include "holdfast/generator/generator.hpp"
#include "holdfast/webhook/ops_routes.hpp"

namespace holdfast::cli {

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

}  // namespace holdfast::cli
