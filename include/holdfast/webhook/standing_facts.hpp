// What the cluster said about a PVC when it was mutated, for its validation, which follows within milliseconds: the
// same questions would get the same answers, and cost as much again. Bounded; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "holdfast/webhook/cluster_questions.hpp"

namespace holdfast::webhook {

class StandingFacts {
 public:
  using About = ClusterQuestions::About;
  using Moment = std::chrono::steady_clock::time_point;

  /// So old they are asked for again: a PVC of the same name may have been there meanwhile.
  static constexpr std::chrono::milliseconds kPatience{1000};
  static constexpr std::size_t kMost = 2'000;

  struct Facts {
    core::ClusterFacts facts;
    core::WantsRestore wanted;  ///< of what
    About about = About::Everything;
    Moment asked{};  ///< when the questions were put
  };
  void keep(Facts facts, Moment now = Moment::clock::now());
  /// Those of the same questions, or of more, once.
  std::optional<core::ClusterFacts> take(const core::WantsRestore& wanted, About about,
                                         Moment now = Moment::clock::now());

 private:
  static bool is_over(const Facts& facts, Moment now) { return now - facts.asked > kPatience; }

  std::mutex mutex_;
  std::map<core::PvcName, Facts> facts_;
  std::deque<core::PvcName> order_;  ///< oldest first; some may be gone
};

}  // namespace holdfast::webhook
