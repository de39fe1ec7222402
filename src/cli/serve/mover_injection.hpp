// What the settings say about the repository in mover Jobs, in the webhook's words.
#pragma once

#include <optional>

#include "holdfast/volsync/options.hpp"
#include "holdfast/webhook/mover_jobs.hpp"

namespace holdfast::cli {

/// nullopt: mover Jobs are left as they are.
std::optional<webhook::MoverInjection> mover_injection(const volsync::RepositoryOptions& repository);

}  // namespace holdfast::cli
