// What rules 5 to 10 say where they deny: one sentence for the log and for commands, and a discreet one for whoever
// creates PVCs.
#pragma once

#include <string_view>

#include "holdfast/core/cluster_facts.hpp"
#include "holdfast/core/evidence.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/core/verdict.hpp"

namespace holdfast::core {

class Denials {
 protected:
  Denials(const WantsRestore& wanted, const Evidence& evidence, const Policy& policy, Time now)
      : wanted_(wanted), evidence_(evidence), policy_(policy), now_(now) {}

  /// What is wrong, and what to do.
  struct Words {
    std::string_view problem;
    std::string_view remedy;
  };

  /// `discreet`: where the problem tells what its reader need not know.
  Verdict refuse(Code code, std::string_view problem, std::string_view remedy, const Words& discreet = {}) const;
  Verdict wait(Code code, std::string_view problem, std::string_view discreet = {}) const;
  Verdict cluster_unavailable(const NoAnswer& silent) const;

  const WantsRestore& wanted_;
  const Evidence& evidence_;
  const Policy& policy_;
  const Time now_;
  const Current* current_ = nullptr;  ///< what was listed, where that counts: set by rule 6

 private:
  Verdict denied(Code code, const Words& words, const Words& discreet) const;
};

}  // namespace holdfast::core
