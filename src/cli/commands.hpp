// One function per verb. Each returns the exit code and throws SettingsError or FileError for bad usage.
#pragma once

#include <string>
#include <vector>

#include "holdfast/cli/settings.hpp"
#include "src/cli/input/input.hpp"

namespace holdfast::cli {

enum class Output { Text, Json, Yaml };

int serve(const Settings& settings);

int decide(const Settings& settings, const InputRequest& input, Output output);

/// What the generator would apply for the PVCs of `input`, or what restores one PVC's backup by hand.
struct RenderRequest {
  InputRequest input;
  std::string restore;  ///< <namespace>/<pvc>
  std::string as_of, into, size;
};
int render(const Settings& settings, const RenderRequest& request, Output output);

/// Without files the cluster, or its namespace `input.ns`.
int audit(const Settings& settings, const InputRequest& input, Output output);

/// `name`: <namespace>/<pvc>.
int why(const Settings& settings, const std::string& name, Output output);

struct PlanRequest {
  InputRequest input;
  bool require_claimed = false;  ///< a backup that no PVC claims is a failure
};
int plan(const Settings& settings, const PlanRequest& request, Output output);

/// Looks at everything that an installation rests on.
int doctor(const Settings& settings, Output output);

/// The table of settings.
int list_settings(Output output);

/// What another system made for PVCs, and holdfast takes over.
struct AdoptRequest {
  bool plan = false, apply = false, undo = false;  ///< exactly one of them
  std::string scope;                               ///< <namespace>, <namespace>/<pvc>, or empty: everything
  std::string timeout = "5m";
};
/// Writes nothing.
int plan_adoption(const Settings& settings, const AdoptRequest& request, Output output);
/// Asks the generator to take over all of each PVC's objects, and waits until it has.
int apply_adoption(const Settings& settings, const AdoptRequest& request, Output output);
/// Makes what was taken over what it was before.
int undo_adoption(const Settings& settings, const AdoptRequest& request, Output output);

/// Everything that the repository holds, or where `name` is <namespace>/<pvc> that PVC's.
int snapshots(const Settings& settings, const std::string& name, Output output);

inline constexpr std::size_t kMaxReasonBytes = 256;

/// The ReplicationSources that a command is about.
struct SourcesRequest {
  std::string pvc;   ///< <namespace>/<pvc>
  bool all = false;  ///< of all PVCs instead
  std::string ns;    ///< with `all`: of this namespace only
  bool wait = false;
  std::string timeout = "30m";
  std::string reason;  ///< at most kMaxReasonBytes on one line
};
/// Between two scheduled ones, now.
int backup(const Settings& settings, const SourcesRequest& request, Output output);
/// A restore, rehearsed now.
int drill(const Settings& settings, const SourcesRequest& request, Output output);
int pause(const Settings& settings, const SourcesRequest& request, Output output);
int resume(const Settings& settings, const SourcesRequest& request, Output output);

int repository_id(const Settings& settings, Output output);

struct CertificateRequest {
  std::string out;
  std::vector<std::string> names;
  int days = 365;
  bool force = false;  ///< what is there already may be replaced
};
int generate_certificates(const CertificateRequest& request);

int version(Output output);

}  // namespace holdfast::cli
