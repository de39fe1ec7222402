#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

using Verbs = std::vector<std::string_view>;
const Verbs kGet = {"get"};
const Verbs kList = {"list"};
const Verbs kFollow = {"list", "watch"};
const Verbs kWatch = {"get", "list", "watch"};
const Verbs kOwn = {"get", "list", "watch", "create", "patch", "delete"};
constexpr std::string_view kVolSync = "volsync.backube";

struct Need {
  std::string_view group;
  std::string_view resource;
  Verbs verbs;
  std::string ns = {};    ///< empty: all
  std::string name = {};  ///< empty: all
};

void add_generators(const Settings& settings, std::vector<Need>& needs) {
  const volsync::Options& options = settings.generator;
  needs.push_back({"", "namespaces", kWatch});
  needs.push_back({"", "persistentvolumeclaims", kWatch});
  needs.push_back({"", "events", {"list", "create"}});
  needs.push_back({"batch", "jobs", kWatch});
  needs.push_back({"storage.k8s.io", "storageclasses", kFollow});
  needs.push_back({"snapshot.storage.k8s.io", "volumesnapshotclasses", kFollow});
  needs.push_back({"snapshot.storage.k8s.io", "volumesnapshots", kGet});
  if (options.pod_insight) needs.push_back({"", "pods", kFollow});
  needs.push_back({kVolSync, "replicationsources", kOwn});
  needs.push_back({kVolSync, "replicationdestinations", kOwn});
  needs.push_back({kVolSync, "replicationdestinations/status", {"patch"}});
  if (options.maintenance.enabled) {
    needs.push_back({kVolSync, "kopiamaintenances", kOwn});
    needs.push_back({"batch", "jobs", kList, options.own_namespace});
  }
  if (options.secret.writes_external() || options.offsite.enabled) {
    needs.push_back({"external-secrets.io", "externalsecrets", kOwn});
  }
  if (options.secret.copies()) needs.push_back({"", "secrets", {"get", "list", "create", "patch", "delete"}});
  if (options.kyverno_cleanup) needs.push_back({"kyverno.io", "clustercleanuppolicies", kOwn});
  needs.push_back({"", "configmaps", {"get", "create", "patch"}, options.own_namespace});
  if (options.offsite.enabled) needs.push_back({"", "configmaps", kList, options.own_namespace});
  needs.push_back({"coordination.k8s.io", "leases", {"get", "create", "update"}, options.own_namespace});
}

/// What a review asks of the cluster: destinations, and what of a backup under way is there.
void add_questions(std::vector<Need>& needs) {
  needs.push_back({kVolSync, "replicationsources", {"get", "list"}});
  needs.push_back({kVolSync, "replicationdestinations", kGet});
  needs.push_back({"batch", "jobs", kGet});
  needs.push_back({"", "persistentvolumeclaims", kGet});
  needs.push_back({"snapshot.storage.k8s.io", "volumesnapshots", kGet});
}

/// What mode `self` needs to share its certificate and to publish its authority.
void add_certificates(const Settings& settings, std::vector<Need>& needs) {
  if (settings.certs.mode != Settings::Certs::Mode::Self) return;
  const std::string& ns = settings.generator.own_namespace;
  needs.push_back({"", "secrets", {"create"}, ns});  // has no name yet when that is asked
  needs.push_back({"", "secrets", {"get", "update"}, ns, settings.certs.secret});
  for (const kube::Resource& resource : {kube::kMutatingWebhooks, kube::kValidatingWebhooks}) {
    for (const std::string& name : settings.certs.configurations) {
      needs.push_back({resource.group, resource.plural, {"get", "patch"}, {}, name});
    }
  }
}

std::vector<Need> needs_of(const Settings& settings) {
  std::vector<Need> needs;
  if (settings.webhook.enabled) add_certificates(settings, needs);
  // The generator needs all that a question does, and more.
  if (settings.generator.enabled)
    add_generators(settings, needs);
  else
    add_questions(needs);
  return needs;
}

std::string name_of(const Need& need) {
  const std::string resource =
      need.group.empty() ? std::string(need.resource) : fmt::format("{}.{}", need.resource, need.group);
  return need.name.empty() ? resource : fmt::format("{} {}", resource, need.name);
}

}  // namespace

void check_permissions(const Settings& settings, ClusterClient& cluster, Part part) {
  std::size_t granted = 0;
  bool complete = true;
  for (const Need& need : needs_of(settings)) {
    std::vector<std::string_view> missing;
    for (const std::string_view verb : need.verbs) {
      const auto allowed = cluster.may(std::string(verb), need.group, need.resource, need.ns, need.name);
      if (const auto* error = std::get_if<kube::ApiError>(&allowed)) {
        return part.unknown("the API server does not say what we may: " + error->message, "try again");
      }
      if (std::get<bool>(allowed))
        ++granted;
      else
        missing.push_back(verb);
    }
    if (missing.empty()) continue;
    complete = false;
    part.fail(fmt::format("may not {} {}", fmt::join(missing, ", "), name_of(need)),
              "add it to holdfast's ClusterRole");
  }
  if (complete) part.ok(fmt::format("all {} that are needed are granted", granted));
}

}  // namespace holdfast::cli::diagnosis
