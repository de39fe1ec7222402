// The program: its verbs, and what it returns.
#pragma once

namespace holdfast::cli {

/// Exit codes, the same for every verb.
inline constexpr int kOk = 0;
inline constexpr int kCheckFailed = 1;
inline constexpr int kUsage = 2;  ///< wrong usage or configuration
inline constexpr int kCannotTell = 3;

/// Runs the verb that the arguments name. Results go to stdout, the log to stderr (`serve`: to stdout).
int run(int argc, char** argv);

}  // namespace holdfast::cli
