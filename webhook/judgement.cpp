#include "webhook/judgement.hpp"

#include <utility>
#include <variant>

#include "holdfast/base/clock.hpp"

namespace holdfast::webhook {
namespace {

using About = ClusterQuestions::About;

bool is_without_backup(const core::Verdict& verdict) {
  switch (verdict.code) {
    case core::Code::NoBackup:
    case core::Code::RepositoryUnpinned:
    case core::Code::RepositoryOutdated:
    case core::Code::BackupUnderOtherName:
    case core::Code::ReferenceWithoutBackup:
    case core::Code::IndexRefreshing:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Judgement::begin(const Sources& sources, core::Intent intent, index::Deadline deadline, Done done, Failed failed) {
  if (std::holds_alternative<core::Settled>(intent)) {
    return done(core::decide(intent, sources.index.at_hand(), {}, sources.policy, base::utc_now()), {});
  }
  const std::shared_ptr<Judgement> self(new Judgement(sources, std::get<core::WantsRestore>(std::move(intent)),
                                                      deadline, std::move(done), std::move(failed)));
  self->prove();
}

/// Nothing is proven by what was read before: that counts at the first look alone.
void Judgement::prove() {
  const bool again = sources_.waiting != nullptr && looks_ == 0;
  const Moment first = again ? sources_.waiting->first_try(wanted_.pvc) : Moment::max();
  ++looks_;
  sources_.index.prove_again(first, deadline_, [self = shared_from_this()](core::Evidence evidence) {
    self->guard([&] { self->have_evidence(std::move(evidence)); });
  });
}

bool Judgement::needs_proof(const core::Verdict& verdict) const {
  return looks_ == 1 && std::holds_alternative<core::Earlier>(evidence_.state) &&
         verdict.code == core::Code::IndexRefreshing;
}

void Judgement::settle(core::Verdict verdict) {
  const bool by_earlier = std::holds_alternative<core::Earlier>(evidence_.state) && !verdict.denies();
  const bool goes_on = verdict.code == core::Code::IndexRefreshing || (by_earlier && sources_.is_asked_again);
  if (sources_.waiting != nullptr) sources_.waiting->tried(wanted_.pvc, asked_, goes_on);
  if (sources_.standing != nullptr && sources_.is_asked_again && asked_cluster_ && !verdict.denies()) {
    sources_.standing->keep({std::move(facts_), wanted_, about_, *asked_cluster_});
  }
  done_(std::move(verdict), evidence_);
}

Judgement::Judgement(const Sources& sources, core::WantsRestore wanted, index::Deadline deadline, Done done,
                     Failed failed)
    : sources_(sources),
      wanted_(std::move(wanted)),
      deadline_(deadline),
      done_(std::move(done)),
      failed_(std::move(failed)) {}

void Judgement::have_evidence(core::Evidence evidence) {
  evidence_ = std::move(evidence);
  core::Verdict verdict = decide({});
  if (needs_proof(verdict)) return prove();
  if (sources_.cluster == nullptr || !core::cluster_matters(verdict)) return settle(std::move(verdict));
  ask(is_without_backup(verdict) ? About::Empty : About::Restore);
}

void Judgement::ask(About about) {
  about_ = about;
  if (sources_.standing != nullptr && !sources_.is_asked_again) {
    if (auto facts = sources_.standing->take(wanted_, about)) {
      facts_stand_ = true;
      return have_facts(*std::move(facts));
    }
  }
  facts_stand_ = false;
  asked_cluster_ = Moment::clock::now();
  sources_.cluster->ask(wanted_, about, deadline_, [self = shared_from_this()](core::ClusterFacts facts) {
    self->guard([&] { self->have_facts(std::move(facts)); });
  });
}

void Judgement::have_facts(core::ClusterFacts facts) {
  facts_ = std::move(facts);
  core::Verdict verdict = decide(facts_);
  if (needs_proof(verdict)) return prove();
  if (needs_more(verdict)) return ask(About::Everything);
  if (!is_without_backup(verdict)) return settle(std::move(verdict));
  auto* backup = std::get_if<core::BackupActivity>(&facts_.backup);
  if (backup == nullptr) return settle(std::move(verdict));
  backup->last_finished.reset();
  facts_stand_ ? settle(decide(facts_)) : prove_that_there_is_none();
}

/// There is a backup after all: under a name that only the cluster knew, or since the last look.
bool Judgement::lacks_destination() const {
  core::ClusterFacts rest = facts_;
  rest.destination = {};
  return decide(rest).code != core::Code::ClusterUnavailable;
}

/// What was asked for does not settle it: what looked like its backups is another PVC's, or what is in the way of a
/// fresh start may be so only because the other PVCs are not known.
bool Judgement::needs_more(const core::Verdict& verdict) const {
  switch (about_) {
    case About::Restore:
      return is_without_backup(verdict);
    case About::Empty:
      if (verdict.code == core::Code::ClusterUnavailable) return lacks_destination();
      return !facts_.knows_claims && verdict.code != core::Code::NoBackup;
    case About::Everything:
      break;
  }
  return false;
}

/// A backup may have ended between the proof and the cluster's answer. A proof that begins after that answer sees it,
/// whatever the clocks say, so "no backup" rests on such a one.
void Judgement::prove_that_there_is_none() {
  sources_.index.prove(deadline_, [self = shared_from_this()](core::Evidence evidence) {
    self->guard([&] {
      self->evidence_ = std::move(evidence);
      core::Verdict verdict = self->decide(self->facts_);
      self->needs_more(verdict) ? self->ask(About::Everything) : self->settle(std::move(verdict));
    });
  });
}

core::Verdict Judgement::decide(const core::ClusterFacts& facts) const {
  return core::decide(wanted_, evidence_, facts, sources_.policy, base::utc_now());
}

}  // namespace holdfast::webhook
