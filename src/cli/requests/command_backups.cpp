// `backup`, `drill`, `pause` and `resume`.
#include <fmt/format.h>

#include "holdfast/base/clock.hpp"
#include "holdfast/base/text.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/requests/sources.hpp"

namespace holdfast::cli {
namespace {

namespace key = volsync::key;
using Clock = std::chrono::steady_clock;
using Standing = std::variant<Outcome, std::string>;

constexpr const char* kNothing = "there is no ReplicationSource of holdfast's";
constexpr const char* kGone = "its ReplicationSource is gone";
constexpr const char* kNotRequested = "the request is not on its ReplicationSource any more";
constexpr const char* kNotTakenUp = "waits for holdfast to take it up";

/// Why VolSync would not do it now; empty: it would.
std::string stopped(const Target& target) {
  const core::Observed& source = target.sources.front();
  const std::string_view by = volsync::stopped_by(source);
  if (by.empty()) return {};
  const std::string what =
      by == "paused" ? "its backups are paused"
                     : fmt::format("somebody has set spec.trigger.manual on ReplicationSource {}", source.meta.name);
  return fmt::format("{}; `holdfast resume {}` lets them go on", what, to_string(target.pvc));
}

/// What VolSync says of an object that it works on.
std::string progress_of(const core::Observed& object, std::string_view working) {
  if (!object.status.error.empty()) return base::printable(object.status.error, kMaxReasonBytes);
  if (object.status.mover_result == "Failed") return "the mover has failed; VolSync tries again by itself";
  return std::string(volsync::is_synchronizing(object) ? working : "waits for VolSync");
}

/// Whether `said` is a time at or after `token`.
bool is_since(std::string_view said, std::string_view token) {
  const auto when = core::parse_rfc3339(said), asked = core::parse_rfc3339(token);
  return when && asked && *when >= *asked;
}

/// Whoever asks after us puts a later time there, and a backup that is made for that is made for us too. What was said
/// before we asked proves nothing, whatever its time: clocks differ.
Standing look_at_backup(Sources& sources, const Target& target, const std::string& token, Clock::time_point began) {
  const core::PvcName& pvc = target.pvc;
  const core::Observed& before = target.sources.front();
  const auto source = sources.look(kube::kReplicationSources, pvc.ns, before.meta.name);
  if (!source || source->meta.uid != before.meta.uid) return Outcome{pvc, "failed", kGone};
  const std::string made = volsync::requested_backup(*source).made;
  if (made != volsync::requested_backup(before).made && is_since(made, token)) {
    return Outcome{
        pvc, "made",
        "backed up after " + core::format_duration(std::chrono::round<std::chrono::seconds>(Clock::now() - began))};
  }
  if (!is_since(volsync::value_of(source->meta.annotations, key::kBackupRequested), token)) {
    return Outcome{pvc, "failed", kNotRequested};
  }
  if (const std::string problem = stopped({pvc, {*source}}); !problem.empty()) return Outcome{pvc, "failed", problem};
  if (!volsync::manual_token(*source).empty()) return progress_of(*source, "is backed up");
  return volsync::is_synchronizing(*source) ? "waits for the backup under way" : kNotTakenUp;
}

Standing look_at_drill(Sources& sources, const Target& target, const std::string& token) {
  const core::PvcName& pvc = target.pvc;
  const auto names = sources.names(pvc);
  const auto source = sources.look(kube::kReplicationSources, pvc.ns, names.source);
  if (!source || source->meta.uid != target.sources.front().meta.uid) return Outcome{pvc, "failed", kGone};
  const std::string_view requested = volsync::value_of(source->meta.annotations, key::kDrillRequested);
  if (!is_since(requested, token)) return Outcome{pvc, "failed", kNotRequested};
  const auto destination = sources.look(kube::kReplicationDestinations, pvc.ns, names.destination);
  const auto mark = destination ? volsync::drill_mark(*destination) : volsync::DrillMark{};
  if (mark.made == requested) {
    return mark.problem.empty()
               ? Outcome{pvc, "verified", "its newest backup can be restored; the drill was over at " + mark.ended}
               : Outcome{pvc, "failed", mark.problem};
  }
  const auto run = sources.look(kube::kReplicationDestinations, pvc.ns, names.drill);
  if (!run) return "waits for its turn, one PVC at a time, or for a first backup";
  if (run->status.last_manual_sync == volsync::manual_token(*run)) return "is compared with the backup";
  return progress_of(*run, "is restored into a temporary volume");
}

std::string now_as_token() { return core::format_nanoseconds(base::utc_now()); }

/// Writes the request `key` on each that VolSync would not leave lying, and has them waited for where that is wanted.
template <class Look>
int ask(const Settings& settings, const SourcesRequest& request, Output output, std::string_view key,
        std::string_view what, const Look& look) {
  const auto deadline = deadline_in(request.timeout);
  Sources sources(settings, request);
  const std::string token = now_as_token();
  std::vector<Outcome> outcomes;
  std::vector<Awaited> awaited;
  for (const Target& target : sources.targets(outcomes)) {
    std::string problem = key == key::kBackupRequested ? stopped(target) : "";
    if (!problem.empty()) {
      outcomes.push_back({target.pvc, "refused", std::move(problem)});
      continue;
    }
    problem = sources.annotate(target.sources.front(), key, token);
    if (!problem.empty()) {
      outcomes.push_back({target.pvc, "unknown", std::move(problem)});
    } else if (request.wait) {
      awaited.emplace_back(target.pvc, [&, target] { return look(sources, target, token); });
    } else {
      outcomes.push_back({target.pvc, "requested", fmt::format("{} was asked for", what)});
    }
  }
  await(std::move(awaited), deadline, outcomes);
  return report(std::move(outcomes), output, kNothing);
}

/// Makes the same change to each ReplicationSource.
template <class Patch>
int change(const Settings& settings, const SourcesRequest& request, Output output, const Outcome& done,
           const Patch& patch) {
  Sources sources(settings, request);
  std::vector<Outcome> outcomes;
  for (const Target& target : sources.targets(outcomes)) {
    Outcome outcome{target.pvc, done.result, done.message};
    for (const core::Observed& source : target.sources) {
      std::string problem = sources.change(source, patch(source));
      if (!problem.empty()) outcome = {target.pvc, "unknown", std::move(problem)};
    }
    outcomes.push_back(std::move(outcome));
  }
  return report(std::move(outcomes), output, kNothing);
}

}  // namespace

int backup(const Settings& settings, const SourcesRequest& request, Output output) {
  return ask(settings, request, output, key::kBackupRequested, "a backup",
             [began = Clock::now()](Sources& sources, const Target& target, const std::string& token) {
               return look_at_backup(sources, target, token, began);
             });
}

int drill(const Settings& settings, const SourcesRequest& request, Output output) {
  return ask(settings, request, output, key::kDrillRequested, "a drill", look_at_drill);
}

int pause(const Settings& settings, const SourcesRequest& request, Output output) {
  return change(settings, request, output, {{}, "paused", "nothing is backed up until it is resumed"},
                [&](const core::Observed&) {
                  Json::Value patch;
                  patch["spec"]["paused"] = true;
                  Json::Value& reason = patch["metadata"]["annotations"][std::string(key::kPauseReason)];
                  if (!request.reason.empty()) reason = request.reason;
                  return patch;
                });
}

int resume(const Settings& settings, const SourcesRequest& request, Output output) {
  return change(settings, request, output, {{}, "resumed", "backups go on by their schedule"},
                [](const core::Observed& source) {
                  Json::Value patch;
                  patch["spec"]["paused"] = Json::Value();
                  // A backup that holdfast was asked for ends by itself.
                  if (volsync::is_triggered_by_hand(source)) patch["spec"]["trigger"]["manual"] = Json::Value();
                  patch["metadata"]["annotations"][std::string(key::kPauseReason)] = Json::Value();
                  return patch;
                });
}

}  // namespace holdfast::cli
