#include "holdfast/ops/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <tuple>

#include "holdfast/base/clock.hpp"

namespace holdfast::ops {
namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
using Counters = prometheus::Family<Counter>;
using Gauges = prometheus::Family<Gauge>;

const Histogram::BucketBoundaries kAdmissionSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                       0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
const Histogram::BucketBoundaries kProofSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                   0.025,  0.05,    0.1,    0.5,   1,      5};
const Histogram::BucketBoundaries kRefreshSeconds = {0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};

struct Registered {
  prometheus::Registry registry;

  Counters& counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Gauges& gauges(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  }
  Gauge& gauge(const char* name, const char* help) { return gauges(name, help).Add({}); }
  Histogram& histogram(const char* name, const char* help, const Histogram::BucketBoundaries& buckets) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
  }
};

/// A series that is shown as long as there is a value of it; `series` is null while it is not.
void show(Gauges& family, Gauge*& series, const prometheus::Labels& labels, std::optional<double> value) {
  if (!value && series != nullptr) family.Remove(std::exchange(series, nullptr));
  if (!value) return;
  if (series == nullptr) series = &family.Add(labels);
  series->Set(*value);
}

}  // namespace

struct Metrics::Impl : Registered {
  Counters& admissions =
      counters("holdfast_admission_total", "Admission reviews answered, by webhook, verdict and code.");
  Histogram& admission_seconds = histogram("holdfast_admission_duration_seconds",
                                           "From the first byte of a review to its answer.", kAdmissionSeconds);
  Counters& proofs =
      counters("holdfast_index_proofs_total", "Looks at the repository to prove that the catalog is current.");
  Histogram& proof_seconds =
      histogram("holdfast_index_proof_duration_seconds", "How long one proof took.", kProofSeconds);
  Counters& refreshes = counters("holdfast_index_refresh_total", "Listings of the repository.");
  Histogram& refresh_seconds =
      histogram("holdfast_index_refresh_duration_seconds", "How long one listing took.", kRefreshSeconds);
  Gauge& last_success =
      gauge("holdfast_index_last_success_timestamp_seconds", "When the last complete listing was finished.");
  Gauge& snapshots = gauge("holdfast_index_snapshots", "Complete snapshots in the catalog.");
  Gauge& identities = gauge("holdfast_index_identities", "Backup identities in the catalog.");
  Gauge& blobs = gauge("holdfast_index_blobs", "Index blobs in the repository.");
  Gauge& certificate = gauge("holdfast_certificate_expiry_timestamp_seconds", "When the served certificate expires.");
  // Without a series until it is told: who serves no certificate has none that is ill.
  Gauges& certificate_health =
      gauges("holdfast_certificate_healthy",
             "1 where the served certificate is valid and trusted, and what shall replace it can be used.");

  Counter& clients_refused = counters("holdfast_webhook_clients_refused_total",
                                      "Connections to the webhook that ended because of the client's certificate.")
                                 .Add({});

  Counters& applies =
      counters("holdfast_generator_apply_total", "Objects written by the generator, by kind and result.");
  Counters& deletes =
      counters("holdfast_generator_delete_total", "Objects deleted by the generator, by kind and reason.");
  Gauge& queue_depth =
      gauge("holdfast_generator_queue_depth", "PVCs that wait to be looked at or are being worked on.");
  Gauge& leader = gauge("holdfast_generator_leader", "1 where this replica holds the Lease and writes.");
  Counters& restores = counters("holdfast_restores_total", "Restores by how they ended: verified, unverified, failed.");
  Counters& verified = counters("holdfast_restores_verified_total",
                                "Verified restores by what says so: the mover's log, kopia's counts.");
  Gauges& last_backups =
      gauges("holdfast_pvc_last_backup_timestamp_seconds", "When the newest complete backup of a protected PVC ended.");
  Gauges& last_drills = gauges("holdfast_pvc_last_drill_timestamp_seconds",
                               "When the last rehearsed restore of a PVC that brought what it should was over.");
  Gauges& gap_reasons = gauges("holdfast_pvc_gap", "1 while a PVC is not protected as it should be, by reason.");

  // Without a series until they are told: where none is kept, none is ill.
  Gauges& last_maintenance = gauges("holdfast_maintenance_last_success_timestamp_seconds",
                                    "When the repository was last maintained with success, as VolSync says.");
  Gauges& maintenance_problems =
      gauges("holdfast_maintenance_problem", "1 while the repository's maintenance has this problem.");

  Counters& memory_shrinks =
      counters("holdfast_memory_shrunk_total", "Times that a memory was found to hold less than was known.");
  Gauges& memory_leaves_out =
      gauges("holdfast_memory_left_out", "What has no room in a memory, as the replica that writes it says.");

  // Family::Add hashes a map of labels; the hot path finds its counter by three string views instead.
  std::mutex mutex;
  std::map<std::tuple<std::string, std::string, std::string>, Counter*, std::less<>> by_admission;
  std::map<std::pair<std::string, std::string>, Gauge*> by_pvc;
  std::map<std::pair<std::string, std::string>, Gauge*> drills_by_pvc;
  std::map<std::pair<std::string, std::string>, std::map<std::string, Gauge*>> gaps_by_pvc;
  Gauge* maintained = nullptr;
};

Metrics::Metrics(std::string_view version) : impl_(std::make_unique<Impl>()) {
  prometheus::BuildGauge()
      .Name("holdfast_build_info")
      .Help("The running version; always 1.")
      .Register(impl_->registry)
      .Add({{"version", std::string(version)}})
      .Set(1);
  for (const char* result : {"current", "changed", "unknown"}) impl_->proofs.Add({{"result", result}});
  for (const char* result : {"ok", "error", "timeout"}) impl_->refreshes.Add({{"result", result}});
  for (const char* result : {"verified", "unverified", "failed"}) impl_->restores.Add({{"result", result}});
  for (const char* by : {"log", "counts"}) impl_->verified.Add({{"by", by}});
  for (const char* memory : {"seen", "verified"}) impl_->memory_shrinks.Add({{"memory", memory}});
}

Metrics::~Metrics() = default;

void Metrics::admission(std::string_view webhook, std::string_view verdict, std::string_view code,
                        std::chrono::nanoseconds duration) {
  {
    const std::lock_guard lock(impl_->mutex);
    auto found = impl_->by_admission.find(std::tuple{webhook, verdict, code});
    if (found == impl_->by_admission.end()) {
      std::tuple key{std::string(webhook), std::string(verdict), std::string(code)};
      auto& added = impl_->admissions.Add(
          {{"webhook", std::get<0>(key)}, {"verdict", std::get<1>(key)}, {"code", std::get<2>(key)}});
      found = impl_->by_admission.emplace(std::move(key), &added).first;
    }
    found->second->Increment();
  }
  impl_->admission_seconds.Observe(base::seconds(duration));
}

void Metrics::index_proof(std::string_view result, std::chrono::nanoseconds duration) {
  impl_->proofs.Add({{"result", std::string(result)}}).Increment();
  impl_->proof_seconds.Observe(base::seconds(duration));
}

void Metrics::index_refresh(std::string_view result, std::chrono::nanoseconds duration) {
  impl_->refreshes.Add({{"result", std::string(result)}}).Increment();
  impl_->refresh_seconds.Observe(base::seconds(duration));
}

void Metrics::index_catalog(std::size_t snapshots, std::size_t identities, std::size_t blobs,
                            double last_success_unix_seconds) {
  impl_->snapshots.Set(static_cast<double>(snapshots));
  impl_->identities.Set(static_cast<double>(identities));
  impl_->blobs.Set(static_cast<double>(blobs));
  impl_->last_success.Set(last_success_unix_seconds);
}

void Metrics::certificate_expiry(double unix_seconds) { impl_->certificate.Set(unix_seconds); }
void Metrics::certificate_healthy(bool healthy) { impl_->certificate_health.Add({}).Set(healthy ? 1 : 0); }

void Metrics::client_refused() { impl_->clients_refused.Increment(); }

void Metrics::generator_apply(std::string_view kind, std::string_view result) {
  impl_->applies.Add({{"kind", std::string(kind)}, {"result", std::string(result)}}).Increment();
}

void Metrics::generator_delete(std::string_view kind, std::string_view reason) {
  impl_->deletes.Add({{"kind", std::string(kind)}, {"reason", std::string(reason)}}).Increment();
}

void Metrics::generator_state(std::size_t queue_depth, bool leader) {
  impl_->queue_depth.Set(static_cast<double>(queue_depth));
  impl_->leader.Set(leader ? 1 : 0);
}

void Metrics::restore(std::string_view result) { impl_->restores.Add({{"result", std::string(result)}}).Increment(); }

void Metrics::restore_verified(std::string_view by) { impl_->verified.Add({{"by", std::string(by)}}).Increment(); }

void Metrics::last_backup(const std::string& ns, const std::string& pvc, std::optional<double> unix_seconds) {
  const std::lock_guard lock(impl_->mutex);
  auto& series = impl_->by_pvc[{ns, pvc}];
  show(impl_->last_backups, series, {{"namespace", ns}, {"pvc", pvc}}, unix_seconds);
  if (series == nullptr) impl_->by_pvc.erase({ns, pvc});
}

void Metrics::last_drill(const std::string& ns, const std::string& pvc, std::optional<double> unix_seconds) {
  const std::lock_guard lock(impl_->mutex);
  auto& series = impl_->drills_by_pvc[{ns, pvc}];
  show(impl_->last_drills, series, {{"namespace", ns}, {"pvc", pvc}}, unix_seconds);
  if (series == nullptr) impl_->drills_by_pvc.erase({ns, pvc});
}

void Metrics::gaps(const std::string& ns, const std::string& pvc, const std::set<std::string>& reasons) {
  const std::lock_guard lock(impl_->mutex);
  auto& shown = impl_->gaps_by_pvc[{ns, pvc}];
  std::erase_if(shown, [&](const auto& series) {
    const bool over = !reasons.contains(series.first);
    if (over) impl_->gap_reasons.Remove(series.second);
    return over;
  });
  for (const std::string& reason : reasons) {
    show(impl_->gap_reasons, shown[reason], {{"namespace", ns}, {"pvc", pvc}, {"reason", reason}}, 1);
  }
  if (shown.empty()) impl_->gaps_by_pvc.erase({ns, pvc});
}

void Metrics::memory_shrunk(std::string_view memory) {
  impl_->memory_shrinks.Add({{"memory", std::string(memory)}}).Increment();
}

void Metrics::memory_left_out(std::string_view memory, std::size_t entries) {
  impl_->memory_leaves_out.Add({{"memory", std::string(memory)}}).Set(static_cast<double>(entries));
}

void Metrics::maintenance(std::optional<double> last_success_unix_seconds,
                          const std::vector<std::pair<std::string_view, bool>>& problems) {
  const std::lock_guard lock(impl_->mutex);
  show(impl_->last_maintenance, impl_->maintained, {}, last_success_unix_seconds);
  for (const auto& [reason, holds] : problems) {
    impl_->maintenance_problems.Add({{"reason", std::string(reason)}}).Set(holds ? 1 : 0);
  }
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace holdfast::ops
