// Any backend as an Index: the thread that runs the machine and does what it says.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "holdfast/base/latest.hpp"
#include "holdfast/base/probe_pool.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"
#include "src/index/proof/proof_machine.hpp"

namespace holdfast::index {

class Prover final : public Index {
 public:
  /// `log` and `metrics` outlive the prover; the backend may outlive it in a call that hangs.
  Prover(std::shared_ptr<Backend> backend, ProofMachine::Options options, const ops::Logger& log,
         ops::Metrics& metrics);
  /// Answers who still waits (Unknown), stops a listing under way, and waits for nothing that hangs.
  ~Prover() override;

  void prove(Deadline deadline, std::function<void(core::Evidence)> done) override;
  void prove_again(Moment first, Deadline deadline, std::function<void(core::Evidence)> done) override;
  core::Evidence at_hand() const override { return *at_hand_.read(); }
  Status status() const override { return *status_.read(); }
  void stop() override;
  std::string_view backend() const override { return backend_->name(); }

 private:
  struct Inbox;
  using Done = std::function<void(core::Evidence)>;

  void run();
  void execute(const Actions& actions);
  void execute(const StartProbe& start);
  void execute(const StartListing& start);
  void execute(const Answer& answer);
  void execute(const ProofReport& report);
  void execute(const ListingReport& report);
  void report_catalog(const ListingReport& report, const core::Catalog& catalog);
  void replace_status(bool current, std::string reason);
  void report_problem(std::string_view message, const std::string& reason);
  void report_no_problem();
  void answer_everyone();

  const std::shared_ptr<Backend> backend_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  base::Latest<Status> status_;
  base::Latest<core::Evidence> at_hand_;
  base::ProbePool probes_{4};
  base::ProbePool listings_{2};
  const std::shared_ptr<Inbox> inbox_;

  // Only the thread touches these.
  ProofMachine machine_;
  const std::string place_;
  std::unordered_map<AskId, Done> askers_;
  AskId last_id_ = 0;
  std::shared_ptr<std::atomic<bool>> cancel_listing_;
  std::string problem_;  ///< logged last and not over yet; empty: none
  std::thread thread_;   ///< last: it starts when everything else is there
};

/// A prover of the backend; `timeout` is that of one look at it, and no other repository than `pinned` is ever listed.
std::unique_ptr<Index> make_prover(std::shared_ptr<Backend> backend, std::chrono::milliseconds timeout,
                                   std::optional<core::RepositoryId> pinned, const ops::Logger& log,
                                   ops::Metrics& metrics);

}  // namespace holdfast::index
