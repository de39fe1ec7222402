// What the TLS side accepts and refuses.
#include "holdfast/net/tls.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/net/pem.hpp"
#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using namespace test;
using Catch::Matchers::Contains;

namespace {

struct TlsServed {
  std::shared_ptr<SwappableTls> tls = std::make_shared<SwappableTls>(make_pem(0x11));
  Served served;
  explicit TlsServed(Limits limits = {}, Handler handler = echo) : served(std::move(handler), limits, tls) {}
  Client client(const TlsOptions& options = {}) const { return Client(served.port(), options); }
};

const std::string kHttp11 = "\x08http/1.1";
const std::string kHttp2 = "\x02h2";

}  // namespace

TEST_CASE("tls: serves requests over 1.2 and 1.3") {
  TlsServed tls;
  const auto [version, name] =
      GENERATE(table<int, std::string>({{TLS1_2_VERSION, "TLSv1.2"}, {TLS1_3_VERSION, "TLSv1.3"}}));
  auto client = tls.client({.least = version, .most = version});
  CHECK(client.tls_version() == name);
  for (int i = 0; i < 3; ++i) CHECK(client.exchange(post("/", "x")).value().body == "POST /   x");
}

TEST_CASE("tls: refuses 1.0 and 1.1") {
  TlsServed tls;
  const int version = GENERATE(TLS1_VERSION, TLS1_1_VERSION);
  CHECK_THROWS_WITH(tls.client({.least = version, .most = version}), Contains("alert protocol version"));
}

TEST_CASE("tls: with 1.2 only forward secret, authenticated ciphers") {
  TlsServed tls;
  CHECK_THROWS_WITH(tls.client({.most = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA"}),
                    Contains("handshake failure"));
  auto client = tls.client({.most = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"});
  CHECK(client.cipher() == "ECDHE-ECDSA-AES256-GCM-SHA384");
}

TEST_CASE("tls: a connection has one handshake, whatever the client asks for") {
  TlsServed tls;
  auto client = tls.client({.most = TLS1_2_VERSION});
  CHECK(client.exchange(get("/")).value().status == 200);
  CHECK(client.renegotiate() == "no renegotiation");
}

TEST_CASE("tls: chooses http/1.1 where the client offers a choice") {
  TlsServed tls;
  CHECK(tls.client({.alpn = kHttp2 + kHttp11}).alpn() == "http/1.1");
  CHECK(tls.client({.alpn = kHttp11}).alpn() == "http/1.1");
  CHECK(tls.client().alpn().empty());
}

TEST_CASE("tls: refuses a client that speaks only HTTP/2") {
  TlsServed tls;
  CHECK_THROWS_WITH(tls.client({.alpn = kHttp2}), Contains("no application protocol"));
}

TEST_CASE("tls: ends a connection that does not begin with TLS") {
  TlsServed tls;
  Client client(tls.served.port());
  client.send(get("/"));
  CHECK(client.read_to_end().find("HTTP") == std::string::npos);
  CHECK(eventually([&] { return tls.served.listener.connections() == 0; }));
  CHECK(tls.client().exchange(get("/")).value().status == 200);
}

TEST_CASE("tls: ends a connection whose handshake does not come") {
  TlsServed tls({.handshake = 50ms});
  Client client(tls.served.port());
  CHECK(client.read_to_end().empty());
}

TEST_CASE("tls: a new certificate is for new connections, those under way stay") {
  TlsServed tls;
  auto before = tls.client();
  CHECK(before.peer_serial() == "11");
  tls.tls->replace(make_pem(0x22));
  CHECK(before.exchange(get("/")).value().status == 200);
  auto after = tls.client();
  CHECK(after.peer_serial() == "22");
  CHECK(after.exchange(get("/")).value().status == 200);
}

TEST_CASE("tls: large bodies pass in both directions") {
  const std::string large(2 * 1024 * 1024, 'z');
  TlsServed tls({},
                [](Request request, Respond respond) { respond({.status = 200, .body = std::move(request.body)}); });
  auto client = tls.client();
  CHECK(client.exchange(post("/", large)).value().body == large);
  CHECK(client.exchange(post("/", large)).value().body == large);
}

TEST_CASE("tls: requests in one record are answered one by one") {
  TlsServed tls;
  auto client = tls.client();
  client.send(get("/1") + get("/2") + get("/3"));
  for (const char* path : {"/1", "/2", "/3"})
    CHECK(client.receive().value().body == "GET " + std::string(path) + "   ");
}

TEST_CASE("tls: records that arrive together are all read") {
  TlsServed tls;
  auto client = tls.client();
  const std::string body(40'000, 'b');
  client.send(post("/1", body));
  client.send(post("/2", "two"));
  client.send(get("/3"));
  CHECK(client.receive().value().body == "POST /1   40000");
  CHECK(client.receive().value().body == "POST /2   two");
  CHECK(client.receive().value().body == "GET /3   ");
}

TEST_CASE("tls: connections end with close_notify") {
  TlsServed tls({.body_bytes = 1000});
  auto client = tls.client();
  SECTION("after the last answer") { CHECK(client.exchange(get("/", "Connection: close\r\n"))); }
  SECTION("after a refusal") { CHECK(client.exchange(post("/", std::string(1001, 'x'))).value().status == 413); }
  SECTION("when idle at the end") {
    CHECK(client.exchange(get("/")));
    tls.served.listener.drain(std::chrono::steady_clock::now());
  }
  CHECK(client.closed_cleanly());
}

TEST_CASE("tls: a client that vanishes while its answer is written ends only its own connection") {
  TlsServed tls({}, [](Request request, Respond respond) {
    respond({.status = 200, .body = std::string(request.path == "/large" ? 16 << 20 : 1, 'x')});
  });
  auto other = tls.client();
  REQUIRE(other.exchange(get("/")));
  for (int i = 0; i < 5; ++i) tls.client().send(get("/large"));
  CHECK(eventually([&] { return tls.served.listener.connections() == 1; }));
  CHECK(other.exchange(get("/")).value().status == 200);
}

TEST_CASE("tls: takes a chain of several certificates") {
  const Pem leaf = make_pem(1);
  CHECK(TlsContext::from_pem(leaf.chain + make_pem(2).chain, leaf.key) != nullptr);
}

TEST_CASE("tls: says what is wrong with a pair, and never quotes a key") {
  const Pem one = make_pem(1), two = make_pem(2);
  const auto message = [](const std::string& chain, const std::string& key) {
    try {
      TlsContext::from_pem(chain, key);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK_THAT(message("", one.key), Contains("the certificate chain holds no readable PEM certificate"));
  CHECK_THAT(message(one.key, one.key), Contains("the certificate chain holds no readable PEM certificate"));
  CHECK_THAT(message(one.chain + "-----BEGIN CERTIFICATE-----\nAAAA\n", one.key),
             Contains("broken after its first certificate"));
  CHECK_THAT(message(one.chain, two.key), Contains("the private key does not belong to the certificate"));
  CHECK_THAT(message(one.chain, one.chain), Contains("the private key is not readable PEM"));
  const std::string half = one.key.substr(0, one.key.size() / 2);
  CHECK_THAT(message(one.chain, half), Contains("the private key is not readable PEM"));
  CHECK_THAT(message(one.chain, half), !Contains(one.key.substr(40, 10)));
}
