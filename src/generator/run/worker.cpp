#include "src/generator/run/worker.hpp"

#include <algorithm>

namespace holdfast::generator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kLeaseName = "holdfast";
constexpr std::chrono::hours kEventAgain{6};
constexpr std::chrono::minutes kEventsAgain{5};  ///< those of others
constexpr milliseconds kShareTogether{100};      ///< whose backups are whose is worked out anew for whole namespaces
constexpr milliseconds kLearnTogether{50};       ///< a restore waits for it to be written

Observer::Options observing(const Generator::Setup& setup) {
  return {setup.options.secret.writes_external() || setup.options.offsite.enabled, setup.tempo.watch_retry,
          setup.options.own_namespace, setup.options.pod_insight};
}

/// Reviews that follow each other faster belong together.
constexpr std::chrono::milliseconds kWave{100};

}  // namespace

Worker::Worker(const Generator::Setup& setup, const kube::Config& config, net::Loop& loop, index::Index& index,
               std::shared_ptr<Return> way_back, Shared& shared, const ops::Logger& log, ops::Metrics& metrics)
    : setup_(setup),
      shared_(shared),
      log_(log),
      metrics_(metrics),
      client_(loop, config, {kParallel, "holdfast-generator"}, log),
      backoff_(setup.tempo.write_retry),
      dispatcher_(
          loop, backoff_, [this] { return leads_until(); }, [this] { return at_once(); },
          [this](const core::PvcName& pvc, Steady until) { reconciler_.work(pvc, until); }),
      store_(
          setup.policy.naming, setup.options.adopt, [this](const core::PvcName& pvc) { changed(pvc); },
          core::identity_templates(setup.policy)),
      workloads_([this](Family family, const std::string& ns,
                        const std::string& name) { store_.touch_object(family, ns, name); },
                 [this](const core::PvcName& pvc) {
                   if (store_.claim(pvc) != nullptr) dispatcher_.look_at(pvc);
                 }),
      classes_([this] { look_at_all(); }),
      event_reader_(client_, kEventsAgain, [this](const core::PvcName& pvc) { dispatcher_.look_at(pvc); }),
      events_(client_, setup.identity, kEventAgain, log),
      reporter_(events_, log, metrics),
      executor_(client_, store_, reporter_),
      installation_(setup.policy, setup.options, client_, log, metrics),
      maintenance_(setup.options, std::min(setup.tempo.maintenance, setup.sweep), client_, log, metrics),
      copies_(
          {setup, store_, client_, loop, way_back, log, metrics}, [this] { return leads_until(); },
          [this](const core::PvcName& pvc) { dispatcher_.look_at(pvc); }),
      memory_(setup, client_, store_, log, metrics, [this](const core::PvcName& pvc) { dispatcher_.look_at(pvc); }),
      refresher_(loop, index, std::move(way_back), setup.tempo.between_proofs, [this] { evidence_arrived(); }),
      observer_(loop, client_, store_, workloads_, classes_, observing(setup), log),
      views_({store_, workloads_, classes_, event_reader_, memory_, index, copies_, shared_.leads}),
      auditor_({setup_, store_, views_, memory_, backoff_, refresher_, shared_.leads}, reporter_),
      reconciler_(
          {setup_, store_, views_, memory_, refresher_, event_reader_, executor_, reporter_, backoff_, auditor_,
           dispatcher_, log_},
          [this] { return leads_until(); },
          [this] {
            if (!std::exchange(learned_, true)) write_what_was_learned();
          }),
      later_(loop) {
  if (setup.shared) store_.on_owners([this] { share_owners(); });
  if (setup.options.own_namespace.empty()) return;
  kube::Election::Options election;
  election.identity = setup.identity;
  elector_ = std::make_unique<kube::Elector>(
      loop, client_, setup.options.own_namespace, kLeaseName, election, [this](bool leads) { lead(leads); }, log);
}

std::size_t Worker::at_once() const {
  const bool beside_reviews = setup_.shared && Steady::clock::now() - setup_.shared->asked.load() < kWave;
  return beside_reviews ? kBesideReviews : kParallel;
}

void Worker::start(bool writes) {
  observer_.start();
  if (!writes) return remember();
  tick();
  keep_remembering();
  later_.run(std::chrono::duration_cast<milliseconds>(setup_.sweep), [this] { sweep(); });
  if (elector_) elector_->start();
}

void Worker::stop(std::function<void()> done) {
  copies_.stop();
  dispatcher_.stop([this, done = std::move(done)] {
    if (elector_)
      elector_->release(done);
    else
      done();
  });
}

Generator::Audit Worker::audit(const std::string& ns, const core::Evidence& evidence) const {
  Generator::Audit audit = auditor_.audit(ns, evidence);
  audit.problem = observer_.problem();
  return audit;
}

void Worker::changed(const core::PvcName& pvc) {
  dispatcher_.look_at(pvc);
  copies_.notice(pvc);
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
  copies_.look_now();
  look_at_all();
}

void Worker::show_state() {
  // Whoever does not lead keeps what it would look at, and nothing waits for it.
  metrics_.generator_state(shared_.leads ? dispatcher_.depth() : 0, shared_.leads);
}

void Worker::look_at_all() {
  for (const core::PvcName& pvc : store_.all()) dispatcher_.look_at(pvc);
}

void Worker::tick() {
  shared_.problem.replace(problem());
  shared_.memory_problem.replace(memory_.problem());
  shared_.maintenance_problem.replace(maintenance_.problem());
  show_state();
  maintenance_.look(steady_clock::now());
  copies_.look(steady_clock::now());
  if (installation_.due(steady_clock::now())) settle_installation();
  dispatcher_.pump();
  later_.run(setup_.tempo.tick, [this] { tick(); });
}

void Worker::sweep() {
  if (shared_.leads) {
    log_.info("sweep", {{"pvcs", store_.all().size()}});
    sweeping_ = true;
    refresher_.want(steady_clock::now());
    memory_.remember_verified(leads_until(), true);
  }
  later_.run(std::chrono::duration_cast<milliseconds>(setup_.sweep), [this] { sweep(); });
}

void Worker::evidence_arrived() {
  const bool sweeps = std::exchange(sweeping_, false);
  if (sweeps) {
    look_at_all();
    settle_installation();
  }
  reconciler_.evidence_arrived();
  if (shared_.leads) remember();
  auditor_.show_all(sweeps);
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
void Worker::write_what_was_learned() {
  later_.run(kLearnTogether, [this] {
    if (memory_.busy_with_verified()) return write_what_was_learned();
    learned_ = false;
    memory_.remember_verified(leads_until(), false);
  });
}

void Worker::share_owners() {
  if (std::exchange(shares_owners_, true)) return;
  later_.run(kShareTogether, [this] {
    shares_owners_ = false;
    store_.update(owners_, core::every_template(setup_.policy));
    setup_.shared->watched.replace(owners_);
  });
}

void Worker::keep_remembering() {
  remember();
  later_.run(setup_.tempo.remember, [this] { keep_remembering(); });
}

std::string Worker::problem() const {
  std::string text = observer_.problem();
  if (!elector_) text = "our own namespace is not known (POD_NAMESPACE): nothing is written";
  // What did not succeed is the leader's to say, and may have succeeded since with another one.
  if (!shared_.leads) return text;
  for (const std::string& trouble : {installation_.problem(), copies_.problem()}) {
    if (!trouble.empty()) text += (text.empty() ? "" : "; ") + trouble;
  }
  return text;
}

}  // namespace holdfast::generator
