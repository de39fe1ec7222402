#include "src/generator/store/seen_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "holdfast/core/decide.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/volsync/objects.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr MemoryConfigMap::Words kWords{"seen", "memory of seen backups", "lines"};

bool is_same_set(const Seen& a, const Seen& b) {
  return a.accepted == b.accepted && a.owners == b.owners &&
         std::ranges::equal(std::views::keys(a.ends), std::views::keys(b.ends));
}

/// How many identities, and PVCs of them, are in `whole` only.
std::size_t lacks(const Seen& seen, const Seen& whole) {
  const auto missing =
      std::ranges::count_if(whole.ends, [&](const auto& one) { return !seen.ends.contains(one.first); });
  auto lines = static_cast<std::size_t>(missing);
  for (const auto& [identity, pvcs] : whole.owners) {
    const auto known = seen.owners.find(identity);
    lines += pvcs.size() - (known == seen.owners.end() ? 0 : known->second.size());
  }
  return lines;
}

bool has_backup(const core::WantsRestore& wanted, const core::Catalog& catalog) {
  return std::ranges::any_of(wanted.candidates,
                             [&](const core::Candidate& one) { return catalog.newest(one.identity).has_value(); });
}

constexpr std::chrono::seconds kOneLook{20};
constexpr std::size_t kOnePage = 4;  ///< each may hold 1 MiB
constexpr std::size_t kMost = 256;

/// The memory in one object of the list; nothing where it is something else that holdfast keeps.
std::string read_one(std::string_view text, SeenMemories::All& all) {
  const auto meta = json::read_meta(text);
  if (const auto* fault = std::get_if<json::ObjectFault>(&meta)) return fault->problem;
  const std::string& name = std::get<core::Meta>(meta).name;
  if (!is_seen_name(name)) return {};
  const auto object = json::read_config_map(text);
  if (const auto* fault = std::get_if<json::ObjectFault>(&object)) return name + ": " + fault->problem;
  auto seen = read_seen(std::get<json::ConfigMap>(object));
  if (const auto* fault = std::get_if<json::ObjectFault>(&seen)) return name + ": " + fault->problem;
  all.emplace(name, std::get<Seen>(std::move(seen)));
  return {};
}

}  // namespace

SeenMemory::SeenMemory(const core::Policy& policy, const std::string& own_namespace, std::chrono::milliseconds lazy,
                       kube::Client& client, const ops::Logger& log, ops::Metrics& metrics,
                       std::function<void(const Seen&)> changed)
    : unpinned_(std::holds_alternative<core::Unpinned>(policy.pin)),
      lazy_(lazy),
      log_(log),
      changed_(std::move(changed)) {
  if (auto place = seen_place(policy.pin, own_namespace)) map_.emplace(*std::move(place), kWords, client, log, metrics);
}

std::string SeenMemory::problem() const {
  if (unpinned_) return "not kept: no repository is pinned, so that nothing may start empty";
  if (!map_) return "not kept: our own namespace is not known (POD_NAMESPACE), rule 9 does not apply";
  return map_->problem();
}

bool SeenMemory::misses(const core::Catalog& catalog) const {
  if (!seen_) return false;
  return std::ranges::any_of(seen_->ends, [&](const auto& known) {
    const auto identity = core::parse_identity(known.first);
    return identity && !catalog.newest(*identity);
  });
}

void SeenMemory::begin(Round round) {
  if (!map_) return;
  map_->read([this, round = std::move(round)](const auto& object) { found(round, object); });
}

void SeenMemory::found(const Round& round, const std::optional<json::ConfigMap>& object) {
  if (!object && !round.writes()) return map_->over("not written yet by the replica that leads", ops::Level::Info);
  if (!object) return compare(round, absent());
  auto seen = read_seen(*object);
  if (const auto* fault = std::get_if<json::ObjectFault>(&seen)) {
    return map_->over(fault->problem + "; mend it, or delete it to begin anew");
  }
  compare(round, {std::get<Seen>(std::move(seen)), object->resource_version});
}

/// There is no memory: it was lost, or this is its beginning.
SeenMemory::Found SeenMemory::absent() {
  if (seen_) {
    map_->note_lost();
    return {*seen_, {}};
  }
  log_.warn("no memory of seen backups",
            {{"name", map_->place().name},
             {"message",
              "it begins now: backups that were gone before are not missed, and the guarantee rests on the "
              "pinned repository alone"}});
  return {};
}

void SeenMemory::compare(const Round& round, const Found& found) {
  const bool exists = !found.version.empty();
  Seen wanted = found.seen;
  std::size_t left_out = 0;
  if (seen_) left_out = unite(wanted, *seen_);
  if (exists) {
    map_->note_shrunk(lacks(found.seen, wanted));
    know(wanted);
  }
  if (!round.writes()) return map_->over();
  forget_accepted(round, wanted);
  left_out += add_seen(wanted, *round.proven);
  left_out += add_owners(wanted, round.synced, *round.proven);
  map_->note_left_out(left_out,
                      fmt::format("full: {} identities with backups, or their PVCs, are not remembered", left_out));
  if (exists && !is_worth_a_write(found.seen, wanted)) return map_->over();
  std::string body = write_seen(map_->place(), wanted, found.version);
  map_->write(*round.until, std::move(body), found.version, [this, now = steady_clock::now(), wanted] {
    wrote_ = now;
    know(wanted);
  });
}

void SeenMemory::know(Seen seen) {
  if (seen_ == seen) return;
  seen_ = std::move(seen);
  if (changed_) changed_(*seen_);
}

void SeenMemory::forget_accepted(const Round& round, Seen& seen) const {
  for (const core::WantsRestore& wanted : round.accepting) {
    const auto known = tombstone(seen, wanted.candidates);
    if (!known || has_backup(wanted, *round.proven) || !core::accepts(wanted, *known)) continue;
    forget_seen(seen, wanted.candidates);
    log_.info("tombstone cleared", {{"namespace", wanted.pvc.ns},
                                    {"pvc", wanted.pvc.name},
                                    {"tombstone", known->id},
                                    {"accepted", wanted.accept_vanished}});
  }
}

bool SeenMemory::is_worth_a_write(const Seen& before, const Seen& after) const {
  return !is_same_set(before, after) || (before != after && steady_clock::now() - wrote_ >= lazy_);
}

struct SeenMemories::Page {
  All all;
  std::size_t objects = 0;
  std::string continue_token;
};

SeenMemories::SeenMemories(std::string own_namespace, kube::Client& client, const ops::Logger& log,
                           std::function<void()> changed)
    : own_namespace_(std::move(own_namespace)), client_(client), log_(log), changed_(std::move(changed)) {}

void SeenMemories::look() {
  if (own_namespace_.empty() || under_way_) return;
  under_way_ = true;
  list(std::make_shared<Page>(), steady_clock::now() + kOneLook);
}

void SeenMemories::list(std::shared_ptr<Page> page, kube::Deadline deadline) {
  kube::Client::ListOptions options;
  options.label_selector = fmt::format("{}={}", key::kManagedBy, kManager);
  options.limit = kOnePage;
  options.continue_token = page->continue_token;
  client_.list(kube::kConfigMaps, own_namespace_, options, deadline,
               alive_.guard([this, page = std::move(page), deadline](const kube::Result& result) {
                 take(page, deadline, result);
               }));
}

void SeenMemories::take(const std::shared_ptr<Page>& page, kube::Deadline deadline, const kube::Result& result) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) return end(error->message);
  std::string problem;
  const auto head = json::read_list(std::get<std::string>(result), [&](std::string_view text) {
    ++page->objects;
    std::string found = read_one(text, page->all);
    if (problem.empty()) problem = std::move(found);
  });
  if (const auto* fault = std::get_if<json::ObjectFault>(&head)) problem = fault->problem;
  if (!problem.empty()) return end(problem);
  page->continue_token = std::get<json::ListHead>(head).continue_token;
  if (page->objects > kMost) return end(fmt::format("there are more than {}", kMost));
  if (!page->continue_token.empty()) return list(page, deadline);
  const bool news = all_ != page->all;
  all_ = std::move(page->all);
  end({});
  if (news && changed_) changed_();
}

void SeenMemories::end(const std::string& problem) {
  under_way_ = false;
  looked_ = true;
  if (problem != problem_ && !problem.empty()) log_.warn("memories of seen backups", {{"problem", problem}});
  problem_ = problem;
}

}  // namespace holdfast::generator
