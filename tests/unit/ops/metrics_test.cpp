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
       {R"(holdfast_index_proofs_total{result="unknown"} 0)", R"(holdfast_index_refresh_total{result="timeout"} 0)"}) {
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
