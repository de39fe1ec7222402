#include "src/generator/store/event_reader.hpp"

#include "tests/unit/generator/bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;

namespace {

const core::PvcName kData{"media", "data"};

EventsOf job(const std::string& name) { return {"Job", "media", name}; }

Json::Value event(const std::string& name, const std::string& last, const std::string& reason) {
  Json::Value event = parse(R"({"metadata":{"namespace":"media"},"type":"Warning","message":"because",
                                "source":{"component":"job-controller"}})");
  event["metadata"]["name"] = name;
  event["lastTimestamp"] = last;
  event["reason"] = reason;
  return event;
}

struct Refresher {
  explicit Refresher(std::chrono::milliseconds again = 1h) {
    cluster.create_namespace("media");
    asking.on_loop([&] { reader.emplace(asking.client, again, [this](const core::PvcName&) { ++answers; }); });
  }
  ~Refresher() {
    asking.on_loop([this] { reader.reset(); });
  }
  void ask(const std::vector<EventsOf>& quotes) {
    asking.on_loop([&] { reader->ask(kData, quotes); });
  }
  std::optional<std::string> known(const EventsOf& of) {
    std::optional<std::string> text;
    asking.on_loop([&] {
      const Events* known = reader->known();
      if (known != nullptr && known->contains(of)) text = known->at(of);
    });
    return text;
  }
  std::size_t reads() const { return asking.server.requests().size(); }

  FakeCluster cluster;
  holdfast::test::Asking asking{[this](const fakes::ApiRequest& request) { return cluster(request); }};
  std::atomic<int> answers = 0;
  std::optional<EventReader> reader;
};

}  // namespace

TEST_CASE("the newest warning of an object is known when it was asked for, and is read once") {
  Refresher refresher;
  Json::Value ours = event("c", "2026-03-01T12:09:00Z", "MoverNotStarted");
  ours["reportingComponent"] = "holdfast";
  Json::Value normal = event("d", "2026-03-01T12:08:00Z", "SuccessfulCreate");
  normal["type"] = "Normal";
  for (const Json::Value& one : {event("a", "2026-03-01T12:05:00Z", "FailedCreate"),
                                 event("b", "2026-03-01T12:01:00Z", "Earlier"), ours, normal}) {
    refresher.cluster.put(kube::kEvents, one);
  }
  CHECK_FALSE(refresher.known(job("x")));
  refresher.ask({job("x")});
  REQUIRE(eventually([&] { return refresher.answers == 1; }));
  CHECK(refresher.known(job("x")) == "FailedCreate: because");
  refresher.ask({job("x")});
  CHECK(refresher.reads() == 1);
  const fakes::ApiRequest read = refresher.asking.server.requests()[0];
  CHECK(read.path == "/api/v1/namespaces/media/events");
  CHECK(read.query.find("involvedObject.name%3Dx") != std::string::npos);
}

TEST_CASE("an object of which nothing is said, and one whose Events may not be read, have an answer too") {
  Refresher refresher;
  const bool refuse = GENERATE(false, true);
  if (refuse) refresher.cluster.set_faults([](const fakes::ApiRequest&) { return refused(403, "Forbidden"); });
  refresher.ask({job("x")});
  REQUIRE(eventually([&] { return refresher.answers == 1; }));
  CHECK(refresher.known(job("x")) == "");
}

TEST_CASE("what is asked for again later is read again, and told where it is new") {
  Refresher refresher(0ms);
  refresher.ask({job("x")});
  REQUIRE(eventually([&] { return refresher.answers == 1; }));
  refresher.cluster.put(kube::kEvents, event("a", "2026-03-01T12:05:00Z", "FailedCreate"));
  refresher.ask({job("x")});
  REQUIRE(eventually([&] { return refresher.answers == 2; }));
  CHECK(refresher.known(job("x")) == "FailedCreate: because");
  refresher.ask({job("x")});
  REQUIRE(eventually([&] { return refresher.reads() == 3; }));
  refresher.ask({job("y")});
  REQUIRE(eventually([&] { return refresher.answers == 3; }));  // of `y` alone
}

TEST_CASE("nobody waits for Events where more are asked for than are kept") {
  Refresher refresher;
  std::vector<EventsOf> many;
  for (int i = 0; i < 1000; ++i) many.push_back(job("job-" + std::to_string(i)));
  refresher.ask(many);
  bool waits = true;
  refresher.asking.on_loop([&] { waits = refresher.reader->known() != nullptr; });
  CHECK_FALSE(waits);
}
