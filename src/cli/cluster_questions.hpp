// Asks the API server what rules 7 and 8 need to know, live: the webhook's questions in the Kubernetes client's words.
// Any thread.
#pragma once

#include "holdfast/core/policy.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/webhook/admission.hpp"

namespace holdfast::cli {

class ClusterQuestions : public webhook::ClusterQuestions {
 public:
  /// `adopt`: objects of kyverno and pvc-plumber count as ours. The client outlives every question.
  ClusterQuestions(kube::Client& client, core::Naming naming, bool adopt);

  /// Three requests at once; what is not answered by `deadline` is NoAnswer.
  void ask(const core::PvcName& pvc, index::Deadline deadline, std::function<void(core::ClusterFacts)> done) override;

 private:
  kube::Client& client_;
  const core::Naming naming_;
  const bool adopt_;
};

}  // namespace holdfast::cli
