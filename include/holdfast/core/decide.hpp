// The decision. Everything else in this project exists to bring it its inputs and to carry out its answer.
// Pure and total; any thread.
#pragma once

#include "holdfast/core/cluster_facts.hpp"
#include "holdfast/core/evidence.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/core/verdict.hpp"

namespace holdfast::core {

/// The rules in their order. `now` is for messages only.
///
/// ClusterFacts are worth asking for only where they can change the answer: decide first with none, and again with them
/// if cluster_matters().
Verdict decide(const Question& question, const Evidence& evidence, const ClusterFacts& cluster, const Policy& policy,
               Time now);

/// The same from an intent read before: rules 5 to 10.
Verdict decide(const Intent& intent, const Evidence& evidence, const ClusterFacts& cluster, const Policy& policy,
               Time now);

/// Whether a verdict reached without ClusterFacts could be another one with them: it comes from rules 7 to 10.
bool cluster_matters(const Verdict& verdict);

/// Whether the author knows of this tombstone and says why the PVC may start empty all the same (rule 9).
bool accepts(const WantsRestore& wanted, const Tombstone& tombstone);

/// What the mutating webhook left in an object.
struct Promise {
  std::string snapshot;
  std::string as_of;
  std::string source;
  bool reference = false;  ///< spec.dataSourceRef names our ReplicationDestination of this PVC
  bool annotated() const { return !snapshot.empty() || !as_of.empty() || !source.empty(); }
};

/// Takes our reference and annotations out of `pvc`, as it was before us, and returns them.
Promise take_promise(Pvc& pvc, const Policy& policy);

/// The validating side. `verdict` is what decide() says of the object without `found`. A Restore stands only with our
/// reference and a promise that is still a complete snapshot of that identity; "no backup" does not stand with a
/// reference. In mode audit a Restore needs no promise, because the mutating side makes none.
Verdict check_promise(Verdict verdict, const Promise& found, const Evidence& evidence, const Policy& policy, Time now);

}  // namespace holdfast::core
