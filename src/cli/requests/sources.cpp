#include "src/cli/requests/sources.hpp"

#include <fmt/format.h>

#include <map>
#include <stdexcept>

#include "holdfast/base/text.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/output.hpp"

namespace holdfast::cli {
namespace {

/// Before anybody is asked.
const SourcesRequest& checked(const SourcesRequest& request) {
  if (request.all == !request.pvc.empty()) throw SettingsError("give either NAMESPACE/PVC or --all");
  if (!request.all && !core::parse_pvc_name(request.pvc)) {
    throw SettingsError(fmt::format("{:?} is not <namespace>/<pvc>", request.pvc));
  }
  if (request.reason != base::printable(request.reason, kMaxReasonBytes)) {
    throw SettingsError(fmt::format("--reason: at most {} bytes of text on one line", kMaxReasonBytes));
  }
  return request;
}

}  // namespace

Sources::Sources(const Settings& settings, const SourcesRequest& request)
    : settings_(settings),
      request_(checked(request)),
      log_(command_log(settings)),
      client_(need_cluster(settings), log_) {}

std::vector<Target> Sources::targets(std::vector<Outcome>& refused) {
  if (request_.all) return all();
  auto found = one(*core::parse_pvc_name(request_.pvc), refused);
  std::vector<Target> targets;
  if (found) targets.push_back(*std::move(found));
  return targets;
}

std::optional<Target> Sources::one(const core::PvcName& pvc, std::vector<Outcome>& refused) {
  auto source = look(kube::kReplicationSources, pvc.ns, names(pvc).source);
  if (!source) {
    refused.push_back({pvc, "refused",
                       fmt::format("there is no ReplicationSource {}; `holdfast why {}` says what it waits for",
                                   names(pvc).source, to_string(pvc))});
    return std::nullopt;
  }
  if (!volsync::is_ours(&*source) || volsync::made_for(*source) != pvc) {
    refused.push_back(
        {pvc, "refused", fmt::format("ReplicationSource {} is not holdfast's for this PVC", source->meta.name)});
    return std::nullopt;
  }
  Target target{pvc, {*std::move(source)}};
  auto offsite = look(kube::kReplicationSources, pvc.ns, names(pvc).offsite_source);
  if (offsite && volsync::is_ours(&*offsite)) target.sources.push_back(*std::move(offsite));
  return target;
}

std::vector<Target> Sources::all() {
  const Answer answer = client_.list_ours(kube::kReplicationSources, request_.ns);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    throw std::runtime_error("ReplicationSources cannot be listed: " + error->text());
  }
  std::map<core::PvcName, core::Observed> sources, offsite;
  for (const Json::Value& item : json::at(std::get<Json::Value>(answer), {"items"})) {
    core::Observed source = observed_in(item);
    if (!volsync::is_ours(&source)) continue;
    const core::PvcName pvc = volsync::made_for(source);
    if (source.meta.name == names(pvc).source) {
      sources.emplace(pvc, std::move(source));
    } else if (source.meta.name == names(pvc).offsite_source) {
      offsite.emplace(pvc, std::move(source));
    }
  }
  std::vector<Target> targets;
  for (auto& [pvc, source] : sources) {
    Target& target = targets.emplace_back(Target{pvc, {std::move(source)}});
    if (const auto found = offsite.find(pvc); found != offsite.end()) target.sources.push_back(found->second);
  }
  return targets;
}

std::optional<core::Observed> Sources::look(const kube::Resource& resource, const std::string& ns,
                                            const std::string& name) {
  const Answer answer = client_.object(resource, ns, name);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    if (error->not_found()) return std::nullopt;
    throw std::runtime_error(fmt::format("{} {}/{}: {}", resource.kind, ns, name, error->text()));
  }
  return observed_in(std::get<Json::Value>(answer));
}

std::string Sources::change(const core::Observed& source, Json::Value patch) {
  patch["metadata"]["uid"] = source.meta.uid;
  const Answer answer = client_.patch(kube::kReplicationSources, source.meta.ns, source.meta.name, patch);
  const auto* error = std::get_if<kube::ApiError>(&answer);
  return error == nullptr ? std::string() : fmt::format("ReplicationSource {}: {}", source.meta.name, error->text());
}

std::string Sources::annotate(const core::Observed& source, std::string_view key, const std::string& value) {
  Json::Value patch;
  patch["metadata"]["annotations"][std::string(key)] = value;
  return change(source, std::move(patch));
}

}  // namespace holdfast::cli
