#include "holdfast/generator/seen.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/generator/desired.hpp"
#include "holdfast/json/tree.hpp"
#include "src/generator/digest.hpp"
#include "src/generator/text.hpp"

namespace holdfast::generator {
namespace {

constexpr const char* kName = "holdfast-seen";
constexpr const char* kIdentities = "identities";
constexpr std::size_t kIdDigits = 16;

std::string line(const std::string& identity, core::Time end) {
  return fmt::format("{} {}\n", core::format_seconds(end), identity);
}

std::size_t size_of(const Seen& seen) {
  std::size_t bytes = 0;
  for (const auto& [identity, end] : seen.ends) bytes += line(identity, end).size();
  return bytes;
}

/// What is read back is what was written: no control characters, and a path.
bool can_be_written(const std::string& identity) {
  const auto parsed = core::parse_identity(identity);
  return parsed && core::to_string(*parsed) == identity;
}

bool read_line(std::string_view text, Seen& seen) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return false;
  const auto end = core::parse_rfc3339(text.substr(0, space));
  const std::string identity(text.substr(space + 1));
  if (!end || !can_be_written(identity)) return false;
  core::Time& known = seen.ends.try_emplace(identity, *end).first->second;
  known = std::max(known, *end);
  return true;
}

}  // namespace

std::optional<kube::Target> seen_place(const core::Pin& pin, const std::string& own_namespace) {
  if (own_namespace.empty() || std::holds_alternative<core::Unpinned>(pin)) return std::nullopt;
  std::string name = kName;
  if (const auto* id = std::get_if<core::RepositoryId>(&pin)) name += "-" + id->hex().substr(0, kIdDigits);
  return kube::Target{kube::kConfigMaps, own_namespace, std::move(name)};
}

std::variant<Seen, json::ObjectFault> read_seen(const json::ConfigMap& object) {
  const std::string* text = core::lookup(object.data, kIdentities);
  if (text == nullptr) return json::ObjectFault{fmt::format("data.{}: missing", kIdentities)};
  Seen seen;
  const std::vector<std::string_view> lines = split(*text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool is_end = i + 1 == lines.size() && lines[i].empty();
    if (is_end || read_line(lines[i], seen)) continue;
    return json::ObjectFault{fmt::format("data.{}: line {} is not `<time> <user>@<host>:<path>`", kIdentities, i + 1)};
  }
  return seen;
}

std::string write_seen(const kube::Target& place, const Seen& seen, const std::string& resource_version) {
  Json::Value object;
  object["apiVersion"] = kube::kConfigMaps.api_version();
  object["kind"] = std::string(kube::kConfigMaps.kind);
  Json::Value& metadata = object["metadata"];
  metadata["namespace"] = place.ns;
  metadata["name"] = place.name;
  metadata["labels"][std::string(key::kManagedBy)] = std::string(kManager);
  if (!resource_version.empty()) metadata["resourceVersion"] = resource_version;
  std::string text;
  for (const auto& [identity, end] : seen.ends) text += line(identity, end);
  object["data"][kIdentities] = text;
  return json::write_tree(object);
}

std::size_t add_seen(Seen& seen, const core::Catalog& catalog, std::size_t bytes) {
  std::size_t used = size_of(seen);
  std::size_t left_out = 0;
  for (const auto& [identity, exact] : catalog.last_ends()) {
    const core::Time end = std::chrono::floor<std::chrono::seconds>(exact);
    if (const auto known = seen.ends.find(identity); known != seen.ends.end()) {
      known->second = std::max(known->second, end);
      continue;
    }
    if (!can_be_written(identity)) continue;  // no PVC has it
    const std::size_t more = line(identity, end).size();
    if (used + more > bytes) {
      ++left_out;
      continue;
    }
    used += more;
    seen.ends.emplace(identity, end);
  }
  return left_out;
}

std::optional<core::Tombstone> tombstone(const Seen& seen, std::span<const core::Candidate> candidates) {
  core::Tombstone found;
  std::string all;
  std::size_t more = 0;
  for (const core::Candidate& candidate : candidates) {
    const auto known = seen.ends.find(core::to_string(candidate.identity));
    if (known == seen.ends.end()) continue;
    if (all.empty())
      found.identity = known->first;
    else
      ++more;
    all += line(known->first, known->second);
    found.last_seen = std::max(found.last_seen.value_or(known->second), known->second);
  }
  if (all.empty()) return std::nullopt;
  if (more > 0) found.identity += fmt::format(" (and {} more)", more);
  found.id = short_digest(all);
  return found;
}

void forget_seen(Seen& seen, std::span<const core::Candidate> candidates) {
  for (const core::Candidate& candidate : candidates) seen.ends.erase(core::to_string(candidate.identity));
}

}  // namespace holdfast::generator
