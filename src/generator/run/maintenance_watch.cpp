#include "src/generator/run/maintenance_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/clock.hpp"
#include "holdfast/json/objects.hpp"

namespace holdfast::generator {
namespace {

constexpr std::chrono::seconds kOneCall{10};
constexpr std::size_t kMostRuns = 50;  ///< VolSync keeps four
constexpr const char* kNotYet = "not looked at yet";

}  // namespace

MaintenanceWatch::MaintenanceWatch(const Options& options, std::chrono::milliseconds pause, kube::Client& client,
                                   const ops::Logger& log, ops::Metrics& metrics)
    : place_(maintenance_place(options)),
      stale_after_(stale_after(options.maintenance)),
      pause_(pause),
      client_(client),
      log_(log),
      metrics_(metrics),
      problem_(place_ ? kNotYet : why_no_maintenance(options)) {}

void MaintenanceWatch::look(Steady now) {
  if (!place_ || under_way_ || (ended_ && now < *ended_ + pause_)) return;
  under_way_ = true;
  client_.get(*place_, now + kOneCall, alive_.guard([this](const kube::Result& result) { read_object(result); }));
}

void MaintenanceWatch::read_object(const kube::Result& result) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    if (error->not_found()) return judge(std::nullopt, {}, {});
    return end("cannot be read: " + error->message);
  }
  auto read = json::read_maintenance(std::get<std::string>(result));
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return end("cannot be read: " + fault->problem);
  list_runs(std::get<core::Maintenance>(std::move(read)));
}

void MaintenanceWatch::list_runs(std::optional<core::Maintenance> maintenance) {
  kube::Client::ListOptions options;
  options.label_selector = maintenance_jobs_selector();
  options.limit = kMostRuns;
  client_.list(kube::kJobs, place_->ns, options, std::chrono::steady_clock::now() + kOneCall,
               alive_.guard([this, maintenance = std::move(maintenance)](const kube::Result& result) {
                 read_runs(maintenance, result);
               }));
}

void MaintenanceWatch::read_runs(const std::optional<core::Maintenance>& maintenance, const kube::Result& result) {
  std::vector<core::MaintenanceRun> runs;
  if (const auto* error = std::get_if<kube::ApiError>(&result)) return judge(maintenance, {}, error->message);
  std::string unread;
  const auto list = json::read_list(std::get<std::string>(result), [&](std::string_view object) {
    auto run = json::read_maintenance_run(object);
    if (auto* one = std::get_if<core::MaintenanceRun>(&run)) return runs.push_back(std::move(*one));
    unread = std::get<json::ObjectFault>(run).problem;
  });
  if (const auto* fault = std::get_if<json::ObjectFault>(&list)) unread = fault->problem;
  judge(maintenance, runs, unread);
}

void MaintenanceWatch::judge(const std::optional<core::Maintenance>& maintenance,
                             const std::vector<core::MaintenanceRun>& runs, const std::string& unread) {
  const auto problems =
      core::maintenance_problems(maintenance ? &*maintenance : nullptr, runs, stale_after_, base::utc_now());
  std::optional<double> last_success;
  if (maintenance && maintenance->last_success)
    last_success = base::seconds(maintenance->last_success->time_since_epoch());
  std::vector<std::pair<std::string_view, bool>> held;
  for (const auto reason : core::kMaintenanceReasons) {
    const auto is_it = [&](const core::MaintenanceProblem& problem) { return problem.reason == reason; };
    held.emplace_back(to_string(reason), std::ranges::any_of(problems, is_it));
  }
  metrics_.maintenance(last_success, held);
  std::string text = describe(problems);
  if (!unread.empty()) text += fmt::format("{}its Jobs cannot be read: {}", text.empty() ? "" : "; ", unread);
  end(std::move(text));
}

void MaintenanceWatch::end(std::string problem) {
  under_way_ = false;
  ended_ = std::chrono::steady_clock::now();
  if (problem != problem_ && !problem.empty()) log_.warn("maintenance", {{"problem", problem}});
  problem_ = std::move(problem);
}

}  // namespace holdfast::generator
