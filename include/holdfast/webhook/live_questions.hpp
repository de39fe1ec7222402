// Asks the API server what a decision needs to know of the cluster, live: the webhook's questions in the Kubernetes
// client's words. Any thread.
#pragma once

#include <memory>
#include <optional>

#include "holdfast/core/policy.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/volsync/options.hpp"
#include "holdfast/volsync/seen.hpp"
#include "holdfast/webhook/cluster_questions.hpp"

namespace holdfast::webhook {

class LiveQuestions : public ClusterQuestions {
 public:
  /// What this replica knows without asking, and where it is told that we ask; may be null.
  using Known = std::shared_ptr<volsync::Knowledge>;

  /// `memory`: of seen backups; nullopt: none is kept, and rule 9 does not apply. Of the options count whose objects
  /// the generator takes over, which then are ours, and how long a backup may last. The client outlives every question.
  LiveQuestions(kube::Client& client, core::Policy policy, const volsync::Options& options,
                std::optional<kube::Target> memory, Known known = nullptr);
  ~LiveQuestions() override;

  /// One request of the PVC's own: where a backup would be restored its destination, else its ReplicationSource; and
  /// three more for each source that may have a backup under way. What all PVCs of a namespace, or all PVCs, want to
  /// know is asked once for those who ask at the same time: two or three lists, and the memory of seen backups.
  /// What is not answered by `deadline` is NoAnswer; so is the destination where nothing would be restored.
  void ask(const core::WantsRestore& wanted, About about, index::Deadline deadline,
           std::function<void(core::ClusterFacts)> done) override;
  void ask_namespace(const std::string& name, index::Deadline deadline, std::function<void(Labels)> done) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::webhook
