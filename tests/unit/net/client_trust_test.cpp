// A listener that serves holders of a client certificate only.
#include "holdfast/net/tls.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "tests/unit/net/authority.hpp"
#include "tests/unit/net/pem.hpp"
#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using namespace test;
using Catch::Matchers::Contains;

namespace {

class Guests : public ClientCheck {
 public:
  Guests(const Authority& authority, std::vector<std::string> names) { replace(authority, std::move(names)); }
  void replace(const Authority& authority, std::vector<std::string> names) {
    std::atomic_store(&trust_, ClientTrust::from_pem(authority.pem(), std::move(names)));
  }
  std::shared_ptr<const ClientTrust> current() override { return std::atomic_load(&trust_); }
  void refused(std::string_view why) override {
    const std::lock_guard lock(mutex_);
    reasons_.emplace_back(why);
  }
  std::size_t refusals() const {
    const std::lock_guard lock(mutex_);
    return reasons_.size();
  }
  /// The reason of the newest; there has to be one.
  std::string reason() const {
    const std::lock_guard lock(mutex_);
    return reasons_.at(reasons_.size() - 1);
  }

 private:
  std::shared_ptr<const ClientTrust> trust_;
  mutable std::mutex mutex_;
  std::vector<std::string> reasons_;
};

struct Guarded {
  explicit Guarded(std::vector<std::string> names = {})
      : guests(std::make_shared<Guests>(authority, std::move(names))),
        listener(loop, {.name = "test", .tls = std::make_shared<SwappableTls>(make_pem(0x11)), .clients = guests},
                 echo) {}

  /// Under 1.3 a client hears of a refusal only after its own handshake.
  bool serves(const Pem& identity, int version = TLS1_3_VERSION) const {
    try {
      Client client(listener.port(), {.least = version, .most = version, .identity = identity});
      return client.exchange(get("/")).has_value();
    } catch (const std::runtime_error&) {
      return false;
    }
  }
  bool refuses(const Pem& identity, int version = TLS1_3_VERSION) const {
    const std::size_t before = guests->refusals();
    return !serves(identity, version) && eventually([&] { return guests->refusals() == before + 1; });
  }

  Authority authority;
  std::shared_ptr<Guests> guests;
  Loop loop{2};
  Listener listener;
};

}  // namespace

TEST_CASE("clients: who shows a certificate of the authority is served") {
  const Guarded guarded;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  CHECK(guarded.serves(guarded.authority.issue(""), version));
  CHECK(guarded.serves(guarded.authority.issue("", {.usage = "clientAuth"}), version));
  CHECK(guarded.guests->refusals() == 0);
}

TEST_CASE("clients: who shows none is refused in the handshake") {
  const Guarded guarded;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  REQUIRE(guarded.refuses({}, version));
  CHECK(guarded.guests->reason() == "it sent no certificate");
}

TEST_CASE("clients: a certificate that is not trusted is refused, and the reason told") {
  const Guarded guarded;
  const auto reason = [&](const Pem& identity) {
    return guarded.refuses(identity) ? guarded.guests->reason() : std::string("served");
  };
  CHECK_THAT(reason(Authority().issue("")), Contains("not trusted") && !Contains("expired"));
  CHECK_THAT(reason(make_pem(3)), Contains("not trusted: self-signed"));
  CHECK_THAT(reason(guarded.authority.issue("", {.seconds_valid = -1})), Contains("expired"));
  CHECK_THAT(reason(guarded.authority.issue("", {.usage = "serverAuth"})), Contains("purpose"));
}

TEST_CASE("clients: where names are given, one of the certificate's has to be among them, letter for letter") {
  const Guarded guarded({"kube-apiserver", "api.test"});
  const auto named = [&](const char* common_name, const char* dns = "") {
    return guarded.authority.issue(dns, {.common_name = common_name});
  };
  CHECK(guarded.serves(named("kube-apiserver")));
  CHECK(guarded.serves(named("another", "DNS:first.test,DNS:api.test")));
  for (const Pem& other : {named("another"), named("kube-apiserver2"), named("Kube-apiserver"), named("kube"),
                           named("another", "DNS:*.test"), named("another", "URI:api.test,email:api.test")}) {
    REQUIRE(guarded.refuses(other));
    CHECK(guarded.guests->reason() == "its certificate has none of the allowed names");
  }
}

TEST_CASE("clients: another authority is in force from the next connection on") {
  const Guarded guarded;
  const Authority next;
  const Pem old = guarded.authority.issue("");
  Client open(guarded.listener.port(), {.identity = old});
  REQUIRE(open.exchange(get("/")));
  guarded.guests->replace(next, {});
  CHECK(guarded.refuses(old));
  CHECK(guarded.serves(next.issue("")));
  CHECK(open.exchange(get("/")).value().status == 200);
}

TEST_CASE("clients: no session can be resumed, which would be taken without a look at its certificate") {
  const Guarded guarded;
  const Served anybody(echo, {}, std::make_shared<SwappableTls>(make_pem(0x11)));
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  const auto resumable = [&](std::uint16_t port) {
    Client client(port, {.least = version, .most = version, .identity = guarded.authority.issue("")});
    REQUIRE(client.exchange(get("/")));
    return client.resumable();
  };
  CHECK(resumable(anybody.port()));
  CHECK_FALSE(resumable(guarded.listener.port()));
}

TEST_CASE("clients: what is no bundle of authorities is not accepted as one") {
  CHECK_THROWS_WITH(ClientTrust::from_pem("", {}), Contains("hold no PEM certificate"));
  CHECK_THROWS_WITH(ClientTrust::from_pem(make_pem(1).key, {}), Contains("hold no PEM certificate"));
  CHECK_THROWS_WITH(ClientTrust::from_pem(make_pem(1).chain + "-----BEGIN CERTIFICATE-----\nAAAA\n", {}),
                    Contains("not readable PEM"));
}
