#include "src/generator/seen_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/core/decide.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kOneCall{10};

bool is_same_set(const Seen& a, const Seen& b) {
  return std::equal(a.ends.begin(), a.ends.end(), b.ends.begin(), b.ends.end(),
                    [](const auto& one, const auto& other) { return one.first == other.first; });
}

bool has_backup(const core::WantsRestore& wanted, const core::Catalog& catalog) {
  return std::any_of(wanted.candidates.begin(), wanted.candidates.end(),
                     [&](const core::Candidate& one) { return catalog.newest(one.identity).has_value(); });
}

}  // namespace

SeenKeeper::SeenKeeper(const core::Policy& policy, const std::string& own_namespace, std::chrono::milliseconds lazy,
                       kube::Client& client, const ops::Logger& log)
    : place_(seen_place(policy.pin, own_namespace)),
      unpinned_(std::holds_alternative<core::Unpinned>(policy.pin)),
      lazy_(lazy),
      client_(client),
      log_(log) {}

std::string SeenKeeper::problem() const {
  if (unpinned_) return "not kept: no repository is pinned, so that nothing may start empty";
  if (!place_) return "not kept: our own namespace is not known (POD_NAMESPACE), rule 9 does not apply";
  const std::string& problem = problem_.empty() ? full_ : problem_;
  return problem.empty() ? problem : fmt::format("ConfigMap {}: {}", place_->name, problem);
}

bool SeenKeeper::misses(const core::Catalog& catalog) const {
  if (!seen_) return false;
  return std::any_of(seen_->ends.begin(), seen_->ends.end(), [&](const auto& known) {
    const auto identity = core::parse_identity(known.first);
    return identity && !catalog.newest(*identity);
  });
}

void SeenKeeper::begin(Round round) {
  if (!place_ || under_way_) return;
  under_way_ = true;
  const std::weak_ptr<bool> alive = alive_;
  client_.get(*place_, steady_clock::now() + kOneCall,
              [this, alive, round = std::move(round)](const kube::Result& result) {
                if (!alive.lock()) return;
                const auto* error = std::get_if<kube::ApiError>(&result);
                const bool absent = error != nullptr && error->not_found();
                if (absent && !round.writes())
                  return over("not written yet by the replica that leads", ops::Level::Info);
                if (absent) return compare(round, this->absent());
                if (auto found = read(result)) compare(round, *found);
              });
}

std::optional<SeenKeeper::Found> SeenKeeper::read(const kube::Result& result) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    over(error->message);
    return std::nullopt;
  }
  const auto object = json::read_config_map(std::get<std::string>(result));
  const auto* map = std::get_if<json::ConfigMap>(&object);
  auto seen = map != nullptr ? read_seen(*map) : std::variant<Seen, json::ObjectFault>(std::get<1>(object));
  if (const auto* fault = std::get_if<json::ObjectFault>(&seen)) {
    over(fault->problem + "; mend it, or delete it to begin anew");
    return std::nullopt;
  }
  return Found{std::get<Seen>(std::move(seen)), map->resource_version};
}

/// There is no memory: it was lost, or this is its beginning.
SeenKeeper::Found SeenKeeper::absent() {
  if (seen_) {
    log_.error(
        "memory of seen backups lost",
        {{"name", place_->name}, {"message", "somebody deleted it: it is written anew from this replica's copy"}});
    return {*seen_, {}};
  }
  log_.warn("no memory of seen backups",
            {{"name", place_->name},
             {"message",
              "it begins now: backups that were gone before are not missed, and the guarantee rests on the "
              "pinned repository alone"}});
  return {};
}

void SeenKeeper::compare(const Round& round, const Found& found) {
  const bool exists = !found.version.empty();
  if (exists) seen_ = found.seen;
  if (!round.writes()) return over({});
  Seen wanted = found.seen;
  forget_accepted(round, wanted);
  note_left_out(add_seen(wanted, *round.proven));
  if (exists && !is_worth_a_write(found.seen, wanted)) return over({});
  write(*round.until, std::move(wanted), found.version);
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

void SeenKeeper::note_left_out(std::size_t identities) {
  std::string full;
  if (identities > 0) full = fmt::format("full: {} identities with backups are not remembered", identities);
  if (full != full_ && !full.empty()) log_.error("memory of seen backups is full", {{"identities", identities}});
  full_ = std::move(full);
}

bool SeenKeeper::is_worth_a_write(const Seen& before, const Seen& after) const {
  return !is_same_set(before, after) || (before != after && steady_clock::now() - wrote_ >= lazy_);
}

void SeenKeeper::write(kube::Deadline until, Seen wanted, const std::string& version) {
  const auto now = steady_clock::now();
  if (now >= until) return over({});
  std::string body = write_seen(*place_, wanted, version);
  const std::weak_ptr<bool> alive = alive_;
  kube::Done done = [this, alive, now, wanted = std::move(wanted)](const kube::Result& result) mutable {
    if (!alive.lock()) return;
    if (const auto* error = std::get_if<kube::ApiError>(&result)) return over("not written: " + error->message);
    wrote_ = now;
    seen_ = std::move(wanted);
    over({});
  };
  const kube::Deadline deadline = std::min(until, now + kOneCall);
  // Whoever has written in between wins: what they wrote is read in the next round.
  if (version.empty())
    client_.create(*place_, std::move(body), deadline, std::move(done));
  else
    client_.merge_patch(*place_, std::move(body), deadline, std::move(done));
}

void SeenKeeper::over(const std::string& problem, ops::Level level) {
  under_way_ = false;
  looked_ = true;
  if (problem != problem_ && !problem.empty()) {
    log_.log(level, "memory of seen backups", {{"name", place_->name}, {"problem", problem}});
  }
  problem_ = problem;
}

}  // namespace holdfast::generator
