#include "src/generator/run/worker.hpp"

#include <algorithm>

#include "holdfast/base/clock.hpp"
#include "holdfast/volsync/observed.hpp"
#include "src/generator/plan/backup_source.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kLeaseName = "holdfast";
constexpr std::size_t kParallel = 8;       ///< PVCs worked on at the same time
constexpr int kPerTurn = 64;               ///< PVCs planned before others have their say on this thread
constexpr milliseconds kLeastRight{1000};  ///< with less of the Lease left no work begins
constexpr std::chrono::hours kEventAgain{6};
constexpr const char* kUndone = "somebody else seems to undo what holdfast writes: it slows down";
constexpr std::chrono::minutes kEventsAgain{5};  ///< those of others
constexpr std::chrono::hours kLongestSleep{1};   ///< wall clocks may be set meanwhile
constexpr milliseconds kShareTogether{100};      ///< whose backups are whose is worked out anew for whole namespaces
constexpr milliseconds kLearnTogether{50};       ///< a restore waits for it to be written

Observer::Options observing(const Generator::Setup& setup) {
  return {setup.options.secret.external_secret || setup.options.offsite.enabled, setup.tempo.watch_retry,
          setup.options.own_namespace, setup.options.pod_insight};
}

}  // namespace

Worker::Worker(const Generator::Setup& setup, const kube::Config& config, net::Loop& loop, index::Index& index,
               std::shared_ptr<Return> way_back, Shared& shared, const ops::Logger& log, ops::Metrics& metrics)
    : setup_(setup),
      loop_(loop),
      index_(index),
      shared_(shared),
      log_(log),
      metrics_(metrics),
      client_(loop, config, {kParallel, "holdfast-generator"}, log),
      backoff_(setup.tempo.write_retry),
      store_(
          setup.policy.naming, setup.options.adopt,
          [this](const core::PvcName& pvc) { look_at(pvc, steady_clock::now()); },
          core::identity_templates(setup.policy)),
      workloads_([this](Family family, const std::string& ns,
                        const std::string& name) { store_.touch_object(family, ns, name); },
                 [this](const core::PvcName& pvc) {
                   if (store_.claim(pvc) != nullptr) look_at(pvc, steady_clock::now());
                 }),
      classes_([this] { look_at_all(); }),
      event_reader_(client_, kEventsAgain, [this](const core::PvcName& pvc) { look_at(pvc, steady_clock::now()); }),
      events_(client_, setup.identity, kEventAgain, log),
      reporter_(events_, log, metrics),
      executor_(client_, store_, reporter_),
      installation_(setup.policy, setup.options, client_, log, metrics),
      maintenance_(setup.options, std::min(setup.tempo.maintenance, setup.sweep), client_, log, metrics),
      memory_(setup, client_, store_, log, metrics,
              [this](const core::PvcName& pvc) { look_at(pvc, steady_clock::now()); }),
      refresher_(loop, index, std::move(way_back), setup.tempo.between_proofs, [this] { evidence_arrived(); }),
      observer_(loop, client_, store_, workloads_, classes_, observing(setup), log) {
  if (setup.shared) store_.on_owners([this] { share_owners(); });
  if (setup.options.own_namespace.empty()) return;
  kube::Election::Options election;
  election.identity = setup.identity;
  elector_ = std::make_unique<kube::Elector>(
      loop, client_, setup.options.own_namespace, kLeaseName, election, [this](bool leads) { lead(leads); }, log);
}

Worker::~Worker() = default;

void Worker::start(bool writes) {
  observer_.start();
  if (!writes) return remember();
  tick();
  keep_remembering();
  later(std::chrono::duration_cast<milliseconds>(setup_.sweep), [this] { sweep(); });
  if (elector_) elector_->start();
}

void Worker::stop(std::function<void()> done) {
  stopped_ = std::move(done);
  stop_if_idle();
}

void Worker::stop_if_idle() {
  if (!stopped_ || queue_.under_way() > 0) return;
  const auto done = std::exchange(stopped_, [] {});
  if (elector_)
    elector_->release(done);
  else
    done();
}

void Worker::lead(bool leads) {
  shared_.leads = leads;
  memory_.lead(leads);
  show_state();
  if (!leads) {
    log_.warn("not leading", {{"holder", elector_->holder()}});
    for (const core::PvcName& pvc : store_.claims("")) reporter_.gaps(pvc, {});  // the next leader's to say
    return;
  }
  log_.info("leading", {{"identity", setup_.identity}});
  sweeping_ = true;
  refresher_.want(steady_clock::now());
  look_at_all();
}

void Worker::show_state() {
  // Whoever does not lead keeps what it would look at, and nothing waits for it.
  metrics_.generator_state(shared_.leads ? queue_.depth(steady_clock::now()) : 0, shared_.leads);
}

void Worker::look_at(const core::PvcName& pvc, Steady when) {
  queue_.add(pvc, backoff_.not_before(pvc, when));
  if (pump_posted_) return;
  pump_posted_ = true;
  later({}, [this] { pump(); });
}

void Worker::look_at_all() {
  const auto now = steady_clock::now();
  for (const core::PvcName& pvc : store_.all()) look_at(pvc, now);
}

void Worker::pump() {
  pump_posted_ = false;
  if (!elector_ || stopped_) return;
  const auto until = elector_->leads_until();
  if (!until || *until - steady_clock::now() < kLeastRight) return;  // leading again, or the tick, pumps again
  for (int i = 0; i < kPerTurn && queue_.under_way() < kParallel; ++i) {
    const auto pvc = queue_.take(steady_clock::now());
    if (!pvc) break;
    work(*pvc, *until);
  }
  const auto next = queue_.next();
  if (next && queue_.under_way() < kParallel) wake(*next);
}

void Worker::wake(Steady when) {
  const auto now = steady_clock::now();
  if (wake_at_ && *wake_at_ > now && *wake_at_ <= when) return;
  wake_at_ = when;
  const auto delay = std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(when - now));
  later(delay, [this] {
    if (wake_at_ && *wake_at_ > steady_clock::now()) return;
    wake_at_.reset();
    pump();
  });
}

void Worker::tick() {
  shared_.problem.replace(problem());
  shared_.memory_problem.replace(memory_.problem());
  shared_.maintenance_problem.replace(maintenance_.problem());
  show_state();
  maintenance_.look(steady_clock::now());
  if (installation_.due(steady_clock::now())) settle_installation();
  if (queue_.next() && *queue_.next() <= steady_clock::now()) pump();
  later(setup_.tempo.tick, [this] { tick(); });
}

void Worker::sweep() {
  if (shared_.leads) {
    log_.info("sweep", {{"pvcs", store_.all().size()}});
    sweeping_ = true;
    refresher_.want(steady_clock::now());
    memory_.remember_verified(leads_until(), true);
  }
  later(std::chrono::duration_cast<milliseconds>(setup_.sweep), [this] { sweep(); });
}

void Worker::evidence_arrived() {
  const auto now = steady_clock::now();
  const bool sweeps = std::exchange(sweeping_, false);
  if (sweeps) {
    look_at_all();
    settle_installation();
  }
  for (const core::PvcName& pvc : std::exchange(waiting_, {})) look_at(pvc, now);
  if (shared_.leads) remember();
  const core::Evidence* evidence = refresher_.last();
  if (evidence == nullptr || !std::holds_alternative<core::Current>(evidence->state)) return;
  for (const core::PvcName& pvc : store_.claims("")) reporter_.last_backup(pvc, last_backup(pvc, *evidence));
  show_all_gaps(std::get<core::Current>(evidence->state).catalog, sweeps);
}

/// What the cluster changes is shown as each PVC is looked at; here, what the repository does.
void Worker::show_all_gaps(const std::shared_ptr<const core::Catalog>& catalog, bool sweeps) {
  if (!shared_.leads || (!sweeps && catalog == gaps_of_catalog_)) return;
  gaps_of_catalog_ = catalog;
  for (const core::PvcName& pvc : store_.claims("")) {
    const StoredView stored = this->view(pvc, refresher_.last());
    show_gaps(pvc, make_plan(stored.view, setup_.policy, setup_.options, base::utc_now()));
  }
}

/// By the newest evidence there is: a gap is a state to look at, and nothing is done because of it.
void Worker::show_gaps(const core::PvcName& pvc, const Plan& plan) {
  const auto claim = store_.claim(pvc);
  if (!shared_.leads || claim == nullptr) return;
  const StoredView stored = this->view(pvc, refresher_.last());
  const core::Verdict verdict =
      stored.view.evidence == nullptr ? core::Verdict() : judge(stored.view, plan, *stored.view.evidence);
  std::vector<Gap> gaps = gaps_of(stored.view, plan, verdict, setup_.policy);
  for (Gap& trouble : troubles(pvc)) gaps.push_back(std::move(trouble));
  reporter_.gaps(pvc, gaps);
}

void Worker::settle_installation() {
  if (const auto until = leads_until()) installation_.settle(*until);
}

void Worker::remember() {
  const auto until = leads_until();
  if (until && memory_.keeps_seen() && steady_clock::now() - noticed_ >= setup_.tempo.notice) {
    noticed_ = steady_clock::now();
    refresher_.want(noticed_);
  }
  memory_.remember(until, refresher_.last());
}

/// What destinations say of a PVC that lives, so that it outlives them. Many at once are written at once.
void Worker::learn(const View& view) {
  if (memory_.learn(view) && !std::exchange(learned_, true)) write_what_was_learned();
}

void Worker::write_what_was_learned() {
  later(kLearnTogether, [this] {
    if (memory_.busy_with_verified()) return write_what_was_learned();
    learned_ = false;
    memory_.remember_verified(leads_until(), false);
  });
}

void Worker::share_owners() {
  if (std::exchange(shares_owners_, true)) return;
  later(kShareTogether, [this] {
    shares_owners_ = false;
    store_.update(owners_, core::every_template(setup_.policy));
    setup_.shared->watched.replace(owners_);
  });
}

void Worker::keep_remembering() {
  remember();
  later(setup_.tempo.remember, [this] { keep_remembering(); });
}

StoredView Worker::view(const core::PvcName& pvc, const core::Evidence* evidence) const {
  StoredView stored = store_.view(pvc);
  stored.view.evidence = evidence;
  stored.view.index_blobs = index_.status().blobs;
  if (shared_.leads) stored.view.events = event_reader_.known();
  workloads_.add_to(stored.view);
  memory_.add_to(stored.view);
  stored.view.drivers = &classes_.known();
  if (const auto unfit = unfit_images_.find(pvc); unfit != unfit_images_.end()) {
    stored.view.unfit_image = &unfit->second;
  }
  return stored;
}

/// Of a restore that is over nothing counts that was asked for before its end was seen.
const core::Evidence* Worker::evidence_for(const View& view) const {
  const auto asked = asked_.find(view.pvc);
  if (asked == asked_.end()) return nullptr;
  const core::Observed* run = object_of(view, Part::RestoreRun);
  const Steady since =
      run == nullptr ? asked->second : std::max(asked->second, run->end_seen + std::chrono::nanoseconds{1});
  return refresher_.since(since, steady_clock::now());
}

void Worker::work(const core::PvcName& pvc, Steady until) {
  StoredView stored = this->view(pvc, nullptr);
  stored.view.evidence = evidence_for(stored.view);
  const View& view = stored.view;
  learn(view);
  Plan plan = make_plan(view, setup_.policy, setup_.options, base::utc_now());
  if (plan.needs_memory) memory_.wait(pvc);
  if (view.claim != nullptr)
    reporter_.holds(*view.claim, plan, until);
  else
    reporter_.forget(pvc);
  if (plan.needs_evidence) wait_for_evidence(pvc, view, plan.restore.stage);
  event_reader_.ask(pvc, plan.quotes);
  if (plan.actions.empty()) {
    if (view.claim != nullptr) reporter_.steps(*view.claim, plan, until);
    return rest(pvc, plan);
  }
  list_orphans(pvc, plan);
  std::vector<Action> actions = plan.actions;
  executor_.run(pvc, std::move(actions), until,
                [this, pvc, plan = std::move(plan)](const Executor::Outcome& outcome) { worked(pvc, plan, outcome); });
}

void Worker::wait_for_evidence(const core::PvcName& pvc, const View& view, Restore::Stage stage) {
  const auto now = steady_clock::now();
  if (view.evidence != nullptr) {
    asked_.erase(pvc);
    return look_at(pvc, now + setup_.tempo.ask_again);
  }
  asked_.try_emplace(pvc, now);
  waiting_.insert(pvc);
  const bool restores = stage == Restore::Stage::Open || stage == Restore::Stage::Checking;
  if (restores)
    refresher_.want_soon(now);
  else
    refresher_.want(now);
}

void Worker::rest(const core::PvcName& pvc, const Plan& plan) {
  backoff_.rested(pvc, steady_clock::now());
  if (plan.restore.stage != Restore::Stage::Verified) unfit_images_.erase(pvc);
  if (!plan.needs_evidence) show_gaps(pvc, plan);  // else it is shown when that is here
  if (!waiting_.contains(pvc)) asked_.erase(pvc);
  queue_.done(pvc);
  if (plan.look_again) {
    const auto delay = std::chrono::nanoseconds(*plan.look_again - base::utc_now());
    look_at(pvc, steady_clock::now() + std::clamp<std::chrono::nanoseconds>(delay, kLeastRight, kLongestSleep));
  }
  stop_if_idle();
}

void Worker::worked(const core::PvcName& pvc, const Plan& plan, const Executor::Outcome& outcome) {
  const auto now = steady_clock::now();
  const auto claim = store_.claim(pvc);
  const auto until = elector_->leads_until();
  const bool all_done = outcome.written == plan.actions.size();
  if (outcome.unfit_image) unfit_images_.insert_or_assign(pvc, *outcome.unfit_image);
  if (all_done && claim != nullptr && until) reporter_.steps(*claim, plan, *until);
  if (outcome.failed > 0)
    backoff_.failed(pvc, outcome.action + ": " + outcome.error->message, now);
  else if (outcome.written > 0 && backoff_.wrote(pvc, now))
    log_.warn("written too often", {{"namespace", pvc.ns}, {"pvc", pvc.name}, {"message", kUndone}});
  if (!all_done && !plan.needs_evidence) show_gaps(pvc, plan);  // it may never come to rest
  queue_.done(pvc);
  look_at(pvc, now);  // what is left, and whether what was written is what was wanted
  stop_if_idle();
}

void Worker::list_orphans(const core::PvcName& pvc, const Plan& plan) const {
  for (const Action& action : plan.actions) {
    const auto* remove = std::get_if<Remove>(&action);
    if (remove == nullptr) continue;
    log_.info("to be deleted", {{"kind", resource(remove->part).kind},
                                {"namespace", remove->ns},
                                {"name", remove->name},
                                {"pvc", pvc.name},
                                {"reason", remove->reason}});
  }
}

std::optional<core::Time> Worker::last_backup(const core::PvcName& pvc, const core::Evidence& evidence) const {
  const auto* current = std::get_if<core::Current>(&evidence.state);
  const StoredView stored = this->view(pvc, &evidence);
  const View& view = stored.view;
  const auto labels = view.namespace_labels == nullptr ? std::nullopt : std::optional(*view.namespace_labels);
  if (current == nullptr || !core::protection(view.claim->pvc, labels, setup_.policy).protects()) return std::nullopt;
  return newest_backup_end(view, setup_.policy, *current->catalog);
}

std::string Worker::problem() const {
  std::string text = observer_.problem();
  if (!elector_) text = "our own namespace is not known (POD_NAMESPACE): nothing is written";
  // What did not succeed is the leader's to say, and may have succeeded since with another one.
  if (shared_.leads && !installation_.problem().empty()) text += (text.empty() ? "" : "; ") + installation_.problem();
  return text;
}

/// What only the replica knows that writes.
std::vector<Gap> Worker::troubles(const core::PvcName& pvc) const {
  std::vector<Gap> gaps;
  const std::string failed = backoff_.problem(pvc);
  if (!failed.empty()) gaps.push_back({"WriteFailed", failed});
  if (backoff_.is_restless(pvc, steady_clock::now())) gaps.push_back({"WrittenTooOften", kUndone});
  return gaps;
}

void Worker::later(milliseconds delay, std::function<void()> f) {
  const std::weak_ptr<bool> alive = alive_;
  loop_.post(
      [alive, f = std::move(f)] {
        if (alive.lock()) f();
      },
      delay);
}

}  // namespace holdfast::generator
