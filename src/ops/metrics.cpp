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

using prometheus::Family;

const prometheus::Histogram::BucketBoundaries kAdmissionSeconds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const prometheus::Histogram::BucketBoundaries kProofSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                               0.025,  0.05,    0.1,    0.5,   1,      5};
const prometheus::Histogram::BucketBoundaries kRefreshSeconds = {0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60};

Family<prometheus::Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Family<prometheus::Gauge>& gauges(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return gauges(registry, name, help).Add({});
}
prometheus::Histogram& histogram(prometheus::Registry& registry, const char* name, const char* help,
                                 const prometheus::Histogram::BucketBoundaries& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

}  // namespace

struct Metrics::Impl {
  std::shared_ptr<prometheus::Registry> registry_owner = std::make_shared<prometheus::Registry>();
  prometheus::Registry& registry = *registry_owner;

  Family<prometheus::Counter>& admissions =
      counter(registry, "holdfast_admission_total", "Admission reviews answered, by webhook, verdict and code.");
  prometheus::Histogram& admission_seconds =
      histogram(registry, "holdfast_admission_duration_seconds", "From the first byte of a review to its answer.",
                kAdmissionSeconds);
  Family<prometheus::Counter>& proofs =
      counter(registry, "holdfast_index_proofs_total", "Looks at the repository to prove that the catalog is current.");
  prometheus::Histogram& proof_seconds =
      histogram(registry, "holdfast_index_proof_duration_seconds", "How long one proof took.", kProofSeconds);
  Family<prometheus::Counter>& refreshes =
      counter(registry, "holdfast_index_refresh_total", "Listings of the repository.");
  prometheus::Histogram& refresh_seconds =
      histogram(registry, "holdfast_index_refresh_duration_seconds", "How long one listing took.", kRefreshSeconds);
  prometheus::Gauge& last_success =
      gauge(registry, "holdfast_index_last_success_timestamp_seconds", "When the last complete listing was finished.");
  prometheus::Gauge& snapshots = gauge(registry, "holdfast_index_snapshots", "Complete snapshots in the catalog.");
  prometheus::Gauge& identities = gauge(registry, "holdfast_index_identities", "Backup identities in the catalog.");
  prometheus::Gauge& blobs = gauge(registry, "holdfast_index_blobs", "Index blobs in the repository.");
  prometheus::Gauge& certificate =
      gauge(registry, "holdfast_certificate_expiry_timestamp_seconds", "When the served certificate expires.");
  // Without a series until it is told: who serves no certificate has none that is ill.
  Family<prometheus::Gauge>& certificate_health =
      gauges(registry, "holdfast_certificate_healthy",
             "1 where the served certificate is valid and trusted, and what shall replace it can be used.");

  prometheus::Counter& clients_refused =
      counter(registry, "holdfast_webhook_clients_refused_total",
              "Connections to the webhook that ended because of the client's certificate.")
          .Add({});

  Family<prometheus::Counter>& applies =
      counter(registry, "holdfast_generator_apply_total", "Objects written by the generator, by kind and result.");
  Family<prometheus::Counter>& deletes =
      counter(registry, "holdfast_generator_delete_total", "Objects deleted by the generator, by kind and reason.");
  prometheus::Gauge& queue_depth =
      gauge(registry, "holdfast_generator_queue_depth", "PVCs that wait to be looked at or are being worked on.");
  prometheus::Gauge& leader =
      gauge(registry, "holdfast_generator_leader", "1 where this replica holds the Lease and writes.");
  Family<prometheus::Counter>& restores =
      counter(registry, "holdfast_restores_total", "Restores by how they ended: verified, unverified, failed.");
  Family<prometheus::Counter>& verified =
      counter(registry, "holdfast_restores_verified_total",
              "Verified restores by what says so: the mover's log, kopia's counts.");
  Family<prometheus::Gauge>& last_backups = gauges(registry, "holdfast_pvc_last_backup_timestamp_seconds",
                                                   "When the newest complete backup of a protected PVC ended.");
  Family<prometheus::Gauge>& gap_reasons =
      gauges(registry, "holdfast_pvc_gap", "1 while a PVC is not protected as it should be, by reason.");

  // Without a series until they are told: where none is kept, none is ill.
  Family<prometheus::Gauge>& last_maintenance =
      gauges(registry, "holdfast_maintenance_last_success_timestamp_seconds",
             "When the repository was last maintained with success, as VolSync says.");
  Family<prometheus::Gauge>& maintenance_problems =
      gauges(registry, "holdfast_maintenance_problem", "1 while the repository's maintenance has this problem.");

  Family<prometheus::Counter>& memory_shrinks =
      counter(registry, "holdfast_memory_shrunk_total", "Times that a memory was found to hold less than was known.");
  Family<prometheus::Gauge>& memory_leaves_out =
      gauges(registry, "holdfast_memory_left_out", "What has no room in a memory, as the replica that writes it says.");

  // Family::Add hashes a map of labels; the hot path finds its counter by three string views instead.
  std::mutex mutex;
  std::map<std::tuple<std::string, std::string, std::string>, prometheus::Counter*, std::less<>> by_admission;
  std::map<std::pair<std::string, std::string>, prometheus::Gauge*> by_pvc;
  std::map<std::pair<std::string, std::string>, std::map<std::string, prometheus::Gauge*>> gaps_by_pvc;
  prometheus::Gauge* maintained = nullptr;
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
  auto found = impl_->by_pvc.find({ns, pvc});
  if (!unix_seconds) {
    if (found == impl_->by_pvc.end()) return;
    impl_->last_backups.Remove(found->second);
    impl_->by_pvc.erase(found);
    return;
  }
  if (found == impl_->by_pvc.end()) {
    auto& added = impl_->last_backups.Add({{"namespace", ns}, {"pvc", pvc}});
    found = impl_->by_pvc.emplace(std::pair{ns, pvc}, &added).first;
  }
  found->second->Set(*unix_seconds);
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
    auto& series = shown[reason];
    if (series == nullptr) series = &impl_->gap_reasons.Add({{"namespace", ns}, {"pvc", pvc}, {"reason", reason}});
    series->Set(1);
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
  if (!last_success_unix_seconds && impl_->maintained != nullptr) {
    impl_->last_maintenance.Remove(impl_->maintained);
    impl_->maintained = nullptr;
  }
  if (last_success_unix_seconds) {
    if (impl_->maintained == nullptr) impl_->maintained = &impl_->last_maintenance.Add({});
    impl_->maintained->Set(*last_success_unix_seconds);
  }
  for (const auto& [reason, holds] : problems) {
    impl_->maintenance_problems.Add({{"reason", std::string(reason)}}).Set(holds ? 1 : 0);
  }
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace holdfast::ops
