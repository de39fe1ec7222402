// Asks the API server what rules 7 to 9 need to know, live: the webhook's questions in the Kubernetes client's words.
// Any thread.
#pragma once

#include <memory>
#include <optional>

#include "holdfast/core/policy.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/webhook/admission.hpp"

namespace holdfast::cli {

class ClusterQuestions : public webhook::ClusterQuestions {
 public:
  /// `adopt`: objects of kyverno and pvc-plumber that the generator takes over count as ours. `memory`: of seen
  /// backups; nullopt: none is kept, and rule 9 does not apply. The client outlives every question.
  ClusterQuestions(kube::Client& client, core::Policy policy, bool adopt, std::optional<kube::Target> memory);

  /// Three or four requests at once; what is not answered by `deadline` is NoAnswer.
  void ask(const core::WantsRestore& wanted, bool without_backup, index::Deadline deadline,
           std::function<void(core::ClusterFacts)> done) override;

 private:
  kube::Client& client_;
  const std::shared_ptr<const core::Policy> policy_;  ///< of questions under way too
  const bool adopt_;
  const std::optional<kube::Target> memory_;
};

}  // namespace holdfast::cli
