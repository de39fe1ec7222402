#include "src/generator/store/observer.hpp"

#include <algorithm>
#include <set>

#include "holdfast/base/clock.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/volsync/cluster_facts.hpp"
#include "holdfast/volsync/observed.hpp"

namespace holdfast::generator {
namespace {

constexpr std::chrono::seconds kSeldom{60};

/// How the objects of one resource get into the store.
struct Entrance {
  std::function<std::string(std::string_view text)> apply;   ///< returns what is wrong with the text
  std::function<std::string(std::string_view text)> remove;  ///< likewise
  std::function<void()> begin_reset;
  std::function<void()> end_reset;
  std::function<void(const kube::WatchState&)> state;
  std::function<void()> spoil = [] {};  ///< a text was wrong
};

/// Hands what was read to `use`.
template <class Read, class Use>
std::function<std::string(std::string_view)> with(Read read, Use use) {
  return [read, use](std::string_view text) -> std::string {
    auto result = read(text);
    if (auto* fault = std::get_if<json::ObjectFault>(&result)) return std::move(fault->problem);
    use(std::get<0>(std::move(result)));
    return {};
  };
}

Entrance claims(Store& store) {
  return {with(json::read_claim, [&store](core::Claim claim) { store.apply_claim(std::move(claim)); }),
          with(json::read_meta,
               [&store](const core::Meta& meta) {
                 store.remove_claim({meta.ns, meta.name});
               }),
          [&store] { store.begin_claims_reset(); },
          [&store] { store.end_claims_reset(); },
          [&store](const kube::WatchState& state) { store.set_claims_state(state); },
          [&store] { store.spoil_claims(); }};
}

Entrance namespaces(Store& store) {
  return {with(json::read_meta, [&store](core::Meta meta) { store.apply_namespace(std::move(meta)); }),
          with(json::read_meta, [&store](const core::Meta& meta) { store.remove_namespace(meta.name); }),
          [&store] { store.begin_namespaces_reset(); }, [&store] { store.end_namespaces_reset(); },
          [&store](const kube::WatchState& state) { store.set_namespaces_state(state); }};
}

/// Tells of each object once that carries our label and says of no PVC that it is its: no plan ever concerns it.
class Nameless {
 public:
  Nameless(std::string own_namespace, const ops::Logger& log) : own_namespace_(std::move(own_namespace)), log_(log) {}

  void consider(Family family, const core::Observed& object) {
    const core::Meta& meta = object.meta;
    if (!is_ours(&object) || meta.ns == own_namespace_ || !made_for(object).name.empty()) return;
    if (told_.size() >= kMostTold || !told_.insert(meta.uid).second) return;
    log_.warn("names no PVC",
              {{"kind", resource(family).kind},
               {"namespace", meta.ns},
               {"name", meta.name},
               {"message",
                "it carries holdfast's label, and neither an owner nor an annotation says for which PVC: it "
                "is neither changed nor deleted; remove it, or the label"}});
  }

 private:
  static constexpr std::size_t kMostTold = 1000;
  const std::string own_namespace_;
  const ops::Logger& log_;
  std::set<std::string> told_;  ///< by uid
};

Entrance objects(Store& store, Family family, std::shared_ptr<Nameless> nameless) {
  return {with(json::read_observed,
               [&store, family, nameless = std::move(nameless)](core::Observed object) {
                 nameless->consider(family, object);
                 store.apply_object(family, std::move(object));
               }),
          with(json::read_meta,
               [&store, family](const core::Meta& meta) {
                 store.remove_object(family, meta.ns, meta.name, meta.resource_version);
               }),
          [&store, family] { store.begin_objects_reset(family); },
          [&store, family] { store.end_objects_reset(family); },
          [&store, family](const kube::WatchState& state) { store.set_state(family, state); },
          [&store, family] { store.spoil_objects(family); }};
}

Entrance jobs(Workloads& workloads) {
  return {with(json::read_job, [&workloads](const core::Job& job) { workloads.apply_job(job, base::utc_now()); }),
          with(json::read_meta, [&workloads](const core::Meta& meta) { workloads.remove_job(meta.ns, meta.name); }),
          [&workloads] { workloads.begin_jobs_reset(); }, [&workloads] { workloads.end_jobs_reset(); },
          [&workloads](const kube::WatchState& state) { workloads.set_jobs_state(state); }};
}

Entrance pods(Workloads& workloads) {
  return {with(json::read_pod, [&workloads](const core::Pod& pod) { workloads.apply_pod(pod); }),
          with(json::read_meta, [&workloads](const core::Meta& meta) { workloads.remove_pod(meta.ns, meta.name); }),
          [&workloads] { workloads.begin_pods_reset(); }, [&workloads] { workloads.end_pods_reset(); },
          [&workloads](const kube::WatchState& state) { workloads.set_pods_state(state); }};
}

Entrance classes(StorageClasses& classes, StorageClasses::Kind kind) {
  const auto read = kind == StorageClasses::Kind::Storage ? json::read_storage_class : json::read_snapshot_class;
  return {with(read, [&classes, kind](const core::DriverClass& one) { classes.apply(kind, one); }),
          with(json::read_meta, [&classes, kind](const core::Meta& meta) { classes.remove(kind, meta.name); }),
          [&classes, kind] { classes.begin_reset(kind); }, [&classes, kind] { classes.end_reset(kind); },
          [&classes, kind](const kube::WatchState& state) { classes.set_state(kind, state); }};
}

/// How a resource is watched.
struct Manner {
  bool seldom = false;
  std::string label_selector = {};
};

}  // namespace

/// One resource on its way into the store.
class Observer::Watched : public kube::Sink {
 public:
  Watched(net::Loop& loop, kube::Client& client, const kube::Resource& resource, Entrance entrance,
          const Manner& manner, std::chrono::milliseconds retry, const ops::Logger& log)
      : resource_(resource),
        entrance_(std::move(entrance)),
        wanted_(!manner.seldom),
        log_(log),
        reflector_(loop, client, resource, options(manner, retry), *this, log) {}

  void start() { reflector_.start(); }
  bool settled() const { return state_.is != kube::WatchState::Is::Starting; }

  std::string problem() const {
    const bool well = state_.is == kube::WatchState::Is::Current || (!wanted_ && settled());
    if (well) return {};
    return std::string(resource_.plural) + ": " + (state_.problem.empty() ? "not listed yet" : state_.problem);
  }

 private:
  static kube::Reflector::Options options(const Manner& manner, std::chrono::milliseconds retry) {
    kube::Reflector::Options options;
    options.label_selector = manner.label_selector;
    options.first_wait = retry;
    if (manner.seldom) options.retry = kSeldom;
    return options;
  }

  void reset_begins() override {
    spoiled_ = false;
    entrance_.begin_reset();
  }

  /// A list with a member that cannot be read does not say what is gone.
  void reset_ends() override {
    if (!spoiled_) entrance_.end_reset();
  }

  void apply(std::string_view object) override { complain(entrance_.apply(object)); }
  void remove(std::string_view object) override { complain(entrance_.remove(object)); }

  void complain(const std::string& problem) {
    if (problem.empty()) return;
    spoiled_ = true;
    entrance_.spoil();
    log_.error("object not understood", {{"resource", resource_.plural}, {"error", problem}});
  }

  void state(const kube::WatchState& state) override {
    if (state == state_) return;
    const bool current = state.is == kube::WatchState::Is::Current;
    const bool was_well = state_.is == kube::WatchState::Is::Current || !settled();
    state_ = state;
    if (current)
      log_.info("watching", {{"resource", resource_.plural}});
    else if (wanted_ && was_well)
      log_.warn("not watching", {{"resource", resource_.plural}, {"error", state.problem}});
    entrance_.state(state);
  }

  const kube::Resource resource_;
  const Entrance entrance_;
  const bool wanted_;
  const ops::Logger& log_;
  kube::WatchState state_;
  bool spoiled_ = false;
  kube::Reflector reflector_;  // last: it calls into the rest
};

Observer::Observer(net::Loop& loop, kube::Client& client, Store& store, Workloads& workloads, StorageClasses& classes,
                   const Options& options, const ops::Logger& log) {
  const auto watch = [&](const kube::Resource& resource, Entrance entrance, const Manner& manner = {}) {
    watched_.push_back(
        std::make_unique<Watched>(loop, client, resource, std::move(entrance), manner, options.retry, log));
  };
  const auto nameless = std::make_shared<Nameless>(options.own_namespace, log);
  watch(kube::kNamespaces, namespaces(store));
  for (const Family family : kFamilies) {
    const bool seldom = family == Family::Secrets && !options.external_secrets;
    watch(resource(family), objects(store, family, nameless), {.seldom = seldom});
  }
  watch(kube::kJobs, jobs(workloads), {.label_selector = volsync::kMadeByVolSync});
  // Of movers, and of whoever uses a PVC.
  if (options.pods) watch(kube::kPods, pods(workloads));
  // Only where settings name some does it matter which there are, and then plans say what they miss.
  watch(kube::kStorageClasses, generator::classes(classes, StorageClasses::Kind::Storage), {.seldom = true});
  watch(kube::kVolumeSnapshotClasses, generator::classes(classes, StorageClasses::Kind::Snapshots), {.seldom = true});
  watch(kube::kClaims, claims(store));
}

Observer::~Observer() = default;

void Observer::start() {
  for (const auto& watched : watched_) watched->start();
}

bool Observer::settled() const {
  return std::ranges::all_of(watched_, [](const auto& watched) { return watched->settled(); });
}

std::string Observer::problem() const {
  std::string text;
  for (const auto& watched : watched_) {
    const std::string problem = watched->problem();
    if (!problem.empty()) text += (text.empty() ? "" : "; ") + problem;
  }
  return text;
}

}  // namespace holdfast::generator
