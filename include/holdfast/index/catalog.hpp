// The backend `catalog`: a file in the form of `kopia snapshot list --all --json`, for demos, tests and rehearsals
// without a repository.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "holdfast/index/index.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"

namespace holdfast::index {

struct CatalogOptions {
  std::string file;
  std::chrono::milliseconds timeout{8000};  ///< for one look at the file
};

/// Reads nothing yet: a file that is missing or broken shows in the evidence. `log` and `metrics` outlive the index.
std::unique_ptr<Index> make_catalog_index(CatalogOptions options, const ops::Logger& log, ops::Metrics& metrics);

}  // namespace holdfast::index
