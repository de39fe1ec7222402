#include "src/cli/serve/mover_injection.hpp"

namespace holdfast::cli {

std::optional<webhook::MoverInjection> mover_injection(const volsync::RepositoryOptions& repository) {
  if (!repository.inject) return std::nullopt;
  webhook::MoverInjection injection;
  if (repository.kind == volsync::RepositoryOptions::Kind::Nfs) {
    injection.volume_source["nfs"]["server"] = repository.server;
    injection.volume_source["nfs"]["path"] = repository.path;
  } else {
    injection.volume_source["persistentVolumeClaim"]["claimName"] = repository.claim;
  }
  injection.mount_path = repository.mount_path;
  injection.longest_delay = std::chrono::duration_cast<std::chrono::seconds>(repository.jitter);
  injection.delay_image = repository.jitter_image;
  return injection;
}

}  // namespace holdfast::cli
