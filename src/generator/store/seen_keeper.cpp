#include "src/generator/store/seen_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/core/decide.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr const char* kWhat = "memory of seen backups";

bool is_same_set(const Seen& a, const Seen& b) {
  return a.accepted == b.accepted && a.owners == b.owners &&
         std::equal(a.ends.begin(), a.ends.end(), b.ends.begin(), b.ends.end(),
                    [](const auto& one, const auto& other) { return one.first == other.first; });
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
  return std::any_of(wanted.candidates.begin(), wanted.candidates.end(),
                     [&](const core::Candidate& one) { return catalog.newest(one.identity).has_value(); });
}

}  // namespace

SeenKeeper::SeenKeeper(const core::Policy& policy, const std::string& own_namespace, std::chrono::milliseconds lazy,
                       kube::Client& client, const ops::Logger& log, ops::Metrics& metrics,
                       std::function<void(const Seen&)> changed)
    : unpinned_(std::holds_alternative<core::Unpinned>(policy.pin)),
      lazy_(lazy),
      log_(log),
      metrics_(metrics),
      changed_(std::move(changed)) {
  if (auto place = seen_place(policy.pin, own_namespace)) map_.emplace(*std::move(place), kWhat, client, log);
}

std::string SeenKeeper::problem() const {
  if (unpinned_) return "not kept: no repository is pinned, so that nothing may start empty";
  if (!map_) return "not kept: our own namespace is not known (POD_NAMESPACE), rule 9 does not apply";
  const std::string& problem = map_->problem().empty() ? full_ : map_->problem();
  return problem.empty() ? problem : fmt::format("ConfigMap {}: {}", map_->place().name, problem);
}

bool SeenKeeper::misses(const core::Catalog& catalog) const {
  if (!seen_) return false;
  return std::any_of(seen_->ends.begin(), seen_->ends.end(), [&](const auto& known) {
    const auto identity = core::parse_identity(known.first);
    return identity && !catalog.newest(*identity);
  });
}

void SeenKeeper::begin(Round round) {
  if (!map_) return;
  map_->read([this, round = std::move(round)](const auto& object) { found(round, object); });
}

void SeenKeeper::found(const Round& round, const std::optional<json::ConfigMap>& object) {
  if (!object && !round.writes()) return map_->over("not written yet by the replica that leads", ops::Level::Info);
  if (!object) return compare(round, absent());
  auto seen = read_seen(*object);
  if (const auto* fault = std::get_if<json::ObjectFault>(&seen)) {
    return map_->over(fault->problem + "; mend it, or delete it to begin anew");
  }
  compare(round, {std::get<Seen>(std::move(seen)), object->resource_version});
}

/// There is no memory: it was lost, or this is its beginning.
SeenKeeper::Found SeenKeeper::absent() {
  if (seen_) {
    log_.error("memory of seen backups lost",
               {{"name", map_->place().name},
                {"message", "somebody deleted it: it is written anew from this replica's copy"}});
    return {*seen_, {}};
  }
  log_.warn("no memory of seen backups",
            {{"name", map_->place().name},
             {"message",
              "it begins now: backups that were gone before are not missed, and the guarantee rests on the "
              "pinned repository alone"}});
  return {};
}

void SeenKeeper::compare(const Round& round, const Found& found) {
  const bool exists = !found.version.empty();
  Seen wanted = found.seen;
  std::size_t left_out = 0;
  if (seen_) left_out = unite(wanted, *seen_);
  if (exists) {
    note_shrunk(lacks(found.seen, wanted));
    know(wanted);
  }
  if (!round.writes()) return map_->over();
  forget_accepted(round, wanted);
  left_out += add_seen(wanted, *round.proven);
  note_left_out(left_out + add_owners(wanted, round.synced, *round.proven));
  if (exists && !is_worth_a_write(found.seen, wanted)) return map_->over();
  std::string body = write_seen(map_->place(), wanted, found.version);
  map_->write(*round.until, std::move(body), found.version, [this, now = steady_clock::now(), wanted] {
    wrote_ = now;
    know(wanted);
  });
}

void SeenKeeper::know(Seen seen) {
  if (seen_ == seen) return;
  seen_ = std::move(seen);
  if (changed_) changed_(*seen_);
}

void SeenKeeper::forget_accepted(const Round& round, Seen& seen) const {
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

/// The replica that leads writes back what is missing; until then every replica goes by what it knows.
void SeenKeeper::note_shrunk(std::size_t lines) {
  if (lines > 0 && lines != shrunk_by_) {
    metrics_.memory_shrunk("seen");
    log_.error("memory of seen backups shrunk",
               {{"name", map_->place().name},
                {"lines", lines},
                {"message",
                 "somebody has put an older copy there, or taken lines away: what this replica remembers "
                 "is written back"}});
  }
  shrunk_by_ = lines;
}

void SeenKeeper::note_left_out(std::size_t lines) {
  std::string full;
  if (lines > 0) full = fmt::format("full: {} identities with backups, or their PVCs, are not remembered", lines);
  if (full != full_ && !full.empty()) log_.error("memory of seen backups is full", {{"lines", lines}});
  metrics_.memory_left_out("seen", lines);
  full_ = std::move(full);
}

bool SeenKeeper::is_worth_a_write(const Seen& before, const Seen& after) const {
  return !is_same_set(before, after) || (before != after && steady_clock::now() - wrote_ >= lazy_);
}

}  // namespace holdfast::generator
