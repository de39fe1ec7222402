// `doctor`, what it says of whom movers run as.
#include <catch2/catch.hpp>

#include "tests/unit/cli/doctor_bench.hpp"

using namespace holdfast;
using namespace holdfast::test;
using namespace holdfast::cli;
using Catch::Contains;
using Kind = volsync::RepositoryOptions::Kind;

namespace {

std::string claim(const std::string& ns, const std::string& labels = R"({"backup":"daily"})",
                  const std::string& annotations = "{}") {
  return R"({"metadata":{"namespace":")" + ns + R"(","name":"data","labels":)" + labels + R"(,"annotations":)" +
         annotations + R"(},"spec":{}})";
}

std::string ns(const std::string& name, const std::string& privileged = "") {
  const std::string annotation =
      privileged.empty() ? "" : R"("volsync.backube/privileged-movers":")" + privileged + "\"";
  return R"({"metadata":{"name":")" + name + R"(","annotations":{)" + annotation + "}}}";
}

struct Desk {
  Desk() {
    settings.generator.repository.kind = Kind::Nfs;
    namespaces(ns("media") + "," + ns("games") + "," + ns("tools"));
    claims(claim("media") + "," + claim("games"));
  }
  void namespaces(const std::string& items) { cluster.has("/api/v1/namespaces", R"({"items":[)" + items + "]}"); }
  void claims(const std::string& items) {
    cluster.has("/api/v1/persistentvolumeclaims", R"({"items":[)" + items + "]}");
  }
  std::string text() {
    return text_of([&](diagnosis::Part part) { diagnosis::check_movers(settings, cluster.cluster, part); });
  }

  Settings settings;
  Cluster cluster;
};

}  // namespace

TEST_CASE("movers that are all alike are one line") {
  Desk desk;
  CHECK_THAT(desk.text(), Contains("ok      part: they can read what each other writes"));
  desk.namespaces(ns("media", "true") + "," + ns("games", "True"));
  CHECK_THAT(desk.text(), Contains("ok      part"));
  desk.settings.generator.enabled = false;
  CHECK_THAT(desk.text(), Contains("ok      part: not needed"));
}

TEST_CASE("privileged movers beside others lock each other out of a repository on files") {
  Desk desk;
  desk.namespaces(ns("media", "true") + "," + ns("games", "false"));
  CHECK_THAT(desk.text(), Contains("fail    part: movers of media run as root") && Contains("those of games do not") &&
                              Contains("; give the annotation to all namespaces"));
  SECTION("not in a bucket") {
    desk.settings.generator.repository.kind = Kind::S3;
    CHECK_THAT(desk.text(), Contains("ok      part"));
  }
  SECTION("not where the server makes one user of all") {
    desk.settings.generator.repository.all_squash = true;
    CHECK_THAT(desk.text(), Contains("ok      part"));
  }
  SECTION("not where nothing is protected") {
    desk.claims(claim("media") + "," + claim("games", "{}"));
    CHECK_THAT(desk.text(), Contains("ok      part"));
  }
  SECTION("of many some are named") {
    std::string claims = claim("media");
    for (char c = 'a'; c < 'i'; ++c) claims += "," + claim(std::string("ns-") + c);
    desk.claims(claims);
    CHECK_THAT(desk.text(), Contains("those of ns-a, ns-b, ns-c, ns-d, ns-e and 3 more do not"));
  }
}

TEST_CASE("auto that finds out nothing, or less than one may think, is told") {
  Desk desk;
  volsync::Options& options = desk.settings.generator;
  const auto groups_only = Contains("warn    part: moverSecurityContext auto finds out groups alone");
  const auto no_pods = Contains("warn    part: moverSecurityContext auto finds out nothing for backups");
  SECTION("by the setting") { options.backup.security_context.emplace().automatic = true; }
  SECTION("by a class") { options.classes["fast"].security_context.emplace().automatic = true; }
  SECTION("by a PVC") { desk.claims(claim("media", R"({"backup":"daily"})", R"({"holdfast.dev/run-as":"auto"})")); }
  CHECK_THAT(desk.text(), groups_only && no_pods);
  options.pod_insight = true;
  CHECK_THAT(desk.text(), groups_only && !no_pods);
  options.repository.all_squash = true;
  CHECK_THAT(desk.text(), Contains("ok      part"));
  options.repository.kind = Kind::S3;
  options.pod_insight = false;
  CHECK_THAT(desk.text(), !groups_only && no_pods);
}

TEST_CASE("PVCs or namespaces that cannot be listed leave the movers unknown") {
  Desk desk;
  const char* page = GENERATE("/api/v1/namespaces", "/api/v1/persistentvolumeclaims");
  desk.cluster.pages[page] = fakes::refusal(403, "Forbidden");
  CHECK_THAT(desk.text(), Contains("unknown part"));
}
