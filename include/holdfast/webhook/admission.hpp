// The admission webhook: a review comes in, one decision is made, a review goes out.
// Admission may be used from any thread and keeps nothing between requests but counters, since when a PVC has waited
// for the repository, and what the cluster said of one that is about to be validated. It writes nothing anywhere.
#pragma once

#include <json/value.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "holdfast/core/policy.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/net/http.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"
#include "holdfast/webhook/cluster_questions.hpp"
#include "holdfast/webhook/standing_facts.hpp"
#include "holdfast/webhook/waiting_pvcs.hpp"

namespace holdfast::webhook {

/// What VolSync's mover Jobs are given where the VolSync objects do not carry it: the volume that holds the repository.
struct MoverInjection {
  Json::Value volume_source;  ///< as in a pod's volume, less its name: {"nfs": {"server": …, "path": …}}
  std::string mount_path = "/repository";  ///< in every container
  std::chrono::seconds longest_delay{0};   ///< of a backup, 0 to 30 s; each Job has its own, always the same
  std::string delay_image;                 ///< has a program `sleep`; empty: the mover's own image
};

class Admission {
 public:
  struct Options {
    core::Policy policy;
    /// Above it a review is answered with Wait Overloaded. Fewer than the connections that a listener keeps: those of
    /// reviews that wait never leave a new one without a place.
    std::size_t requests_under_way = 512;
    std::optional<MoverInjection> injection = std::nullopt;  ///< absent: mover Jobs are admitted as they are
  };

  /// The references must outlive every request. `cluster` may be null: then rules 7 to 9 ask nothing, and
  /// every namespace counts as managed.
  Admission(Options options, index::Index& index, ClusterQuestions* cluster, const ops::Logger& log,
            ops::Metrics& metrics);

  /// Answers one request to one of the webhook's paths: `/mutate/pvc`, `/validate/pvc`, `/mutate/job`. Never throws;
  /// always answers.
  void handle(net::Request request, net::Respond respond);

 private:
  friend class Review;

  const Options options_;
  index::Index& index_;
  ClusterQuestions* const cluster_;
  const ops::Logger& log_;
  ops::Metrics& metrics_;
  std::atomic<std::size_t> under_way_ = 0;
  WaitingPvcs waiting_;
  StandingFacts standing_;
};

/// How long the API server will wait (`?timeout=10s`), less what the answer needs to travel; 10 s where it does not
/// say.
std::chrono::milliseconds budget(std::string_view query);

}  // namespace holdfast::webhook
