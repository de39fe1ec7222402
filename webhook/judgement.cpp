#include "webhook/judgement.hpp"

#include <utility>
#include <variant>

#include "holdfast/base/clock.hpp"

namespace holdfast::webhook {
namespace {

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
  ask(is_without_backup(verdict));
}

void Judgement::ask(bool without_backup) {
  asked_all_ = without_backup;
  sources_.cluster->ask(wanted_, without_backup, deadline_, [self = shared_from_this()](core::ClusterFacts facts) {
    self->guard([&] { self->have_facts(std::move(facts)); });
  });
}

/// A backup may have ended between the proof and the cluster's answer. A proof that begins after that answer sees it,
/// whatever the clocks say, so "no backup" rests on such a one.
void Judgement::have_facts(core::ClusterFacts facts) {
  core::Verdict verdict = decide(facts);
  if (needs_proof(verdict)) return prove();
  if (!is_without_backup(verdict)) return settle(std::move(verdict));
  // What looked like its backups is another PVC's: the rest is to be asked as well.
  if (!asked_all_) return ask(true);
  auto* backup = std::get_if<core::BackupActivity>(&facts.backup);
  if (backup == nullptr) return settle(std::move(verdict));
  backup->last_finished.reset();
  sources_.index.prove(deadline_, [self = shared_from_this(), facts = std::move(facts)](core::Evidence evidence) {
    self->guard([&] {
      self->evidence_ = std::move(evidence);
      self->settle(self->decide(facts));
    });
  });
}

core::Verdict Judgement::decide(const core::ClusterFacts& facts) const {
  return core::decide(wanted_, evidence_, facts, sources_.policy, base::utc_now());
}

}  // namespace holdfast::webhook
