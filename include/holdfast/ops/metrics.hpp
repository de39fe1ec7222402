// The counters that /metrics shows, in the Prometheus text format. Names are the contract of docs/metrics.md.
// All methods may be called from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::ops {

class Metrics {
 public:
  explicit Metrics(std::string_view version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void admission(std::string_view webhook, std::string_view verdict, std::string_view code,
                 std::chrono::nanoseconds duration);
  /// result: current, changed, unknown
  void index_proof(std::string_view result, std::chrono::nanoseconds duration);
  /// result: ok, error, timeout
  void index_refresh(std::string_view result, std::chrono::nanoseconds duration);
  void index_catalog(std::size_t snapshots, std::size_t identities, std::size_t blobs,
                     double last_success_unix_seconds);
  void certificate_expiry(double unix_seconds);
  /// Whether all is well with the served certificate and with what shall replace it.
  void certificate_healthy(bool healthy);
  /// A connection to the webhook ended in its handshake because of the client's certificate.
  void client_refused();

  /// result: created, changed, adopted, image, failed
  void generator_apply(std::string_view kind, std::string_view result);
  void generator_delete(std::string_view kind, std::string_view reason);
  void generator_state(std::size_t queue_depth, bool leader);
  /// result: verified, unverified, failed
  void restore(std::string_view result);
  /// Of a verified one, by what: "log", "counts".
  void restore_verified(std::string_view by);
  /// When the newest complete backup of a PVC ended; nullopt: there is none, or the PVC is not protected any more.
  void last_backup(const std::string& ns, const std::string& pvc, std::optional<double> unix_seconds);
  /// When the last rehearsed restore of a PVC that brought what it should was over; nullopt: there is none.
  void last_drill(const std::string& ns, const std::string& pvc, std::optional<double> unix_seconds);
  /// Why a PVC is not protected as it should be; empty: it is, or it is gone. Reasons are words of ours, a few at most.
  void gaps(const std::string& ns, const std::string& pvc, const std::set<std::string>& reasons);

  /// What is remembered in a ConfigMap, "seen" or "verified", holds less than was known of it.
  void memory_shrunk(std::string_view memory);
  /// So many things had no room in it.
  void memory_left_out(std::string_view memory, std::size_t entries);

  /// Of the repository's maintenance: when one succeeded last (nullopt: never), and of every reason that is known
  /// whether it is a problem now.
  void maintenance(std::optional<double> last_success_unix_seconds,
                   const std::vector<std::pair<std::string_view, bool>>& problems);

  /// The whole page, text format 0.0.4.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::ops
