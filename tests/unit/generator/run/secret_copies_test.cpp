// Copies of the repository's Secret: made beside protected PVCs, kept as they should be, taken away, and never anything
// else's.
#include <fmt/format.h>

#include <future>

#include "holdfast/kube/base64.hpp"
#include "tests/unit/generator/household.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Catch::Contains;
using holdfast::test::eventually;

namespace {

class Copying : public Household {
 public:
  Copying() {
    setup.options.secret.mode = SecretOptions::Mode::Copy;
    setup.options.repository.kind = RepositoryOptions::Kind::Nfs;
    setup.options.repository.server = "nas";
    setup.options.repository.path = "/kopia";
    setup.credentials = [desk = desk_] {
      const std::lock_guard lock(desk->mutex);
      if (desk->password.empty()) throw std::runtime_error("index.passwordFile: /none: No such file or directory");
      return Credentials{desk->password, {}, {}, {}};
    };
  }

  /// Empty: it cannot be read.
  void set_password(const std::string& password) {
    const std::lock_guard lock(desk_->mutex);
    desk_->password = password;
  }
  Json::Value secret(const std::string& name = "volsync-data", const std::string& ns = "media") const {
    return cluster.find(kube::kSecrets, ns, name);
  }
  bool has_secret(const std::string& name = "volsync-data") const { return !secret(name).isNull(); }
  bool has_secret_of_maintenance() const { return !secret("volsync-holdfast-maintenance", "holdfast").isNull(); }
  std::string value(const char* key, const std::string& name = "volsync-data", const std::string& ns = "media") const {
    return kube::decode_base64(secret(name, ns)["data"][key].asString()).value_or("");
  }
  void edit_secret(const std::function<void(Json::Value&)>& change) {
    cluster.edit(kube::kSecrets, "media", "volsync-data", change);
  }
  /// Of somebody else.
  void put_secret(const std::string& data) {
    Json::Value secret = parse(R"({"metadata": {"namespace": "media", "name": "volsync-data"}})");
    secret["data"] = parse(data);
    cluster.put(kube::kSecrets, secret);
  }
  std::size_t secret_writes() const {
    const auto all = cluster.writes();
    return static_cast<std::size_t>(std::ranges::count_if(all, [](const FakeCluster::Write& write) {
      return write.path.find("/secrets/") != std::string::npos && write.path.find("sentinel") == std::string::npos;
    }));
  }
  /// Two rounds have passed.
  void rounds() {
    const auto count = [this] {
      const auto all = server.requests();
      return std::ranges::count_if(all, [](const fakes::ApiRequest& request) {
        return request.method == "GET" && request.path == "/api/v1/secrets";
      });
    };
    const auto before = count();
    REQUIRE(eventually([&] { return count() >= before + 3; }));
  }
  bool stands(const std::string& state) {
    return eventually([&] { return audited().secret.find(state) != std::string::npos; });
  }

 private:
  /// The generator, and its thread that reads, end after this.
  struct Desk {
    std::mutex mutex;
    std::string password = "correct horse";
  };
  const std::shared_ptr<Desk> desk_ = std::make_shared<Desk>();
};

void be_whole(Copying& house) { house.put_secret(R"({"KOPIA_REPOSITORY": "eA==", "KOPIA_PASSWORD": "eA=="})"); }

}  // namespace

TEST_CASE("movers of a protected PVC, and those of the maintenance, get the password that holdfast has") {
  Copying house;
  house.add_claim("data");
  house.add_claim("plain");
  house.edit_claim("plain", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
  house.start();
  REQUIRE(eventually([&] { return house.has_secret() && house.has_secret_of_maintenance(); }));
  const Json::Value secret = house.secret();
  CHECK(house.value("KOPIA_PASSWORD") == "correct horse");
  CHECK(house.value("KOPIA_REPOSITORY") == "filesystem:///mnt/repository");
  CHECK(secret["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "holdfast");
  CHECK(secret["metadata"]["annotations"]["holdfast.dev/pvc"] == "data");
  CHECK(secret["metadata"]["ownerReferences"][0]["uid"] ==
        house.cluster.find(kube::kClaims, "media", "data")["metadata"]["uid"]);
  CHECK(house.value("KOPIA_PASSWORD", "volsync-holdfast-maintenance", "holdfast") == "correct horse");
  house.rounds();
  CHECK_FALSE(house.has_secret("volsync-plain"));
  CHECK(house.secret_writes() == 2);
  CHECK(house.stands("ready"));
  CHECK(eventually([&] { return house.generator->problem().empty(); }));
}

TEST_CASE("a copy follows the password, and what somebody changes in it is put back") {
  Copying house;
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.has_secret(); }));
  house.set_password("another one");
  CHECK(eventually([&] { return house.value("KOPIA_PASSWORD") == "another one"; }));
  house.edit_secret([](Json::Value& secret) { secret["data"]["KOPIA_REPOSITORY"] = "eA=="; });
  CHECK(eventually([&] { return house.value("KOPIA_REPOSITORY") == "filesystem:///mnt/repository"; }));
  house.cluster.erase(kube::kSecrets, "media", "volsync-data");
  CHECK(eventually([&] { return house.has_secret(); }));
}

TEST_CASE("a PVC that comes later gets its Secret at once") {
  Copying house;
  house.setup.tempo.maintenance = 1h;
  house.setup.sweep = 1h;
  house.add_claim("plain");
  house.edit_claim("plain", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
  house.start();
  REQUIRE(eventually([&] { return house.has_secret_of_maintenance(); }));
  house.add_claim("data");
  REQUIRE(eventually([&] { return house.has_secret(); }));
  SECTION("and again when it is made anew") {
    house.cluster.erase(kube::kClaims, "media", "data");
    house.cluster.erase(kube::kSecrets, "media", "volsync-data");  // as the garbage collector does
    house.add_claim("data");
    CHECK(eventually([&] { return house.has_secret(); }));
  }
  SECTION("and one that is labelled later") {
    house.edit_claim("plain", [](Json::Value& claim) { claim["metadata"]["labels"]["backup"] = "daily"; });
    CHECK(eventually([&] { return house.has_secret("volsync-plain"); }));
  }
}

TEST_CASE("a hiccup of the API server makes no Secret missing that was seen") {
  Copying house;
  house.add_claim("data");
  house.start();
  REQUIRE(house.stands("ready"));
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    const bool lists = request.method == "GET" && request.path == "/api/v1/secrets";
    return lists ? fakes::Fault{fakes::Fault::Kind::Refused, fakes::refusal(503, "ServiceUnavailable", "soon"), {}}
                 : fakes::Fault{};
  });
  CHECK(eventually([&] { return house.generator->problem().find("cannot be listed: soon") != std::string::npos; }));
  CHECK(house.audited().secret == "ready");
  house.add_claim("more");
  CHECK(eventually([&] { return house.audited("more").secret == "not ready: Secrets cannot be listed: soon"; }));
  house.cluster.set_faults({});
  CHECK(eventually([&] { return house.has_secret("volsync-more") && house.generator->problem().empty(); }));
}

TEST_CASE("a Secret of somebody else's is read and left as it is") {
  Copying house;
  house.add_claim("data");
  std::string state;
  SECTION("it is whole") {
    be_whole(house);
    state = "external";
  }
  SECTION("it lacks the password") {
    house.put_secret(R"({"KOPIA_REPOSITORY": "eA==", "KOPIA_PASSWORD": ""})");
    state = "not ready: Secret volsync-data: it is not holdfast's, and has no KOPIA_PASSWORD";
  }
  SECTION("it is empty") {
    house.put_secret("null");
    state = "not ready: Secret volsync-data: it is not holdfast's, and has no KOPIA_REPOSITORY and no KOPIA_PASSWORD";
  }
  SECTION("it carries our label, and another PVC's name") {
    be_whole(house);
    house.edit_secret([](Json::Value& secret) {
      secret["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "holdfast";
      secret["metadata"]["annotations"]["holdfast.dev/pvc"] = "other";
    });
    state = "not ready: Secret volsync-data: it is made for something else";
  }
  const Json::Value before = house.secret();
  house.start();
  CHECK(house.stands(state));
  house.rounds();
  CHECK(house.secret() == before);
  const AuditItem item = house.audited();
  const bool gap = std::ranges::any_of(item.gaps, [](const Gap& one) { return one.reason == "SecretNotReady"; });
  CHECK(gap == (state != "external"));
}

TEST_CASE("a Secret that somebody makes in the meantime is left as it is") {
  Copying house;
  house.add_claim("data");
  be_whole(house);
  const Json::Value before = house.secret();
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    const bool is_asked_for = request.method == "GET" && request.path.ends_with("/secrets/volsync-data");
    return is_asked_for ? fakes::Fault{fakes::Fault::Kind::Refused, fakes::refusal(404, "NotFound"), {}}
                        : fakes::Fault{};
  });
  house.start();
  CHECK(house.stands("missing"));
  house.rounds();
  CHECK(house.secret() == before);
  house.cluster.set_faults({});
  CHECK(house.stands("external"));
}

TEST_CASE("a copy goes when its PVC is not protected any more, after everything that reads it") {
  Copying house;
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.has_secret() && house.is_complete(); }));
  SECTION("it is not labelled any more") {
    house.edit_claim("data", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
    CHECK(eventually([&] { return !house.has_secret(); }));
    CHECK_FALSE(house.has(Part::Source));
    CHECK_FALSE(house.has(Part::Destination));
  }
  SECTION("an exemption without a reason takes nothing away") {
    house.edit_claim("data", [](Json::Value& claim) { claim["metadata"]["labels"]["backup-exempt"] = "true"; });
    house.rounds();
    CHECK(house.has_secret());
  }
  SECTION("what is another's now stays") {
    house.edit_secret([](Json::Value& secret) { secret["metadata"].removeMember("labels"); });
    house.edit_claim("data", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
    REQUIRE(eventually([&] { return !house.has(Part::Source) && !house.has(Part::Destination); }));
    house.rounds();
    CHECK(house.has_secret());
  }
}

TEST_CASE("a copy stays as long as somebody's own source reads it") {
  Copying house;
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.has_secret() && house.is_complete(); }));
  house.cluster.put(kube::kReplicationSources, parse(R"({"metadata": {"namespace": "media", "name": "own"},
    "spec": {"sourcePVC": "data", "kopia": {"repository": "volsync-data"}}})"));
  house.edit_claim("data", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
  REQUIRE(eventually([&] { return !house.has(Part::Source) && !house.has(Part::Destination); }));
  house.rounds();
  CHECK(house.has_secret());
  house.cluster.erase(kube::kReplicationSources, "media", "own");
  CHECK(eventually([&] { return !house.has_secret(); }));
}

TEST_CASE("a copy stays as long as something of ours reads it") {
  Copying house;
  house.add_claim("data");
  house.start();
  REQUIRE(eventually([&] { return house.has_secret() && house.is_complete(); }));
  house.cluster.set_faults([](const fakes::ApiRequest& request) {
    const bool removes = request.method == "DELETE" && request.path.find("/replicationsources/") != std::string::npos;
    return removes ? fakes::Fault{fakes::Fault::Kind::Refused, fakes::refusal(403, "Forbidden", "not you"), {}}
                   : fakes::Fault{};
  });
  house.edit_claim("data", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
  REQUIRE(eventually([&] { return !house.has(Part::Destination); }));
  house.rounds();
  CHECK(house.has(Part::Source));
  CHECK(house.has_secret());
  house.cluster.set_faults({});
  CHECK(eventually([&] { return !house.has_secret(); }));
  CHECK_FALSE(house.has(Part::Source));
}

TEST_CASE("what changes is read when the change is over") {
  Copying house;
  house.add_claim("data");
  house.edit_claim("data", [](Json::Value& claim) { claim["metadata"].removeMember("labels"); });
  house.start();
  REQUIRE(eventually([&] { return house.has_secret_of_maintenance(); }));
  house.rounds();
  // A source that is not held for a moment: it says something else of the PVC than before.
  for (const char* user : {"data-backup", "data", "data-backup"}) {
    Json::Value source = parse(R"({"metadata": {"namespace": "media", "name": "data-backup"},
      "spec": {"sourcePVC": "data", "kopia": {"hostname": "media", "sourcePathOverride": "/data"}}})");
    source["spec"]["kopia"]["username"] = user;
    house.cluster.put(kube::kReplicationSources, source);
    house.rounds();
  }
  CHECK(house.audited().pvc.name == "data");
}

TEST_CASE("a password that cannot be read writes nothing, is told, and is read again") {
  Copying house;
  house.set_password("");
  house.add_claim("data");
  house.start();
  CHECK(house.stands("not ready: index.passwordFile: /none: No such file or directory"));
  CHECK(eventually([&] { return house.generator->problem().find("index.passwordFile") != std::string::npos; }));
  CHECK(house.secret_writes() == 0);
  house.set_password("correct horse");
  CHECK(eventually([&] { return house.has_secret(); }));
  CHECK(eventually([&] { return house.generator->problem().empty(); }));
}

TEST_CASE("a password whose reading hangs holds nothing up but the copies") {
  Copying house;
  const auto released = std::make_shared<std::promise<void>>();
  house.setup.credentials = [wait = released->get_future().share()]() -> Credentials {
    wait.wait();
    return {"late", {}, {}, {}};
  };
  house.add_claim("data");
  house.start();
  CHECK(eventually([&] { return house.is_complete(); }));
  CHECK(house.stands("not ready: copies of the repository's Secret: what it is opened with cannot be read"));
  CHECK(eventually([&] { return house.generator->problem().find("does not answer") != std::string::npos; }));
  CHECK(house.secret_writes() == 0);
  released->set_value();
  CHECK(house.stands("ready"));
  CHECK(eventually([&] { return house.generator->problem().empty(); }));
}

TEST_CASE("who may not handle Secrets says so") {
  Copying house;
  house.add_claim("data");
  std::string says, method;
  SECTION("not list them") {
    method = "GET";
    says = "Secrets cannot be listed: not you";
  }
  SECTION("not write them") {
    method = "PATCH";
    says = "cannot be written: not you";
  }
  house.cluster.set_faults([method](const fakes::ApiRequest& request) {
    const bool refused = request.method == method && request.path.find("/secrets") != std::string::npos;
    return refused ? fakes::Fault{fakes::Fault::Kind::Refused, fakes::refusal(403, "Forbidden", "not you"), {}}
                   : fakes::Fault{};
  });
  house.start();
  CHECK(house.stands(says));
  CHECK(eventually([&] { return house.generator->problem().find(says) != std::string::npos; }));
}

TEST_CASE("another replica only looks") {
  Copying house;
  house.cluster.put(kube::kLeases, parse(R"({"metadata": {"namespace": "holdfast", "name": "holdfast"},
    "spec": {"holderIdentity": "somebody", "leaseDurationSeconds": 3600, "renewTime": "2026-01-01T00:00:00.000000Z",
             "leaseTransitions": 1}})"));
  house.add_claim("data");
  house.start();
  CHECK(house.stands("missing"));
  CHECK(house.secret_writes() == 0);
  be_whole(house);
  CHECK(house.stands("external"));
}

TEST_CASE("movers of somebody else's source get no Secret that leads them to our repository") {
  Copying house;
  house.add_claim("data");
  house.cluster.put(kube::kReplicationSources, parse(R"({"metadata": {"namespace": "media", "name": "data-backup"},
    "spec": {"sourcePVC": "data", "kopia": {"repository": "volsync-data"}}})"));
  house.start();
  REQUIRE(house.all_was_looked_at());
  house.rounds();
  CHECK_FALSE(house.has_secret());
}

TEST_CASE("in the other modes no Secret is asked for") {
  Copying house;
  house.setup.options.secret.mode = SecretOptions::Mode::None;
  house.add_claim("data");
  house.start();
  REQUIRE(house.all_was_looked_at());
  for (const fakes::ApiRequest& request : house.server.requests()) {
    CHECK(request.path.find("/secrets") == std::string::npos);
  }
  CHECK(house.audited().secret == "external");
}
