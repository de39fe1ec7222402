#include <fmt/format.h>

#include "holdfast/volsync/objects.hpp"
#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

constexpr const char* kSetDebug =
    "set MOVER_LOG_DEBUG=true in the environment of VolSync's operator: then kopia's counts of files, directories and "
    "links are kept and compared with the snapshot (docs/restore.md)";

/// What restores have left behind, on the objects that are ours.
struct Seen {
  std::size_t counted = 0;  ///< verified by kopia's counts
  std::size_t by_word = 0;  ///< by the mover's word alone
  std::size_t silent = 0;   ///< runs of which no log was kept
};

void look_at(const Json::Value& destination, Seen& seen) {
  const auto label = std::string(volsync::key::kManagedBy);
  if (text_at(destination, {"metadata", "labels", label}) != volsync::kManager) return;
  const std::string by = text_at(destination, {"metadata", "annotations", std::string(volsync::key::kVerifiedBy)});
  if (by == "counts") ++seen.counted;
  if (by == "log") ++seen.by_word;
  const bool ended = text_at(destination, {"status", "latestMoverStatus", "result"}) == "Successful";
  if (ended && text_at(destination, {"status", "latestMoverStatus", "logs"}).empty()) ++seen.silent;
}

}  // namespace

void check_verification(const Settings& settings, ClusterClient& cluster, Part part) {
  if (!settings.generator.enabled) return part.ok("not needed: the generator is off");
  const Answer answer = cluster.list(kube::kReplicationDestinations);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    return part.unknown("ReplicationDestinations cannot be listed: " + error->message, kLookElsewhere);
  }
  Seen seen;
  for (const Json::Value& item : at(std::get<Json::Value>(answer), {"items"})) look_at(item, seen);
  if (seen.silent > 0) {
    return part.fail(
        fmt::format("VolSync kept no log of {} restore's mover: such a restore is never verified", seen.silent),
        "give the service account of VolSync's operator list on pods and get on pods/log");
  }
  if (seen.by_word > 0) {
    return part.warn(fmt::format("{} restores were verified by their mover's word, {} by kopia's counts", seen.by_word,
                                 seen.counted),
                     kSetDebug);
  }
  if (seen.counted > 0) return part.ok(fmt::format("{} restores were verified by kopia's counts", seen.counted));
  part.ok(
      "no restore was seen yet, so it is not known whether VolSync's operator has MOVER_LOG_DEBUG=true, with which "
      "restores are verified by count");
}

}  // namespace holdfast::cli::diagnosis
