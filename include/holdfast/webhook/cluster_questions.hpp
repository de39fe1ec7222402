// What a review does not say and the API server knows: an interface, for whoever can ask.
#pragma once

#include <functional>
#include <string>
#include <variant>

#include "holdfast/core/cluster_facts.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/index/index.hpp"

namespace holdfast::webhook {

class ClusterQuestions {
 public:
  enum class About {
    Restore,    ///< what is in the way of one
    Empty,      ///< the backups alone would let it start empty: rules 8 and 9 matter, and no destination does
    Everything  ///< both
  };
  using Labels = std::variant<core::StringMap, core::NoAnswer>;

  virtual ~ClusterQuestions() = default;
  /// What rules 7 to 9 need to know. Calls `done` exactly once, at the latest shortly after `deadline`, from any
  /// thread.
  virtual void ask(const core::WantsRestore& wanted, About about, index::Deadline deadline,
                   std::function<void(core::ClusterFacts)> done) = 0;
  /// The labels of a namespace, in the same manner.
  virtual void ask_namespace(const std::string& name, index::Deadline deadline, std::function<void(Labels)> done) = 0;
};

}  // namespace holdfast::webhook
