// What VolSync's mover Jobs are given where the VolSync objects do not carry it: the volume that holds the repository.
// Values; any thread.
#pragma once

#include <json/value.h>

#include <chrono>
#include <string>

namespace holdfast::webhook {

struct MoverInjection {
  Json::Value volume_source;  ///< as in a pod's volume, less its name: {"nfs": {"server": …, "path": …}}
  std::string mount_path = "/repository";  ///< in every container
  std::chrono::seconds longest_delay{0};   ///< of a backup, 0 to 30 s; each Job has its own, always the same
  std::string delay_image;                 ///< has a program `sleep`; empty: the mover's own image
};

}  // namespace holdfast::webhook
