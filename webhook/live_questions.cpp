#include "holdfast/webhook/live_questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "holdfast/base/clock.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/volsync/cluster_facts.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/seen.hpp"

namespace holdfast::webhook {
namespace {

/// So many ReplicationSources may name one PVC; of more nothing is said.
constexpr std::size_t kMostSources = 8;
/// Of an object's name: VolSync makes nothing under a longer one.
constexpr std::size_t kMostNameBytes = 253;

/// A read object, that there is none, or why that is not known.
template <class Object>
using Found = std::variant<std::optional<Object>, core::NoAnswer>;

/// `read` is json::read_observed or another of its kind. That there are no objects of a kind is a 404 too.
template <class Object>
Found<Object> read_object(const kube::Result& result,
                          std::variant<Object, json::ObjectFault> (*read)(std::string_view)) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    if (error->not_found()) return std::optional<Object>();
    return core::NoAnswer{error->message};
  }
  auto object = read(std::get<std::string>(result));
  if (auto* fault = std::get_if<json::ObjectFault>(&object)) return core::NoAnswer{std::move(fault->problem)};
  return std::optional(std::get<Object>(std::move(object)));
}

using Remembered = decltype(core::ClusterFacts::tombstone);

/// The memory of seen backups as it stands; nullopt: it is not there.
using Memory = Found<volsync::Seen>;

Memory read_memory(const kube::Result& result) {
  const auto no_answer = [](std::string_view why) {
    return core::NoAnswer{fmt::format("the memory of seen backups: {}", why)};
  };
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    if (error->not_found()) return std::optional<volsync::Seen>();
    return no_answer(error->message);
  }
  const auto object = json::read_config_map(std::get<std::string>(result));
  if (const auto* fault = std::get_if<json::ObjectFault>(&object)) return no_answer(fault->problem);
  auto read = volsync::read_seen(std::get<json::ConfigMap>(object));
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return no_answer(fault->problem);
  return std::optional(std::get<volsync::Seen>(std::move(read)));
}

/// One PVC's questions and their answers, which come in any order on any thread.
class Inquiry : public std::enable_shared_from_this<Inquiry> {
 public:
  using Done = std::function<void(core::ClusterFacts)>;
  Inquiry(kube::Client& client, LiveQuestions::Rules rules, core::WantsRestore wanted, index::Deadline deadline,
          Done done)
      : client_(client),
        rules_(std::move(rules)),
        wanted_(std::move(wanted)),
        pvc_(wanted_.pvc),
        owner_(wanted_.owner),
        names_(volsync::names(rules_.policy->naming, pvc_.name)),
        deadline_(deadline),
        done_(std::move(done)) {}

  /// Rule 7. Each of these calls opens a question of its own; the facts are told when none is open.
  void ask_destination() {
    get({kube::kReplicationDestinations, pvc_.ns, names_.destination},
        [this](const kube::Result& result) { destination_ = read_object(result, json::read_observed); });
  }

  /// Rule 7: whose backups are whose. The sources that either naming gives the PVC are asked for by name, and the PVCs
  /// that the other naming calls as one calls this one.
  void ask_owners() {
    std::set<std::string> sources;
    for (const core::Naming naming : {rules_.policy->naming, core::other(rules_.policy->naming)}) {
      sources.insert(volsync::names(naming, owner_.name).source);
    }
    for (const std::string& source : sources) {
      get({kube::kReplicationSources, owner_.ns, source}, [this](const kube::Result& result) {
        note_owner(read_object(result, json::read_observed),
                   [this](const core::Observed& found) { volsync::add_source(owners_, found); });
      });
    }
    for (const core::PvcName& namesake : core::namesakes(owner_)) {
      get({kube::kClaims, namesake.ns, namesake.name}, [this, namesake](const kube::Result& result) {
        note_owner(read_object(result, json::read_meta), [&](const core::Meta&) { owners_.knows(namesake); });
      });
    }
  }

  /// Rule 8: what stands under the PVC's own names, and which other sources name it. Lists are taken from the API
  /// server's cache, because one that is not takes a tenth of a second: a backup that is under way has begun before.
  void ask_backups() {
    asked_backups_ = true;
    ask_sync(names_.source);
    get({kube::kReplicationSources, pvc_.ns, names_.source}, [this](const kube::Result& result) {
      put(sync(names_.source).object, read_object(result, json::read_observed));
    });
    open();
    client_.list(kube::kReplicationSources, pvc_.ns, cached(), deadline_,
                 [self = shared_from_this()](const kube::Result& r) {
                   for (const std::string& source : self->locked([&] { return self->other_sources(r); }))
                     self->ask_sync(source);
                   self->close();
                 });
  }

  /// The same, without a question. Before anything is asked.
  void hear(const volsync::WatchedOwners& watched) { owners_.add(watched.of(owner_.ns)); }
  void hear(std::shared_ptr<const volsync::KnownSeen> known) {
    owners_.add(known->owners);
    known_ = std::move(known);
  }

  /// The same, of PVCs whose names VolSync spells like another one's.
  void ask_neighbours() {
    open();
    client_.list(kube::kClaims, owner_.ns, cached(), deadline_, [self = shared_from_this()](const kube::Result& r) {
      self->locked([&] { self->take_neighbours(r); });
      self->close();
    });
  }

  /// Rules 7 and 9. `counts`: without backups the memory decides.
  void ask_memory(const kube::Target& memory, bool counts) {
    get(memory, [this, counts](const kube::Result& result) {
      memory_ = read_memory(result);
      memory_counts_ = counts;
    });
  }

  void open() {
    const std::lock_guard lock(mutex_);
    ++open_;
  }
  void close() {
    {
      const std::lock_guard lock(mutex_);
      if (--open_ > 0) return;
    }
    done_(facts());
  }

 private:
  /// A whole list, as old as the API server's cache.
  static kube::Client::ListOptions cached() {
    kube::Client::ListOptions all;
    all.limit = 0;
    all.resource_version = "0";
    return all;
  }

  template <class F>
  std::invoke_result_t<F> locked(F&& f) {
    const std::lock_guard lock(mutex_);
    return f();
  }

  template <class Object, class F>
  void note_owner(const Found<Object>& found, F&& take) {
    if (const auto* silent = std::get_if<core::NoAnswer>(&found)) {
      owners_problem_ = silent->reason;
    } else if (const auto& object = std::get<0>(found)) {
      take(*object);
    }
  }

  template <class F>
  void get(const kube::Target& target, F&& take) {
    open();
    client_.get(target, deadline_, [self = shared_from_this(), take = std::forward<F>(take)](const kube::Result& r) {
      self->locked([&] { take(r); });
      self->close();
    });
  }

  /// Of one ReplicationSource: what of a synchronisation is there.
  void ask_sync(const std::string& source) {
    locked([&] { sync(source); });
    get({kube::kJobs, pvc_.ns, volsync::mover_job_name(volsync::Part::Source, source)},
        [this, source](const kube::Result& r) { put(sync(source).mover, read_object(r, json::read_job)); });
    const std::string temporary = volsync::temporary_volume_name(source);
    if (temporary.size() > kMostNameBytes) return;
    get({kube::kClaims, pvc_.ns, temporary},
        [this, source](const kube::Result& r) { put(sync(source).volume, read_object(r, json::read_meta)); });
    get({kube::kVolumeSnapshots, pvc_.ns, temporary},
        [this, source](const kube::Result& r) { put(sync(source).snapshot, read_object(r, json::read_meta)); });
  }

  void take_neighbours(const kube::Result& result) {
    if (const auto* error = std::get_if<kube::ApiError>(&result)) {
      owners_problem_ = error->message;
      return;
    }
    const auto head = json::read_list(std::get<std::string>(result), [&](std::string_view text) {
      auto meta = json::read_meta(text);
      if (const auto* fault = std::get_if<json::ObjectFault>(&meta))
        owners_problem_ = fault->problem;
      else
        owners_.knows({owner_.ns, std::get<core::Meta>(meta).name});
    });
    if (const auto* fault = std::get_if<json::ObjectFault>(&head)) owners_problem_ = fault->problem;
  }

  /// Takes the list in, and returns the names of which more has to be asked.
  std::vector<std::string> other_sources(const kube::Result& result) {
    std::vector<std::string> others;
    if (const auto* error = std::get_if<kube::ApiError>(&result)) {
      if (!error->not_found()) backup_problem_ = owners_problem_ = error->message;
      return others;
    }
    const std::string quoted = fmt::format("\"{}\"", pvc_.name);
    const auto head = json::read_list(std::get<std::string>(result), [&](std::string_view text) {
      auto source = json::read_observed(text);
      if (const auto* fault = std::get_if<json::ObjectFault>(&source)) {
        owners_problem_ = fault->problem;
        // A name needs no escapes: a source in which it does not stand as it is names another PVC.
        if (text.find(quoted) != std::string_view::npos) backup_problem_ = fault->problem;
        return;
      }
      auto& found = std::get<core::Observed>(source);
      volsync::add_source(owners_, found);
      if (found.meta.name == names_.source || !volsync::backs_up(found, pvc_.name)) return;
      others.push_back(found.meta.name);
      if (others.size() <= kMostSources) sync(others.back()).object = std::move(found);
    });
    if (const auto* fault = std::get_if<json::ObjectFault>(&head)) backup_problem_ = owners_problem_ = fault->problem;
    if (others.size() <= kMostSources) return others;
    backup_problem_ = fmt::format("{} ReplicationSources name it, which are too many to ask of", others.size());
    return {};
  }

  volsync::SyncTraces& sync(std::string_view source) {
    const auto found = std::ranges::find(syncs_, source, &volsync::SyncTraces::source);
    if (found != syncs_.end()) return *found;
    return syncs_.emplace_back(volsync::SyncTraces{std::string(source), {}, {}, {}, {}});
  }

  template <class Object>
  void put(std::optional<Object>& place, Found<Object> found) {
    if (auto* silent = std::get_if<core::NoAnswer>(&found))
      backup_problem_ = std::move(silent->reason);
    else
      place = std::get<0>(std::move(found));
  }

  /// The memory as it was read says whose backups are whose, too, where it is another than what is known.
  core::Ownership all_owners() const {
    core::Ownership owners = owners_;
    const auto* found = std::get_if<std::optional<volsync::Seen>>(&memory_);
    const bool is_new = found != nullptr && *found && (known_ == nullptr || known_->seen.owners != (*found)->owners);
    if (is_new) owners.add(volsync::owner_table(**found, core::every_template(*rules_.policy)));
    owners.spell(core::every_template(*rules_.policy));
    return owners;
  }

  /// Where a memory is kept, not finding it is no proof that nothing was seen: the leader writes it as soon as it can.
  /// Nor is an older copy that somebody has put there.
  Remembered tombstone(const core::Ownership& owners) const {
    if (!memory_counts_) return core::NotApplicable{};
    if (const auto* silent = std::get_if<core::NoAnswer>(&memory_)) return *silent;
    const auto& found = std::get<std::optional<volsync::Seen>>(memory_);
    if (!found) return core::NoAnswer{"the memory of seen backups: it is not written yet"};
    const std::vector<core::Candidate> places = core::looked_at(wanted_, *rules_.policy, owners);
    volsync::Seen seen = volsync::those_of(*found, places);
    if (known_) volsync::unite(seen, volsync::those_of(known_->seen, places));
    return volsync::tombstone(seen, places);
  }

  core::ClusterFacts facts() const {
    core::ClusterFacts facts;
    core::Ownership owners = all_owners();
    facts.tombstone = tombstone(owners);
    const auto* memory_silent = std::get_if<core::NoAnswer>(&memory_);
    if (!owners_problem_.empty() || memory_silent != nullptr) {
      facts.ownership = owners_problem_.empty() ? *memory_silent : core::NoAnswer{owners_problem_};
      facts.heard = std::move(owners);
    } else {
      facts.ownership = std::move(owners);
    }
    if (const auto* silent = std::get_if<core::NoAnswer>(&destination_)) {
      facts.destination = *silent;
    } else {
      const auto& object = std::get<0>(destination_);
      facts.destination = volsync::destination_facts(object ? &*object : nullptr, rules_.adopt, pvc_, *rules_.policy);
    }
    if (!asked_backups_) return facts;
    if (backup_problem_.empty())
      facts.backup = volsync::backup_facts(syncs_, rules_.overlong, base::utc_now());
    else
      facts.backup = core::NoAnswer{backup_problem_};
    return facts;
  }

  kube::Client& client_;
  const LiveQuestions::Rules rules_;
  const core::WantsRestore wanted_;
  const core::PvcName& pvc_;
  const core::PvcName& owner_;  ///< whose backups are wanted
  const volsync::Names names_;
  const index::Deadline deadline_;
  const Done done_;
  bool asked_backups_ = false;
  std::mutex mutex_;
  int open_ = 1;  ///< until everything is asked
  Memory memory_ = std::optional<volsync::Seen>();
  bool memory_counts_ = false;
  std::shared_ptr<const volsync::KnownSeen> known_;  ///< whatever the memory says now
  Found<core::Observed> destination_ = core::NoAnswer{"not asked"};
  std::vector<volsync::SyncTraces> syncs_;
  std::string backup_problem_;
  core::Ownership owners_;
  std::string owners_problem_;
};

}  // namespace

LiveQuestions::LiveQuestions(kube::Client& client, core::Policy policy, const volsync::Options& options,
                             std::optional<kube::Target> memory, Known known)
    : client_(client),
      rules_{std::make_shared<const core::Policy>(std::move(policy)), options.adopt, options.overlong_sync},
      memory_(std::move(memory)),
      known_(std::move(known)) {}

void LiveQuestions::ask(const core::WantsRestore& wanted, bool without_backup, index::Deadline deadline,
                        std::function<void(core::ClusterFacts)> done) {
  const auto inquiry = std::make_shared<Inquiry>(client_, rules_, wanted, deadline, std::move(done));
  const auto watched = known_ ? known_->watched.read() : std::make_shared<const volsync::WatchedOwners>();
  const auto seen = known_ ? known_->seen.read() : std::make_shared<const volsync::KnownSeen>();
  if (watched->current) inquiry->hear(*watched);
  if (seen->owners) inquiry->hear(seen);
  inquiry->ask_destination();
  inquiry->ask_owners();
  if (without_backup) inquiry->ask_backups();
  if (without_backup && !watched->current) inquiry->ask_neighbours();
  if (memory_ && (without_backup || !seen->owners)) inquiry->ask_memory(*memory_, without_backup);
  inquiry->close();
}

void LiveQuestions::ask_namespace(const std::string& name, index::Deadline deadline, std::function<void(Labels)> done) {
  client_.get({kube::kNamespaces, "", name}, deadline, [name, done = std::move(done)](const kube::Result& result) {
    auto found = read_object(result, json::read_meta);
    if (auto* silent = std::get_if<core::NoAnswer>(&found)) return done(std::move(*silent));
    auto& meta = std::get<0>(found);
    if (!meta) return done(core::NoAnswer{fmt::format("there is no namespace {}", name)});
    done(std::move(meta->labels));
  });
}

}  // namespace holdfast::webhook
