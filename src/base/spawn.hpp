// posix_spawn, the only way a process is made here.
#pragma once

#include "holdfast/base/child.hpp"

namespace holdfast::base {

struct SpawnedProcess {
  int pid;
  Descriptor process;  ///< pidfd
  Descriptor output;   ///< reads its stdout
  Descriptor errors;   ///< reads its stderr
};

/// In its own process group, with default signal handling, stdin from /dev/null and no descriptor above 2. Throws
/// std::system_error naming the program.
SpawnedProcess spawn_process(const ChildOptions& options);

}  // namespace holdfast::base
