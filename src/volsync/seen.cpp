#include "holdfast/volsync/seen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "holdfast/base/text.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/text.hpp"

namespace holdfast::volsync {
namespace {

constexpr const char* kName = "holdfast-seen";
constexpr const char* kIdentities = "identities";
constexpr const char* kAccepted = "accepted";
constexpr const char* kPvcs = "pvcs";
constexpr std::chrono::seconds kTick{1};  ///< of the times that are written
constexpr std::size_t kIdDigits = 16;
/// From the end of a snapshot to that of the synchronisation: the mover ends, and VolSync notices.
constexpr std::chrono::minutes kSyncTail{5};
constexpr std::chrono::minutes kSyncSkew{1};  ///< of the clocks of two nodes

std::string line(const std::string& identity, core::Time end) {
  return fmt::format("{} {}\n", core::format_seconds(end), identity);
}

/// A time is 20 bytes.
std::size_t line_size(const std::string& identity) { return 20 + 1 + identity.size() + 1; }

std::size_t size_of(const Seen::Times& times) {
  std::size_t bytes = 0;
  for (const auto& [identity, end] : times) bytes += line_size(identity);
  return bytes;
}

std::string owner_line(const core::PvcName& pvc, const std::string& identity) {
  return fmt::format("{} {}\n", core::to_string(pvc), identity);
}

std::size_t owner_line_size(const core::PvcName& pvc, const std::string& identity) {
  return pvc.ns.size() + 1 + pvc.name.size() + 1 + identity.size() + 1;
}

std::size_t size_of(const Seen& seen) {
  std::size_t bytes = size_of(seen.ends) + size_of(seen.accepted);
  for (const auto& [identity, pvcs] : seen.owners) {
    for (const core::PvcName& pvc : pvcs) bytes += owner_line_size(pvc, identity);
  }
  return bytes;
}

std::string owner_lines(const Seen& seen) {
  std::string text;
  for (const auto& [identity, pvcs] : seen.owners) {
    for (const core::PvcName& pvc : pvcs) text += owner_line(pvc, identity);
  }
  return text;
}

std::string lines(const Seen::Times& times) {
  std::string text;
  for (const auto& [identity, end] : times) text += line(identity, end);
  return text;
}

/// Counts what is added to a memory, as far as there is room.
class Room {
 public:
  Room(const Seen& seen, std::size_t bytes)
      : left_(static_cast<std::ptrdiff_t>(bytes) - static_cast<std::ptrdiff_t>(size_of(seen))) {}

  /// Of a line.
  bool take(std::size_t bytes) {
    const auto more = static_cast<std::ptrdiff_t>(bytes);
    if (more > left_) {
      ++left_out_;
      return false;
    }
    left_ -= more;
    return true;
  }
  std::size_t left_out() const { return left_out_; }

 private:
  std::ptrdiff_t left_;
  std::size_t left_out_ = 0;
};

/// What is read back is what was written: no control characters, and a path.
bool can_be_written(const std::string& identity) {
  const auto parsed = core::parse_identity(identity);
  return parsed && core::to_string(*parsed) == identity;
}

bool read_line(std::string_view text, Seen::Times& times) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return false;
  const auto end = core::parse_rfc3339(text.substr(0, space));
  const std::string identity(text.substr(space + 1));
  if (!end || !can_be_written(identity)) return false;
  core::Time& known = times.try_emplace(identity, *end).first->second;
  known = std::max(known, *end);
  return true;
}

bool read_owner_line(std::string_view text, Seen& seen) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return false;
  auto pvc = core::parse_pvc_name(text.substr(0, space));
  const std::string identity(text.substr(space + 1));
  if (!pvc || !can_be_written(identity)) return false;
  seen.owners[identity].insert(*std::move(pvc));
  return true;
}

bool is_remembered(const Seen& seen, const std::string& identity) {
  return seen.ends.contains(identity) || seen.accepted.contains(identity);
}

void unite_owner(Seen& seen, const std::string& identity, const core::PvcName& pvc, Room& room) {
  const auto known = seen.owners.find(identity);
  if (known != seen.owners.end() && known->second.contains(pvc)) return;
  if (is_remembered(seen, identity) && room.take(owner_line_size(pvc, identity))) seen.owners[identity].insert(pvc);
}

void put_time(Seen::Times& times, const std::string& identity, core::Time end, Room& room) {
  if (const auto known = times.find(identity); known != times.end()) {
    known->second = std::max(known->second, end);
  } else if (room.take(line_size(identity))) {
    times.emplace(identity, end);
  }
}

void unite_end(Seen& seen, const std::string& identity, core::Time end, Room& room) {
  const auto accepted = seen.accepted.find(identity);
  if (accepted == seen.accepted.end()) return put_time(seen.ends, identity, end, room);
  if (accepted->second >= end) return;
  seen.accepted.erase(accepted);  // its line is as long
  seen.ends[identity] = end;
}

void unite_accepted(Seen& seen, const std::string& identity, core::Time end, Room& room) {
  const auto known = seen.ends.find(identity);
  if (known == seen.ends.end()) return put_time(seen.accepted, identity, end, room);
  if (known->second > end) return;
  seen.ends.erase(known);
  seen.accepted[identity] = end;
}

}  // namespace

std::string config_map_text(const kube::Target& place, const core::StringMap& data, const std::string& version) {
  Json::Value object;
  object["apiVersion"] = kube::kConfigMaps.api_version();
  object["kind"] = std::string(kube::kConfigMaps.kind);
  Json::Value& metadata = object["metadata"];
  metadata["namespace"] = place.ns;
  metadata["name"] = place.name;
  metadata["labels"][std::string(key::kManagedBy)] = std::string(kManager);
  if (!version.empty()) metadata["resourceVersion"] = version;
  for (const auto& [name, text] : data) object["data"][name] = text;
  return json::write_tree(object);
}

std::optional<json::ObjectFault> read_lines(const json::ConfigMap& object, std::string_view key, std::string_view form,
                                            const std::function<bool(std::string_view line)>& read) {
  const std::string* text = core::lookup(object.data, key);
  if (text == nullptr) return std::nullopt;
  const std::vector<std::string_view> lines = base::split(*text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool is_end = i + 1 == lines.size() && lines[i].empty();
    if (!is_end && !read(lines[i])) {
      return json::ObjectFault{fmt::format("data.{}: line {} is not `{}`", key, i + 1, form)};
    }
  }
  return std::nullopt;
}

std::optional<kube::Target> seen_place(const core::Pin& pin, const std::string& own_namespace) {
  if (own_namespace.empty() || std::holds_alternative<core::Unpinned>(pin)) return std::nullopt;
  std::string name = kName;
  if (const auto* id = std::get_if<core::RepositoryId>(&pin)) name += "-" + id->hex().substr(0, kIdDigits);
  return kube::Target{kube::kConfigMaps, own_namespace, std::move(name)};
}

bool is_seen_name(std::string_view name) { return name == kName || name.starts_with(fmt::format("{}-", kName)); }

std::variant<Seen, json::ObjectFault> read_seen(const json::ConfigMap& object) {
  if (!object.data.contains(kIdentities)) return json::ObjectFault{fmt::format("data.{}: missing", kIdentities)};
  Seen read, seen;
  for (const auto& [key, times] : {std::pair{kIdentities, &read.ends}, std::pair{kAccepted, &read.accepted}}) {
    const auto take = [its = times](std::string_view line) { return read_line(line, *its); };
    if (auto fault = read_lines(object, key, "<time> <user>@<host>:<path>", take)) return *std::move(fault);
  }
  const auto take = [&](std::string_view line) { return read_owner_line(line, read); };
  if (auto fault = read_lines(object, kPvcs, "<namespace>/<pvc> <user>@<host>:<path>", take)) return *std::move(fault);
  unite(seen, read, std::numeric_limits<std::ptrdiff_t>::max());
  return seen;
}

std::string write_seen(const kube::Target& place, const Seen& seen, const std::string& resource_version) {
  return config_map_text(
      place, {{kIdentities, lines(seen.ends)}, {kAccepted, lines(seen.accepted)}, {kPvcs, owner_lines(seen)}},
      resource_version);
}

std::size_t add_seen(Seen& seen, const core::Catalog& catalog, std::size_t bytes) {
  Room room(seen, bytes);
  for (const auto& [identity, exact] : catalog.last_ends()) {
    if (!can_be_written(identity)) continue;  // no PVC has it
    core::Time end = std::chrono::floor<std::chrono::seconds>(exact);
    // They are there again: later than what was accepted, whatever their time is, for every copy of the memory.
    const auto accepted = seen.accepted.find(identity);
    if (accepted != seen.accepted.end()) end = std::max(end, accepted->second + kTick);
    unite_end(seen, identity, end, room);
  }
  return room.left_out();
}

std::size_t add_owners(Seen& seen, std::span<const Synced> synced, const core::Catalog& catalog, std::size_t bytes) {
  Room room(seen, bytes);
  const auto all = catalog.last_ends();
  const Seen::Times ends(all.begin(), all.end());
  for (const auto& [said, at] : synced) {
    if (said.identity.host != said.pvc.ns) continue;
    const std::string identity = core::to_string(said.identity);
    const auto end = ends.find(identity);
    const bool made_it = end != ends.end() && end->second <= at + kSyncSkew && end->second >= at - kSyncTail;
    if (made_it) unite_owner(seen, identity, said.pvc, room);
  }
  return room.left_out();
}

std::size_t unite(Seen& seen, const Seen& more, std::size_t bytes) {
  Room room(seen, bytes);
  for (const auto& [identity, end] : more.ends) unite_end(seen, identity, end, room);
  for (const auto& [identity, end] : more.accepted) unite_accepted(seen, identity, end, room);
  for (const auto& [identity, pvcs] : more.owners) {
    for (const core::PvcName& pvc : pvcs) unite_owner(seen, identity, pvc, room);
  }
  return room.left_out();
}

std::shared_ptr<const core::OwnerTable> owner_table(const Seen& seen,
                                                    const std::vector<core::IdentityTemplate>& templates) {
  core::OwnerTable table;
  for (const auto& [text, pvcs] : seen.owners) {
    const auto identity = core::parse_identity(text);
    if (!identity) continue;
    for (const core::PvcName& pvc : pvcs) {
      if (identity->host == pvc.ns) table.add(*identity, pvc);
    }
  }
  table.spell(templates);
  return std::make_shared<const core::OwnerTable>(std::move(table));
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

Seen those_of(const Seen& seen, std::span<const core::Candidate> candidates) {
  Seen few;
  for (const core::Candidate& candidate : candidates) {
    const std::string identity = core::to_string(candidate.identity);
    const auto end = seen.ends.find(identity), accepted = seen.accepted.find(identity);
    if (end != seen.ends.end()) few.ends.insert(*end);
    if (accepted != seen.accepted.end()) few.accepted.insert(*accepted);
  }
  return few;
}

void forget_seen(Seen& seen, std::span<const core::Candidate> candidates) {
  for (const core::Candidate& candidate : candidates) {
    const auto known = seen.ends.find(core::to_string(candidate.identity));
    if (known == seen.ends.end()) continue;
    seen.accepted[known->first] = known->second;
    seen.ends.erase(known);
  }
}

}  // namespace holdfast::volsync
