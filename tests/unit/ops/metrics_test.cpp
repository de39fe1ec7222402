#include <catch2/catch.hpp>

#include "holdfast/ops/metrics.hpp"

using namespace holdfast::ops;
using std::chrono::milliseconds;

TEST_CASE("each admission counts under its webhook, verdict and code") {
  Metrics metrics("1.2.3");
  metrics.admission("mutate", "restore", "BackupFound", milliseconds(2));
  metrics.admission("mutate", "restore", "BackupFound", milliseconds(2));
  metrics.admission("validate", "wait", "IndexUnavailable", milliseconds(2));
  const std::string text = metrics.text();
  CHECK(text.find(R"(holdfast_admission_total{code="BackupFound",verdict="restore",webhook="mutate"} 2)") !=
        std::string::npos);
  CHECK(text.find(R"(holdfast_admission_total{code="IndexUnavailable",verdict="wait",webhook="validate"} 1)") !=
        std::string::npos);
  CHECK(text.find("holdfast_admission_duration_seconds_count 3") != std::string::npos);
  CHECK(text.find(R"(holdfast_build_info{version="1.2.3"} 1)") != std::string::npos);
}

TEST_CASE("results that have not happened yet are there with zero, so that rates can be taken") {
  const Metrics metrics("1");
  const std::string text = metrics.text();
  for (const char* series :
       {R"(holdfast_index_proofs_total{result="unknown"} 0)", R"(holdfast_index_refresh_total{result="timeout"} 0)",
        R"(holdfast_memory_shrunk_total{memory="verified"} 0)"}) {
    CHECK(text.find(series) != std::string::npos);
  }
}

TEST_CASE("a certificate is healthy or not, and neither where none is served") {
  Metrics metrics("1");
  CHECK(metrics.text().find("holdfast_certificate_healthy ") == std::string::npos);
  metrics.certificate_healthy(false);
  CHECK(metrics.text().find("\nholdfast_certificate_healthy 0") != std::string::npos);
  metrics.certificate_healthy(true);
  CHECK(metrics.text().find("\nholdfast_certificate_healthy 1") != std::string::npos);
}

TEST_CASE("a gap is shown under each of its reasons, and not any more when it ends") {
  Metrics metrics("1");
  const auto shows = [&](const char* reason) {
    return metrics.text().find(std::string(R"(holdfast_pvc_gap{namespace="a",pvc="b",reason=")") + reason +
                               R"("} 1)") != std::string::npos;
  };
  metrics.gaps("a", "b", {"BackupFailed", "SnapshotHasErrors"});
  metrics.gaps("a", "c", {"VolumeLost"});
  CHECK((shows("BackupFailed") && shows("SnapshotHasErrors") && !shows("VolumeLost")));
  metrics.gaps("a", "b", {"SnapshotHasErrors"});
  CHECK((!shows("BackupFailed") && shows("SnapshotHasErrors")));
  metrics.gaps("a", "b", {});
  metrics.gaps("a", "b", {});
  CHECK(metrics.text().find(R"(pvc="b")") == std::string::npos);
  CHECK(metrics.text().find(R"(holdfast_pvc_gap{namespace="a",pvc="c",reason="VolumeLost"} 1)") != std::string::npos);
}

TEST_CASE("maintenance is shown when something is known of it, its last success only where there was one") {
  Metrics metrics("1");
  CHECK(metrics.text().find("holdfast_maintenance_") == std::string::npos);
  metrics.maintenance(std::nullopt, {{"JobFailed", true}, {"TooOld", false}});
  CHECK(metrics.text().find(R"(holdfast_maintenance_problem{reason="JobFailed"} 1)") != std::string::npos);
  CHECK(metrics.text().find(R"(holdfast_maintenance_problem{reason="TooOld"} 0)") != std::string::npos);
  CHECK(metrics.text().find("last_success_timestamp_seconds 1") == std::string::npos);
  metrics.maintenance(1.5e9, {{"JobFailed", false}});
  CHECK(metrics.text().find("holdfast_maintenance_last_success_timestamp_seconds 1500000000") != std::string::npos);
  CHECK(metrics.text().find(R"(holdfast_maintenance_problem{reason="JobFailed"} 0)") != std::string::npos);
  metrics.maintenance(std::nullopt, {});
  CHECK(metrics.text().find("holdfast_maintenance_last_success_timestamp_seconds 1") == std::string::npos);
}
