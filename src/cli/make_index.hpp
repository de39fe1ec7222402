// The index that the settings ask for, and how commands look at it.
#pragma once

#include <memory>

#include "holdfast/cli/settings.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/ops/metrics.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {

/// Throws SettingsError when no backend is chosen, or it cannot be set up.
std::unique_ptr<index::Index> make_index(const Settings& settings, const ops::Logger& log, ops::Metrics& metrics);

/// What the repository is opened with, as it is now. Throws std::runtime_error naming the setting. Blocks for as long
/// as the file system does.
volsync::Credentials read_credentials(const Settings& settings);

/// One proof for a command, with time for a listing. Blocks.
core::Evidence look(const Settings& settings, index::Index& index);

/// What a command looks with, in the order in which it depends on each other.
struct Look {
  explicit Look(const Settings& s)
      : settings(s), log(command_log(s)), metrics(HOLDFAST_VERSION), index(make_index(s, log, metrics)) {}
  core::Evidence at_backups() { return look(settings, *index); }

  const Settings& settings;
  ops::Logger log;
  ops::Metrics metrics;
  std::unique_ptr<index::Index> index;
};

}  // namespace holdfast::cli
