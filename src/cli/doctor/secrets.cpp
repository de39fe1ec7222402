// The Secrets of movers: they are there, and say what movers mount. What is in them is never said, but for a folder.
#include <fmt/format.h>

#include <set>

#include "holdfast/base/text.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/kube/base64.hpp"
#include "holdfast/volsync/maintenance.hpp"
#include "holdfast/volsync/objects.hpp"
#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

constexpr std::string_view kFolder = "filesystem://";
constexpr std::size_t kMaxShownBytes = 128;

/// A Secret, and what is read in it.
struct Needed {
  std::string ns, name;
  bool kopia = true;         ///< else restic
  bool maintenance = false;  ///< of a KopiaMaintenance, whose movers nothing is injected into
  auto operator<=>(const Needed&) const = default;
  std::string text() const { return fmt::format("{}/{}", ns, name); }
};

struct Found {
  std::set<Needed> needed;
  std::vector<std::string> complaints;  ///< of VolSync
  std::vector<std::string> missing, without_keys, elsewhere;
  bool may_not_look = false;
};

/// Of our objects of that kind; returns why they cannot be listed.
std::string collect(ClusterClient& cluster, const kube::Resource& resource, Found& found) {
  const Answer answer = cluster.list_ours(resource);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) return error->not_found() ? "" : error->message;
  for (const Json::Value& item : at(std::get<Json::Value>(answer), {"items"})) {
    const std::string ns = text_at(item, {"metadata", "namespace"});
    const std::string maintenance = text_at(item, {"spec", "repository", "repository"});
    const std::string kopia = text_at(item, {"spec", "kopia", "repository"});
    const std::string restic = text_at(item, {"spec", "restic", "repository"});
    if (!maintenance.empty()) found.needed.insert({ns, maintenance, true, true});
    if (!kopia.empty()) found.needed.insert({ns, kopia, true, false});
    if (!restic.empty()) found.needed.insert({ns, restic, false, false});
    const auto read = json::read_observed(json::write_tree(item));
    const auto* object = std::get_if<core::Observed>(&read);
    if (object == nullptr || object->status.error.find("ecret") == std::string::npos) continue;
    found.complaints.push_back(fmt::format("{} {}/{} ({})", resource.kind, ns, object->meta.name,
                                           base::printable(object->status.error, kMaxShownBytes)));
  }
  return {};
}

std::string value_in(const Json::Value& secret, std::string_view key) {
  return kube::decode_base64(text_at(secret, {"data", key})).value_or("");
}

/// Where this mover finds the repository; empty: that is not on a volume, or not said.
std::string folder_of(const Needed& needed, const volsync::RepositoryOptions& repository) {
  using Kind = volsync::RepositoryOptions::Kind;
  const bool mounted = repository.kind == Kind::Nfs || repository.kind == Kind::Pvc;
  if (!needed.kopia || !mounted) return {};
  return volsync::repository_folder(needed.maintenance ? volsync::without_injection(repository) : repository);
}

void look_into(const Needed& needed, const Json::Value& secret, const volsync::RepositoryOptions& repository,
               Found& found) {
  std::vector<std::string_view> keys = {"RESTIC_PASSWORD", "RESTIC_REPOSITORY"};
  if (needed.kopia) keys = {"KOPIA_PASSWORD", "KOPIA_REPOSITORY"};
  for (const std::string_view key : keys) {
    if (value_in(secret, key).empty()) found.without_keys.push_back(fmt::format("{} has no {}", needed.text(), key));
  }
  const std::string folder = folder_of(needed, repository), url = value_in(secret, "KOPIA_REPOSITORY");
  if (folder.empty() || !url.starts_with(kFolder) || url == std::string(kFolder) + folder) return;
  found.elsewhere.push_back(fmt::format("{} says {}, and its movers have the repository at {}{}", needed.text(),
                                        base::printable(url, kMaxShownBytes), kFolder, folder));
}

void look(ClusterClient& cluster, const volsync::RepositoryOptions& repository, Found& found) {
  for (const Needed& needed : found.needed) {
    const auto may = cluster.may("get", "", "secrets", needed.ns, needed.name);
    if (const bool* allowed = std::get_if<bool>(&may); allowed == nullptr || !*allowed) {
      found.may_not_look = true;
      continue;
    }
    const Answer answer = cluster.object(kube::kSecrets, needed.ns, needed.name);
    const auto* error = std::get_if<kube::ApiError>(&answer);
    if (error == nullptr) {
      look_into(needed, std::get<Json::Value>(answer), repository, found);
    } else if (error->not_found()) {
      found.missing.push_back(needed.text());
    } else {
      found.may_not_look = true;
    }
  }
}

void report(const Found& found, Part& part) {
  if (!found.missing.empty()) {
    part.fail(fmt::format("Secrets that movers read are not there: {}", few_of(found.missing)),
              "make them (docs/install.md, Secrets), or set generator.secret.mode: copy or external-secret");
  }
  if (!found.without_keys.empty()) {
    part.fail(fmt::format("Secrets of movers are not complete: {}", few_of(found.without_keys)), "add what is missing");
  }
  if (!found.elsewhere.empty()) {
    part.fail(
        fmt::format("movers would write into a folder of their own and report success: {}", few_of(found.elsewhere)),
        "correct KOPIA_REPOSITORY there, or generator.repository.mountPath and inject");
  }
  if (found.missing.empty() && !found.complaints.empty()) {
    part.fail(fmt::format("VolSync misses Secrets: {}", few_of(found.complaints)), "make them");
  }
}

}  // namespace

void check_secrets(const Settings& settings, ClusterClient& cluster, Part part) {
  if (!settings.generator.enabled) return part.ok("not needed: the generator is off");
  Found found;
  for (const kube::Resource& resource :
       {kube::kReplicationSources, kube::kReplicationDestinations, kube::kKopiaMaintenances}) {
    const std::string problem = collect(cluster, resource, found);
    if (!problem.empty()) {
      return part.unknown(fmt::format("{} cannot be listed: {}", resource.plural, problem), kLookElsewhere);
    }
  }
  look(cluster, settings.generator.repository, found);
  report(found, part);
  if (!part.silent()) return;
  if (found.needed.empty()) return part.ok("no mover needs one yet");
  if (found.may_not_look) {
    return part.ok(
        "VolSync misses none; whether all are there, and lead where movers mount the repository, shows with a "
        "kubeconfig that may read them");
  }
  part.ok(fmt::format("{} that movers read are there, with what they need", found.needed.size()));
}

}  // namespace holdfast::cli::diagnosis
