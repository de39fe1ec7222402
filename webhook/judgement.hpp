// One decision from its intent to its verdict: a proof, the cluster's facts where they matter, and where nothing would
// be restored a proof that begins after them.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "holdfast/core/decide.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/webhook/cluster_questions.hpp"
#include "holdfast/webhook/standing_facts.hpp"
#include "holdfast/webhook/waiting_pvcs.hpp"

namespace holdfast::webhook {

/// Runs `f`; what it throws goes to `failed`, in words.
template <class F, class Failed>
void guarded(F&& f, const Failed& failed) noexcept {
  try {
    f();
  } catch (const std::exception& e) {
    failed(e.what());
  } catch (...) {
    failed("unknown exception");
  }
}

/// Shared by the callbacks that bring its inputs; they follow each other, so it is never used by two threads at once.
class Judgement : public std::enable_shared_from_this<Judgement> {
 public:
  /// What it asks and goes by; all outlive it. `cluster` may be null: then its rules do not apply.
  struct Sources {
    index::Index& index;
    ClusterQuestions* cluster;
    const core::Policy& policy;
    WaitingPvcs* waiting = nullptr;     ///< may be null: then every try is the first
    StandingFacts* standing = nullptr;  ///< may be null: then the cluster is asked each time
    bool is_asked_again = false;        ///< what is admitted here is judged once more, by the other webhook
  };
  using Done = std::function<void(core::Verdict, const core::Evidence&)>;
  using Failed = std::function<void(std::string_view what)>;

  /// Calls one of the two, once, from any thread: `failed` for whatever is thrown, also by `done`.
  static void begin(const Sources& sources, core::Intent intent, index::Deadline deadline, Done done, Failed failed);

 private:
  Judgement(const Sources& sources, core::WantsRestore wanted, index::Deadline deadline, Done done, Failed failed);

  using Moment = std::chrono::steady_clock::time_point;

  void prove();
  bool needs_proof(const core::Verdict& verdict) const;
  void settle(core::Verdict verdict);
  void have_evidence(core::Evidence evidence);
  void ask(ClusterQuestions::About about);
  void have_facts(core::ClusterFacts facts);
  bool needs_more(const core::Verdict& verdict) const;
  bool lacks_destination() const;
  void prove_that_there_is_none();
  core::Verdict decide(const core::ClusterFacts& facts) const;
  template <class F>
  void guard(F&& f) noexcept {
    guarded(f, failed_);
  }

  const Sources sources_;
  const core::WantsRestore wanted_;
  const index::Deadline deadline_;
  const Done done_;
  const Failed failed_;
  core::Evidence evidence_;
  const Moment asked_ = std::chrono::steady_clock::now();
  int looks_ = 0;
  ClusterQuestions::About about_ = ClusterQuestions::About::Restore;  ///< what was asked for last
  std::optional<Moment> asked_cluster_;                               ///< when; nullopt: nothing was
  core::ClusterFacts facts_;                                          ///< the answer
  bool facts_stand_ = false;                                          ///< it is of before the first look
};

}  // namespace holdfast::webhook
