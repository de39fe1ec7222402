// Whatever happens to PVCs, and whichever calls fail meanwhile: once calls get through again, every protected PVC has
// its objects, nothing is left of others, what is not ours was never touched, and then nothing is written any more.
#include <fmt/format.h>
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/generator/household.hpp"

namespace {

using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::fakes::ApiRequest;
using holdfast::test::within;
using Clock = std::chrono::steady_clock;

/// A machine under sanitizers and load does fewer of the cases; those that it does are whole.
constexpr std::chrono::seconds kBudget{12};
constexpr std::chrono::milliseconds kSweep{50};
constexpr int kClaims = 4;

int below(int n) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, n)); }
bool sometimes(int n) { return below(n) == n - 1; }

/// Which calls fail, and how: every so many, in an order that follows from the seed. Called on the server's threads.
class Weather {
 public:
  Weather(int seed, int percent) : random_(static_cast<std::uint32_t>(seed)), percent_(percent) {}

  Fault operator()(const ApiRequest& request) {
    if (request.path.find("/leases") != std::string::npos) return {};  // elections have a test of their own
    if (static_cast<int>(random_() % 100) >= percent_) return {};
    ++*faults_;
    return is_write(request) ? of_a_write(request) : of_a_read();
  }
  int faults() const { return *faults_; }

 private:
  Fault of_a_write(const ApiRequest& request) {
    switch (random_() % 8) {
      case 0:
        return refused(409, "Conflict");
      case 1:
        return refused(429, "TooManyRequests");
      case 2:
        return refused(403, "Forbidden");
      case 3:
        return refused(500, "InternalError");
      case 4:
        return request.method == "DELETE" ? Fault{} : refused(404, "NotFound");  // who deletes takes that for done
      case 5:
        return {Fault::Kind::Lost, {}, {}};
      case 6:
        return {Fault::Kind::Unheard, {}, {}};
      default:
        return {Fault::Kind::None, {}, std::chrono::milliseconds(random_() % 10)};
    }
  }
  /// Refusals of a whole kind make its watch rest for ten seconds: the unit tests have those.
  Fault of_a_read() {
    switch (random_() % 4) {
      case 0:
        return refused(500, "InternalError");
      case 1:
        return {Fault::Kind::Lost, {}, {}};
      case 2:
        return refused(410, "Expired");
      default:
        return {Fault::Kind::None, {}, std::chrono::milliseconds(random_() % 10)};
    }
  }

  std::mt19937 random_;
  int percent_;
  std::shared_ptr<std::atomic<int>> faults_ = std::make_shared<std::atomic<int>>(0);
};

constexpr Part kParts[] = {Part::Secret, Part::Destination, Part::Source};

class Life {
 public:
  Life() : weather_(below(1 << 20), (1 + below(5)) * 10) {
    house_.setup.options.secret.mode = SecretOptions::Mode::ExternalSecret;
    house_.setup.options.secret.store = "vault";
    house_.setup.options.secret.key = "kopia";
    house_.setup.sweep = kSweep;
    house_.cluster.set_faults(weather_);
    house_.start();
  }

  void something_happens() {
    const std::string name = "data-" + std::to_string(below(kClaims));
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
        return a_claim_comes(name);
      case 3:
        return house_.cluster.erase(holdfast::kube::kClaims, "media", name);
      case 4:
        return label(name, "daily");
      case 5:
        return label(name, "hourly");
      case 6:
        return exempt(name);
      case 7:
        return bind(name);
      case 8:
        return a_stranger_comes(name);
      case 9:
        return somebody_meddles(name);
      case 10:
        return the_watches_break();
      default:
        if (sometimes(3)) something_big();
    }
  }

  void calm_down() {
    house_.cluster.set_faults(nullptr);
    for (int i = 0; i < kClaims; ++i) bind("data-" + std::to_string(i));
  }

  /// What is not as it should be in the end; empty: nothing.
  std::string end() {
    const auto latest = Clock::now() + std::chrono::seconds{30};
    std::string found = "not looked at";
    // Right for a moment may be a moment between two writes: right is what stays so without any.
    while (!found.empty() && Clock::now() < latest) found = watched_for_a_while();
    return found;
  }

  int faults() const { return weather_.faults(); }
  std::size_t writes() const { return house_.writes(); }

 private:
  void a_claim_comes(const std::string& name) {
    if (house_.cluster.find(holdfast::kube::kClaims, "media", name).isNull()) {
      house_.add_claim(name, sometimes(3) ? "Bound" : "Pending");
    } else if (sometimes(3)) {
      house_.add_claim(name, "Bound");  // deleted and created again, faster than anybody looks
    }
  }
  void label(const std::string& name, const char* tier) {
    house_.edit_claim(name, [tier](Json::Value& claim) {
      claim["metadata"]["labels"] = Json::Value(Json::objectValue);
      claim["metadata"]["labels"]["backup"] = tier;
    });
  }
  void exempt(const std::string& name) {
    const bool with_a_word = sometimes(2);
    house_.edit_claim(name, [with_a_word](Json::Value& claim) {
      Json::Value& metadata = claim["metadata"];
      metadata["labels"] = Json::Value(Json::objectValue);
      if (!with_a_word) return;
      metadata["labels"]["backup-exempt"] = "true";
      metadata["annotations"]["volsync.backup/backup-exempt-reason"] = "a cache";
    });
  }
  void bind(const std::string& name) {
    house_.edit_claim(name, [](Json::Value& claim) { claim["status"]["phase"] = "Bound"; });
  }

  void a_stranger_comes(const std::string& pvc) {
    const Part part = kParts[below(std::size(kParts))];
    const std::string name = names(house_.setup.policy.naming, pvc).of(part);
    if (strangers_.contains({part, name})) return;
    Json::Value object = parse(R"({"metadata": {"namespace": "media"}, "spec": {"mine": true}})");
    object["metadata"]["name"] = name;
    if (sometimes(2)) object["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "helm";
    strangers_[{part, name}] = house_.cluster.put(resource(part), object);
  }
  void somebody_meddles(const std::string& pvc) {
    const Part part = kParts[below(std::size(kParts))];
    const std::string name = names(house_.setup.policy.naming, pvc).of(part);
    if (strangers_.contains({part, name})) return;
    if (sometimes(2)) return house_.cluster.erase(resource(part), "media", name);
    house_.cluster.edit(resource(part), "media", name,
                        [](Json::Value& object) { object["spec"]["paused"] = "perhaps"; });
  }
  void the_watches_break() {
    switch (below(3)) {
      case 0:
        return house_.cluster.end_watches();
      case 1:
        return house_.cluster.cut_watches();
      default:
        return house_.cluster.expire_watches();
    }
  }
  void something_big() {
    if (sometimes(2)) {
      house_.stop();
      return house_.start();
    }
    house_.cluster.erase_namespace("media");
    strangers_.clear();
    if (sometimes(2)) std::this_thread::sleep_for(std::chrono::milliseconds(below(15)));
    house_.cluster.create_namespace("media");
  }

  std::string writes_after(std::size_t count) const {
    std::string found;
    const auto all = house_.cluster.writes();
    for (std::size_t i = count; i < all.size(); ++i) {
      if (all[i].path.find("sentinel-") != std::string::npos) continue;
      found += fmt::format("{} {} {} {}; ", all[i].method, all[i].path, all[i].status, all[i].body);
    }
    return found;
  }

  /// Two sweeps and more; what is wrong then, or was written meanwhile.
  std::string watched_for_a_while() {
    const std::size_t before = house_.cluster.writes().size();
    if (!house_.all_was_looked_at()) return "a PVC that comes now gets no objects";
    std::this_thread::sleep_for(2 * kSweep);
    if (!house_.all_was_looked_at()) return "a PVC that comes later gets no objects";
    const std::string more = writes_after(before);
    return more.empty() ? wrong() : "written without need: " + more;
  }

  /// What is not as it should be; empty: nothing.
  std::string wrong() const {
    for (const auto& [place, stranger] : strangers_) {
      if (house_.cluster.find(resource(place.first), "media", place.second) != stranger) {
        return place.second + " was somebody else's";
      }
    }
    for (int i = 0; i < kClaims; ++i) {
      const std::string pvc = "data-" + std::to_string(i);
      for (const Part part : kParts) {
        if (std::string what = wrong_with(part, pvc); !what.empty()) return what;
      }
    }
    return {};
  }

  std::string wrong_with(Part part, const std::string& pvc) const {
    const std::string name = names(house_.setup.policy.naming, pvc).of(part);
    if (strangers_.contains({part, name})) return {};
    const Json::Value there = house_.held(part, pvc);
    const std::string what = std::string(to_string(part)) + " of " + pvc;
    const Json::Value stored = house_.cluster.find(holdfast::kube::kClaims, "media", pvc);
    const bool is_protected = stored["metadata"]["labels"].isMember("backup");
    if (!is_protected) return there.isNull() ? "" : what + " is left";
    const bool read_by_a_stranger = part == Part::Secret && strangers_.contains({Part::Source, source_of(pvc)});
    if (there.isNull()) return read_by_a_stranger ? "" : what + " is missing";
    return same(wanted(part, stored), observed(there)) ? "" : what + " differs";
  }

  std::string source_of(const std::string& pvc) const { return names(house_.setup.policy.naming, pvc).source; }

  Object wanted(Part part, const Json::Value& stored) const {
    const auto claim = std::get<holdfast::core::Claim>(holdfast::json::read_claim(holdfast::test::print(stored)));
    const auto tier =
        stored["metadata"]["labels"]["backup"] == "daily" ? holdfast::core::Tier::Daily : holdfast::core::Tier::Hourly;
    const holdfast::core::Identity identity{claim.pvc.name + "-backup", "media", "/data"};
    const Subject subject{claim, tier, identity, house_.setup.policy, house_.setup.options};
    if (part == Part::Secret) return secret_object(subject);
    return part == Part::Destination ? destination_object(subject, {}) : source_object(subject);
  }

  Weather weather_;
  Household house_;
  std::map<std::pair<Part, std::string>, Json::Value> strangers_;  ///< as they were put there
};

TEST_CASE("whichever calls fail, the generator comes to what it should be, and touches nothing that is not its own") {
  const auto end = Clock::now() + kBudget;
  int lives = 0, faults = 0;
  std::size_t writes = 0;
  std::string wrong;
  CHECK(rc::check([&] {
    if (Clock::now() > end) return;
    Life life;
    for (int i = 10 + below(60); i > 0; --i) {
      life.something_happens();
      std::this_thread::sleep_for(std::chrono::milliseconds{below(4)});
    }
    life.calm_down();
    const std::string found = life.end();
    ++lives;
    faults += life.faults();
    writes += life.writes();
    if (found.empty()) return;
    wrong += found + "\n";
    RC_FAIL(found);
  }));
  INFO(wrong);
  CHECK(wrong.empty());
  INFO(lives << " lives, " << faults << " faults, " << writes << " writes");
  CHECK(lives > 0);
  CHECK(faults > lives);
  CHECK(writes > static_cast<std::size_t>(lives));
}

}  // namespace
