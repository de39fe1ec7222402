// The log of a command other than `serve`: on stderr, because the results are on stdout.
#pragma once

#include "holdfast/cli/settings.hpp"

namespace holdfast::cli {

/// Warnings and errors, unless the settings say otherwise: who asks one question wants no account of how it is
/// answered.
inline ops::Logger command_log(const Settings& settings) {
  return {ops::Logger::Sink::Stderr, settings.log_level.value_or(ops::Level::Warn), settings.log_format};
}

}  // namespace holdfast::cli
