// Any backend as an Index: does what the machine says. Whoever brings an event runs the machine, one at a time, and
// calls back who is answered by it: askers, probes, listings, and a thread that brings nothing but the time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

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
  ~Prover() override;  // NOLINT(bugprone-exception-escape)

  void prove(Deadline deadline, std::function<void(core::Evidence)> done) override;
  void prove_again(Moment first, Deadline deadline, std::function<void(core::Evidence)> done) override;
  core::Evidence at_hand() const override;
  Status status() const override;
  void stop() override;
  std::string_view backend() const override;

 private:
  struct Inside;
  const std::shared_ptr<Inside> inside_;
  std::thread clock_;  ///< last: it starts when everything else is there
};

/// A prover of the backend; `timeout` is that of one look at it, and no other repository than `pinned` is ever listed.
std::unique_ptr<Index> make_prover(std::shared_ptr<Backend> backend, std::chrono::milliseconds timeout,
                                   std::optional<core::RepositoryId> pinned, const ops::Logger& log,
                                   ops::Metrics& metrics);

}  // namespace holdfast::index
