// Carries out a plan's actions through the API server, one after the other, and shows the answers to the store at once:
// the next plan knows what this one has written.
// Belongs to the thread of the client's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "src/generator/later.hpp"
#include "src/generator/run/reporter.hpp"
#include "src/generator/store/store.hpp"

namespace holdfast::generator {

/// One object to be read again right before an action: a watch that has fallen silent says nothing, and so does one
/// that shows a PVC which is gone, does not show one that lives, or has not told yet that a mover is at work.
struct LiveCheck {
  kube::Target target;
  /// Why the action must not be done now, by an answer that does not pass by itself; nullopt: it may be.
  std::optional<kube::ApiError> (*objection)(const Action& action, const kube::Result& answer);
};

/// What an action rests on, in this order; an objection to one ends them. `pvc`: whose action it is. Pure.
std::vector<LiveCheck> live_checks(const Action& action, const core::PvcName& pvc);

class Executor {
 public:
  struct Outcome {
    std::size_t written = 0;
    std::size_t failed = 0;
    std::optional<kube::ApiError> error = std::nullopt;    ///< of the first that failed
    std::string action = {};                               ///< that one
    std::optional<UnfitImage> unfit_image = std::nullopt;  ///< it was left where it is; that is no failure
  };
  using Done = std::function<void(const Outcome&)>;

  /// References outlive every action under way.
  Executor(kube::Client& client, Store& store, Reporter& reporter);

  /// No write begins after `deadline`, and none is waited for longer. `done` is called once. One refused write does not
  /// keep the others of the plan from being tried; an API server that gives no answer does, and so does a takeover.
  void run(core::PvcName pvc, std::vector<Action> actions, kube::Deadline deadline, Done done);

 private:
  struct Job;
  void next(const std::shared_ptr<Job>& job);
  void note_what_it_was(const std::shared_ptr<Job>& job, kube::Deadline deadline, const kube::Done& done);
  void offer_if_it_fits(const std::shared_ptr<Job>& job, kube::Deadline deadline, kube::Done done);
  void answered(const std::shared_ptr<Job>& job, const kube::Result& result);
  using Verified = std::function<void(const std::optional<kube::ApiError>& refusal)>;
  void verify(const std::shared_ptr<Job>& job, std::size_t check, kube::Deadline deadline, Verified done);
  void send(const Action& action, kube::Deadline deadline, kube::Done done);

  kube::Client& client_;
  Store& store_;
  Reporter& reporter_;
  Alive alive_;
};

}  // namespace holdfast::generator
