#include "webhook/inquiry.hpp"

#include <algorithm>

#include "holdfast/base/clock.hpp"

namespace holdfast::webhook {
namespace {

/// So many ReplicationSources may name one PVC; of more nothing is said.
constexpr std::size_t kMostSources = 8;
/// Of an object's name: VolSync makes nothing under a longer one.
constexpr std::size_t kMostNameBytes = 253;

}  // namespace

std::optional<core::NoAnswer> why_no_answer(const kube::ApiError& error) {
  if (error.not_found()) return std::nullopt;
  return core::NoAnswer{error.message};
}

Inquiry::Inquiry(Questions& questions, core::WantsRestore wanted, index::Deadline deadline, Done done)
    : questions_(questions),
      wanted_(std::move(wanted)),
      pvc_(wanted_.pvc),
      owner_(wanted_.owner),
      names_(volsync::names(questions.policy.naming, pvc_.name)),
      deadline_(deadline),
      done_(std::move(done)) {}

void Inquiry::ask(ClusterQuestions::About about) {
  using About = ClusterQuestions::About;
  const bool without_backup = about != About::Restore, with_destination = about != About::Empty;
  without_backup_ = without_backup;
  lists_claims_ = with_destination && !watched_;
  ask_view(owner_.ns);
  if (without_backup && pvc_.ns != owner_.ns) ask_view(pvc_.ns);
  if (without_backup) ask_own_source();
  if (with_destination) ask_destination();
  const bool remembers = known_ && known_->owners;
  if (questions_.memory && (without_backup || !remembers)) ask_memory();
  close();
}

void Inquiry::open() {
  const std::lock_guard lock(mutex_);
  ++open_;
}

void Inquiry::close() {
  {
    const std::lock_guard lock(mutex_);
    if (--open_ > 0) return;
  }
  done_(facts());
}

template <class F>
void Inquiry::get(const kube::Target& target, F&& take) {
  open();
  questions_.client.get(target, deadline_,
                        [self = shared_from_this(), take = std::forward<F>(take)](const kube::Result& result) {
                          take(result);
                          self->close();
                        });
}

/// Rule 7.
void Inquiry::ask_destination() {
  get({kube::kReplicationDestinations, pvc_.ns, names_.destination}, [this](const kube::Result& result) {
    const std::lock_guard lock(mutex_);
    destination_ = read_object(result, json::read_observed);
  });
}

/// Rule 7, whose backups are whose; and rule 8 as far as names tell that there may be a backup under way.
void Inquiry::ask_view(const std::string& ns) {
  open();
  auto& question = lists_claims_ ? questions_.views : questions_.sources;
  question.ask(ns, deadline_, [self = shared_from_this(), ns](const std::shared_ptr<const NamespaceView>& view) {
    self->take_view(ns, view);
    self->close();
  });
}

/// Rule 8: as long as it is there a backup may begin, so that what there is of one is asked for exactly. Once it is
/// gone no Job is made any more: one that is there may still end, and of all else it has left no backup comes.
void Inquiry::ask_own_source() {
  get({kube::kReplicationSources, pvc_.ns, names_.source}, [this](const kube::Result& result) {
    auto found = read_object(result, json::read_observed);
    const auto* source = std::get_if<std::optional<core::Observed>>(&found);
    const bool is_there = source == nullptr || source->has_value();
    {
      const std::lock_guard lock(mutex_);
      if (source != nullptr && is_there) volsync::add_source(own_source_, **source);
      put(sync(names_.source).object, std::move(found));
    }
    if (is_there) ask_sync(names_.source);
  });
}

/// Rules 7 and 9.
void Inquiry::ask_memory() {
  open();
  questions_.memory->ask("", deadline_, [self = shared_from_this()](const std::shared_ptr<const Memory>& memory) {
    {
      const std::lock_guard lock(self->mutex_);
      self->memory_ = memory;
    }
    self->close();
  });
}

/// Of one ReplicationSource: what of a synchronisation is there. Once.
void Inquiry::ask_sync(const std::string& source) {
  {
    const std::lock_guard lock(mutex_);
    if (!asked_syncs_.insert(source).second) return;
    sync(source);
  }
  get({kube::kJobs, pvc_.ns, volsync::mover_job_name(volsync::Part::Source, source)},
      [this, source](const kube::Result& result) {
        const std::lock_guard lock(mutex_);
        put(sync(source).mover, read_object(result, json::read_job));
      });
  const std::string temporary = volsync::temporary_volume_name(source);
  if (temporary.size() > kMostNameBytes) return;
  get({kube::kClaims, pvc_.ns, temporary}, [this, source](const kube::Result& result) {
    const std::lock_guard lock(mutex_);
    put(sync(source).volume, read_object(result, json::read_meta));
  });
  get({kube::kVolumeSnapshots, pvc_.ns, temporary}, [this, source](const kube::Result& result) {
    const std::lock_guard lock(mutex_);
    put(sync(source).snapshot, read_object(result, json::read_meta));
  });
}

void Inquiry::take_view(const std::string& ns, const std::shared_ptr<const NamespaceView>& view) {
  std::vector<std::string> sources;
  {
    const std::lock_guard lock(mutex_);
    if (ns == owner_.ns) {
      owners_ = view->owners;
      owners_problem_ = view->sources_problem.empty() ? view->claims.problem : view->sources_problem;
      if (!view->unread_sources.empty()) owners_problem_ = view->unread_sources.back().problem;
    }
    if (!without_backup_ || ns != pvc_.ns) return;
    note_problems(*view);
    sources = sources_of(*view);
  }
  if (view->jobs.contains(volsync::mover_job_name(volsync::Part::Source, names_.source))) ask_sync(names_.source);
  for (const std::string& source : sources) ask_sync(source);
}

/// What is in the way of saying that no backup is under way.
void Inquiry::note_problems(const NamespaceView& view) {
  // A name needs no escapes: a source in which it does not stand as it is names another PVC.
  const std::string quoted = fmt::format("\"{}\"", pvc_.name);
  for (const NamespaceView::Unread& source : view.unread_sources) {
    if (source.text.find(quoted) != std::string::npos) backup_problem_ = source.problem;
  }
  for (const std::string* problem : {&view.sources_problem, &view.jobs.problem}) {
    if (!problem->empty()) backup_problem_ = *problem;
  }
}

/// Other sources that name the PVC: what they say is taken in, and of their backups more has to be asked.
std::vector<std::string> Inquiry::sources_of(const NamespaceView& view) {
  std::vector<std::string> others;
  for (const core::Observed& source : view.sources) {
    if (source.meta.name == names_.source || !volsync::backs_up(source, pvc_.name)) continue;
    others.push_back(source.meta.name);
    if (others.size() <= kMostSources) sync(others.back()).object = source;
  }
  if (others.size() <= kMostSources) return others;
  backup_problem_ = fmt::format("{} ReplicationSources name it, which are too many to ask of", others.size());
  return {};
}

volsync::SyncTraces& Inquiry::sync(std::string_view source) {
  const auto found = std::ranges::find(syncs_, source, &volsync::SyncTraces::source);
  if (found != syncs_.end()) return *found;
  return syncs_.emplace_back(volsync::SyncTraces{std::string(source), {}, {}, {}, {}});
}

template <class Object>
void Inquiry::put(std::optional<Object>& place, Found<Object> found) {
  if (auto* silent = std::get_if<core::NoAnswer>(&found))
    backup_problem_ = std::move(silent->reason);
  else
    place = std::get<0>(std::move(found));
}

/// The memory as it was read says whose backups are whose, too, where it is another than what is known.
core::Ownership Inquiry::all_owners() const {
  core::Ownership owners = own_source_;
  owners.add(owners_);
  if (watched_) owners.add(watched_->of(owner_.ns));
  if (known_) owners.add(known_->owners);
  if (!known_ || memory_->owners != known_->owners) owners.add(memory_->owners);
  owners.spell(*questions_.templates);
  return owners;
}

/// Where a memory is kept, not finding it is no proof that nothing was seen: the leader writes it as soon as it can.
/// Nor is an older copy that somebody has put there.
decltype(core::ClusterFacts::tombstone) Inquiry::tombstone(const core::Ownership& owners) const {
  if (!questions_.memory || !without_backup_) return core::NotApplicable{};
  if (const auto* silent = std::get_if<core::NoAnswer>(&memory_->seen)) return *silent;
  const auto& found = std::get<std::optional<volsync::Seen>>(memory_->seen);
  if (!found) return core::NoAnswer{"the memory of seen backups: it is not written yet"};
  const std::vector<core::Candidate> places = core::looked_at(wanted_, questions_.policy, owners);
  volsync::Seen seen = volsync::those_of(*found, places);
  if (known_) volsync::unite(seen, volsync::those_of(known_->seen, places));
  return volsync::tombstone(seen, places);
}

core::ClusterFacts Inquiry::facts() const {
  core::ClusterFacts facts;
  facts.knows_claims = watched_ || lists_claims_;
  core::Ownership owners = all_owners();
  facts.tombstone = tombstone(owners);
  const auto* memory_silent = std::get_if<core::NoAnswer>(&memory_->seen);
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
    facts.destination =
        volsync::destination_facts(object ? &*object : nullptr, questions_.adopts, pvc_, questions_.policy);
  }
  if (!without_backup_) return facts;
  if (backup_problem_.empty())
    facts.backup = volsync::backup_facts(syncs_, questions_.overlong, base::utc_now());
  else
    facts.backup = core::NoAnswer{backup_problem_};
  return facts;
}

}  // namespace holdfast::webhook
