// Where the maintenance of the repository is, and how it is judged.
// Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/maintenance.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/volsync/objects.hpp"

namespace holdfast::volsync {

inline constexpr std::string_view kMaintenanceName = "holdfast-maintenance";

/// The KopiaMaintenance that holdfast keeps; nullopt: none, see why_no_maintenance().
std::optional<kube::Target> maintenance_place(const Options& options);
/// For people; empty where there is one to keep.
std::string why_no_maintenance(const Options& options);

/// How its Jobs get the repository, which /mutate/job does not tell from others: it names the volume itself.
RepositoryOptions without_injection(RepositoryOptions repository);

/// The Secret that it reads, as secret_copy(). Only where there is a place.
Object maintenance_copy(const Options& options, const Credentials& credentials);

/// By which its Jobs are listed, in its namespace. VolSync labels the pods, and Jobs without labels of their own get
/// those of their pods from the API server.
std::string maintenance_jobs_selector();

/// How old the last success may become: as set, else three times the time between two of the schedule (roughly: an
/// hour, a day, a week, …), and at least 36 hours.
std::chrono::seconds stale_after(const MaintenanceOptions& options);

/// "JobFailed: Job … failed (…)", of all of them; empty: none.
std::string describe(const std::vector<core::MaintenanceProblem>& problems);

}  // namespace holdfast::volsync
