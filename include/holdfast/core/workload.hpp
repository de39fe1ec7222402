// What Jobs and Pods tell of movers, and of those who use a PVC.
// Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/core/claim.hpp"

namespace holdfast::core {

/// batch/v1 Job.
struct Job {
  Meta meta;
  bool running = false;               ///< it has a pod under way, or has neither completed nor failed yet
  bool complete = false;              ///< it has succeeded
  bool ended = false;                 ///< it has succeeded or failed, and makes no more pods
  std::string failure;                ///< why it has failed, for people, at most 300 bytes; empty: it has not
  std::int64_t failed = 0;            ///< pods of it that failed
  std::int64_t succeeded = 0;         ///< pods of it that did
  std::int64_t active = 0;            ///< pods of it that neither failed nor succeeded
  std::optional<std::int64_t> ready;  ///< of the active ones; nullopt: not said
  std::int64_t backoff_limit = 6;     ///< so many failed pods are made up for; the default is Kubernetes'
  std::optional<Time> started;
};

/// A pod of it is at work, as far as its status says; or it has succeeded, and whoever made it sees to that now.
inline bool is_at_work(const Job& job) {
  if (job.ended || job.succeeded > 0) return job.complete || job.succeeded > 0;
  return job.ready ? *job.ready > 0 : job.active > 0;
}

/// Whom a process runs as, as far as its pod says: what is absent is left to the image.
struct RunsAs {
  std::optional<std::int64_t> user, group;
  std::optional<std::int64_t> fs_group;  ///< of the pod: the group that its volumes are given
  bool operator==(const RunsAs&) const = default;
};

/// v1 Pod.
struct Pod {
  /// A PVC that containers of it mount, and as whom.
  struct Use {
    std::string claim;
    RunsAs as;
    bool operator==(const Use&) const = default;
  };
  Meta meta;
  bool over = false;      ///< it has succeeded or failed
  std::string failure;    ///< how it ended badly, for people, at most 300 bytes; empty: it did not
  std::string waiting;    ///< what it waits for before it begins, likewise
  bool stuck = false;     ///< of `waiting`: that does not end by itself
  std::vector<Use> uses;  ///< one for each container and PVC; init containers do not count
};

}  // namespace holdfast::core
