#include <json/reader.h>
#include <json/writer.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <sstream>

#include "holdfast/kube/election.hpp"
#include "src/kube/lease/lease_document.hpp"
#include "tests/unit/kube/asking.hpp"

using namespace holdfast;
using namespace holdfast::test;
using kube::Elector;

namespace {

Json::Value parse(const std::string& text) {
  Json::Value value;
  std::istringstream(text) >> value;
  return value;
}

/// One Lease, with the API server's optimistic concurrency.
class LeaseStore {
 public:
  ApiAnswer operator()(const ApiRequest& request) {
    if (down) return {.silent = true};
    if (request.method == "GET") return lease_.isNull() ? refusal(404, "NotFound") : answer();
    Json::Value sent = parse(request.body);
    const bool is_create = request.method == "POST";
    if (is_create && !lease_.isNull()) return refusal(409, "AlreadyExists");
    if (!is_create && sent["metadata"]["resourceVersion"] != lease_["metadata"]["resourceVersion"]) {
      return refusal(409, "Conflict");
    }
    lease_ = sent;
    lease_["metadata"]["resourceVersion"] = std::to_string(++version_);
    writes.push_back(sent);
    return answer();
  }

  std::atomic<bool> down = false;
  std::vector<Json::Value> writes;

 private:
  ApiAnswer answer() const { return {.body = Json::writeString(Json::StreamWriterBuilder(), lease_)}; }
  Json::Value lease_;
  int version_ = 0;
};

/// Short, so that a test need not wait.
kube::Election::Options options(const std::string& identity) {
  return {.identity = identity, .lease = 3s, .fence = 2s, .renew = 1s, .attempt = 1s};
}

/// One that takes part. Everything of it is on the loop.
struct Candidate {
  Candidate(Asking& a, const std::string& identity) : asking(a) {
    asking.on_loop([&] {
      elector.emplace(
          asking.loop, asking.client, "holdfast", "holdfast-generator", options(identity),
          [this](bool now) { leads = now; }, asking.log);
      elector->start();
    });
  }
  ~Candidate() {
    asking.on_loop([&] { elector.reset(); });
  }
  void release() {
    std::atomic<bool> done = false;
    asking.on_loop([&] { elector->release([&done] { done = true; }); });
    REQUIRE(eventually([&] { return done.load(); }));
  }
  std::string holder() {
    std::string found;
    asking.on_loop([&] { found = elector->holder(); });
    return found;
  }

  Asking& asking;
  std::atomic<bool> leads = false;
  std::optional<Elector> elector;
};

}  // namespace

TEST_CASE("a Lease's times have all six decimals") {
  CHECK(kube::micro_time(*core::parse_rfc3339("2026-11-21T10:00:00Z")) == "2026-11-21T10:00:00.000000Z");
  CHECK(kube::micro_time(*core::parse_rfc3339("2026-11-21T10:00:00.00012345Z")) == "2026-11-21T10:00:00.000123Z");
}

TEST_CASE("where there is no Lease it is made, and renewed; since when it is held stays") {
  LeaseStore store;
  Asking asking([&](const ApiRequest& request) { return store(request); });
  Candidate one(asking, "one");
  REQUIRE(eventually([&] { return one.leads.load(); }));
  REQUIRE(asking.server.wait_for(5));
  CHECK(one.leads);
  CHECK(one.holder() == "one");
  const auto requests = asking.server.requests();
  CHECK(requests[0].path == "/apis/coordination.k8s.io/v1/namespaces/holdfast/leases/holdfast-generator");
  CHECK(requests[1].method == "POST");
  const Json::Value first = parse(requests[1].body);
  CHECK(first["apiVersion"] == "coordination.k8s.io/v1");
  CHECK(first["kind"] == "Lease");
  CHECK(first["spec"]["holderIdentity"] == "one");
  CHECK(first["spec"]["leaseDurationSeconds"] == 3);
  REQUIRE(requests[3].method == "PUT");
  const Json::Value second = parse(requests[3].body);
  CHECK(second["metadata"]["resourceVersion"] == "1");
  CHECK(second["spec"]["acquireTime"] == first["spec"]["acquireTime"]);
  CHECK(second["spec"]["renewTime"] != first["spec"]["renewTime"]);
}

TEST_CASE("of two only one leads; what it lets go the other takes") {
  LeaseStore store;
  Asking asking([&](const ApiRequest& request) { return store(request); });
  Candidate one(asking, "one");
  REQUIRE(eventually([&] { return one.leads.load(); }));
  Candidate two(asking, "two");
  REQUIRE(eventually([&] { return two.holder() == "one"; }));
  CHECK_FALSE(two.leads);
  one.release();
  CHECK_FALSE(one.leads);
  REQUIRE(eventually([&] { return two.leads.load(); }));
  CHECK_FALSE(one.leads);
}

TEST_CASE("a leader that cannot renew says so when its time is up, and leads again when it can") {
  LeaseStore store;
  Asking asking([&](const ApiRequest& request) { return store(request); });
  Candidate one(asking, "one");
  REQUIRE(eventually([&] { return one.leads.load(); }));
  store.down = true;
  REQUIRE(eventually([&] { return !one.leads; }));
  asking.on_loop([&] { CHECK_FALSE(one.elector->leads_until()); });
  store.down = false;
  CHECK(eventually([&] { return one.leads.load(); }));
}
