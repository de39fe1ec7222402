// A whole generator, thread and all, in a cluster that a test controls. Its pauses are short.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "holdfast/generator/generator.hpp"
#include "tests/unit/generator/bench.hpp"

namespace holdfast::generator::test {

/// An index whose answer may change at any time.
class Shelf : public index::Index {
 public:
  void prove(index::Deadline, std::function<void(core::Evidence)> done) override {
    core::Evidence found;
    {
      const std::lock_guard lock(mutex_);
      ++proofs_;
      if (silent_) return waiting_.push_back(std::move(done));
      found = evidence_;
    }
    found.asked = std::chrono::steady_clock::now();
    done(std::move(found));
  }
  index::Status status() const override { return {}; }
  std::string_view backend() const override { return "catalog"; }

  void hold(core::Evidence evidence) {
    const std::lock_guard lock(mutex_);
    evidence_ = std::move(evidence);
  }
  /// Lets those who ask wait.
  void fall_silent() {
    const std::lock_guard lock(mutex_);
    silent_ = true;
  }
  void speak() {
    std::vector<std::function<void(core::Evidence)>> waiting;
    core::Evidence found;
    {
      const std::lock_guard lock(mutex_);
      silent_ = false;
      found = evidence_;
      waiting.swap(waiting_);
    }
    found.asked = std::chrono::steady_clock::now();
    for (const auto& done : waiting) done(found);
  }
  int proofs() const {
    const std::lock_guard lock(mutex_);
    return proofs_;
  }

 private:
  mutable std::mutex mutex_;
  core::Evidence evidence_ = current({});
  bool silent_ = false;
  int proofs_ = 0;
  std::vector<std::function<void(core::Evidence)>> waiting_;
};

class Household {
 public:
  Household() {
    cluster.create_namespace("media");
    setup.policy.pin = core::RepositoryId::parse(kRepositoryId).value();
    setup.options.own_namespace = "holdfast";
    setup.options.min_age = std::chrono::milliseconds{0};
    setup.identity = "holdfast-0";
    setup.tempo = {.write_retry = 5ms,
                   .watch_retry = 10ms,
                   .between_proofs = 20ms,
                   .ask_again = 50ms,
                   .tick = 20ms,
                   .remember = 20ms,
                   .maintenance = 20ms};
  }
  ~Household() { shelf.speak(); }

  void start() {
    generator.emplace(setup, server.config(), shelf, log, metrics);
    generator->start();
  }
  /// As it is ended for an update: the next one need not wait for the Lease.
  void stop() {
    generator->stop(holdfast::test::within(10s));
    generator.reset();
  }

  void add_claim(const std::string& name, const std::string& phase = "Bound") {
    cluster.put(kube::kClaims, claim_json(phase, name));
  }
  void edit_claim(const std::string& name, const std::function<void(Json::Value&)>& change) {
    cluster.edit(kube::kClaims, "media", name, change);
  }
  Json::Value held(Part part, const std::string& pvc = "data") const {
    return cluster.find(resource(part), "media", names(setup.policy.naming, pvc).of(part));
  }
  bool has(Part part, const std::string& pvc = "data") const { return !held(part, pvc).isNull(); }
  bool is_complete(const std::string& pvc = "data") const {
    return has(Part::Destination, pvc) && has(Part::Source, pvc);
  }

  /// Everything that was to be looked at before has been: a PVC that comes now has its objects.
  bool all_was_looked_at() {
    const std::string last = "sentinel-" + std::to_string(++sentinels_);
    add_claim(last);
    return holdfast::test::eventually([&] { return is_complete(last); });
  }
  /// Of objects that do not belong to a sentinel.
  std::size_t writes() const {
    const auto all = cluster.writes();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const FakeCluster::Write& write) {
      return write.path.find("sentinel-") == std::string::npos;
    }));
  }

  Generator::Audit audit() {
    const auto promise = std::make_shared<std::promise<Generator::Audit>>();
    auto answer = promise->get_future();
    generator->audit("", holdfast::test::within(10s),
                     [promise](Generator::Audit audit) { promise->set_value(std::move(audit)); });
    REQUIRE(answer.wait_for(20s) == std::future_status::ready);
    return answer.get();
  }
  AuditItem audited(const std::string& pvc = "data") {
    for (AuditItem& item : audit().items) {
      if (item.pvc.name == pvc) return item;
    }
    return {};
  }

  Generator::Setup setup;
  FakeCluster cluster;
  fakes::FakeApiServer server{[this](const fakes::ApiRequest& request) { return cluster(request); }};
  Shelf shelf;
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};
  std::optional<Generator> generator;

 private:
  int sentinels_ = 0;
};

}  // namespace holdfast::generator::test
