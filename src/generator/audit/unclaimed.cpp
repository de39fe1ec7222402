#include "holdfast/generator/unclaimed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "holdfast/core/candidates.hpp"
#include "holdfast/core/edit_distance.hpp"
#include "holdfast/core/quantity.hpp"
#include "src/generator/audit/verdict_now.hpp"
#include "src/generator/plan/hold.hpp"

namespace holdfast::generator {
namespace {

constexpr std::size_t kNearest = 3;
constexpr std::size_t kNameBytes = 253;
/// Names are compared one by one: so many sources with so many PVCs of their namespace.
constexpr std::size_t kComparedSources = 1000;
constexpr std::size_t kComparedNames = 1000;
constexpr std::string_view kSuffix = "-backup";

/// The name of the PVC that made it, where it is one of the built-in namings.
std::string_view pvc_of(std::string_view user) {
  if (user.ends_with(kSuffix) && user.size() > kSuffix.size()) user.remove_suffix(kSuffix.size());
  return user.substr(0, kNameBytes);
}

}  // namespace

void ClaimedSources::add(const core::Pvc& pvc, const core::Ownership& ownership) {
  if (pvc.name.empty()) return;
  names_[pvc.ns].push_back(pvc.name);
  namespaces_[pvc.name].push_back(pvc.ns);
  add_places(pvc.full_name(), ownership);
  if (const std::string* given = core::lookup(pvc.annotations, core::key::kRestoreIdentity)) add_identity(*given);
  const std::string* from = core::lookup(pvc.annotations, core::key::kRestoreFrom);
  if (const auto other = from == nullptr ? std::nullopt : core::parse_pvc_name(*from)) add_places(*other, ownership);
}

void ClaimedSources::add_places(const core::PvcName& pvc, const core::Ownership& ownership) {
  for (const core::Candidate& place : core::candidates(policy_, pvc, ownership))
    add_identity(to_string(place.identity));
}

std::vector<Unclaimed> ClaimedSources::missing_in(const core::Catalog& catalog) const {
  std::vector<Unclaimed> all;
  for (core::Catalog::Source& source : catalog.sources()) {
    if (identities_.contains(source.identity)) continue;
    auto near = all.size() < kComparedSources ? nearest(source.identity) : std::vector<core::PvcName>();
    all.push_back({std::move(source), std::move(near)});
  }
  return all;
}

std::vector<Unclaimed> ClaimedSources::missing_in(const core::Evidence& evidence) const {
  const auto catalog = proven_catalog(&evidence, policy_);
  return catalog ? missing_in(*catalog) : std::vector<Unclaimed>();
}

/// PVCs of its namespace with a name like its own, then those of its very name elsewhere.
std::vector<core::PvcName> ClaimedSources::nearest(std::string_view identity) const {
  const auto read = core::parse_identity(identity);
  if (!read) return {};
  const std::string_view name = pvc_of(read->user);
  const std::size_t far = std::max<std::size_t>(2, name.size() / 3);
  std::vector<std::tuple<std::size_t, core::PvcName>> found;
  if (const auto here = names_.find(read->host); here != names_.end()) {
    for (std::size_t i = 0; i < std::min(here->second.size(), kComparedNames); ++i) {
      const std::string& other = here->second[i];
      if (std::max(other.size(), name.size()) - std::min(other.size(), name.size()) > far) continue;
      const std::size_t apart = core::edit_distance(name, other);
      if (apart <= far) found.emplace_back(apart, core::PvcName{read->host, other});
    }
  }
  if (const auto elsewhere = namespaces_.find(name); elsewhere != namespaces_.end()) {
    for (const std::string& ns : elsewhere->second) {
      if (ns != read->host) found.emplace_back(far + 1, core::PvcName{ns, std::string(name)});
    }
  }
  std::ranges::sort(found);
  std::vector<core::PvcName> names;
  for (auto& [apart, pvc] : found) {
    if (names.size() < kNearest && std::ranges::find(names, pvc) == names.end()) names.push_back(std::move(pvc));
  }
  return names;
}

std::string repository_text(const std::optional<core::RepositoryAge>& age, const core::Policy& policy, core::Time now) {
  return age ? "In the repository " + describe(*age, policy, now) + ".\n" : "";
}

Json::Value repository_values(const core::RepositoryAge& age, core::Time now) {
  Json::Value value(Json::objectValue);
  value["outdated"] = age.outdated;
  if (!age.newest_end) return value;
  value["newestSnapshot"] = core::format_seconds(*age.newest_end);
  value["ageSeconds"] =
      static_cast<Json::Int64>(std::chrono::floor<std::chrono::seconds>(now - *age.newest_end).count());
  return value;
}

Json::Value unclaimed_values(const std::vector<Unclaimed>& all, core::Time now) {
  Json::Value values(Json::arrayValue);
  for (const Unclaimed& one : all) {
    Json::Value value;
    value["identity"] = one.source.identity;
    value["snapshots"] = static_cast<Json::UInt64>(one.source.snapshots);
    value["size"] = static_cast<Json::Int64>(one.source.newest_bytes);
    value["newest"] = core::format_seconds(one.source.newest_end);
    value["ageSeconds"] =
        static_cast<Json::Int64>(std::chrono::floor<std::chrono::seconds>(now - one.source.newest_end).count());
    for (const core::PvcName& pvc : one.nearest) value["nearest"].append(to_string(pvc));
    values.append(std::move(value));
  }
  return values;
}

std::string describe(const Unclaimed& one, core::Time now) {
  std::string text =
      fmt::format("{} snapshot{}, the newest {} old and {}", one.source.snapshots, one.source.snapshots == 1 ? "" : "s",
                  core::format_age(now - one.source.newest_end), core::format_size(one.source.newest_bytes));
  std::string_view before = "; nearest: ";
  for (const core::PvcName& pvc : one.nearest) text += std::string(std::exchange(before, ", ")) + to_string(pvc);
  return text;
}

std::string unclaimed_text(const std::vector<Unclaimed>& all, core::Time now) {
  if (all.empty()) return {};
  std::string text = "Backups that no PVC claims:\n";
  for (const Unclaimed& one : all)
    text += fmt::format("    {}: {}\n", one_line(one.source.identity), describe(one, now));
  return text;
}

}  // namespace holdfast::generator
