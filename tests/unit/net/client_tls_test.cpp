// Whom the client trusts, and how it proves itself.
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "src/net/server/server_tls.hpp"
#include "tests/unit/net/authority.hpp"
#include "tests/unit/net/calls.hpp"
#include "tests/unit/net/raw_server.hpp"
#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using test::ask;
using test::Authority;
using test::begin;
using test::call_to;
using test::failure_of;
using test::Pem;
using test::RawPeer;
using test::RawServer;
using test::Served;
using test::text_of;
using Why = CallFailure::Why;

namespace {

const Authority& authority() {
  static const Authority one;
  return one;
}

struct TlsServed {
  explicit TlsServed(const std::string& names = "DNS:localhost,IP:127.0.0.1", Handler handler = test::echo)
      : served(std::move(handler), {}, std::make_shared<test::SwappableTls>(authority().issue(names))) {}

  Client client(ClientTls::Options options) {
    if (options.ca_pem.empty()) options.ca_pem = authority().pem();
    return Client(served.loop, {.host = "127.0.0.1", .port = served.port()}, ClientTls::make(options));
  }
  CallFailure failure(const ClientTls::Options& options) {
    Client asking = client(options);
    return failure_of(ask(asking, call_to("/")));
  }
  Served served;
};

/// Certificates as the server's side gets them, where it asks clients for one of this authority's.
class Demanding : public TlsSource {
 public:
  Demanding() : context_(TlsContext::from_pem(pem_.chain, pem_.key)) {
    SSL_CTX* context = context_->impl().context.get();
    BIO* bio = BIO_new_mem_buf(authority().pem().data(), -1);
    X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    X509_free(certificate);
    BIO_free(bio);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  std::shared_ptr<const TlsContext> current() const override { return context_; }

 private:
  const Pem pem_ = authority().issue("IP:127.0.0.1");
  const std::shared_ptr<const TlsContext> context_;
};

std::string problem_of(const ClientTls::Options& options) {
  try {
    ClientTls::make(options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("client tls: talks to a server of its authority, named by name or by address") {
  TlsServed tls;
  Client client = tls.client({.server_name = GENERATE(as<std::string>(), "localhost", "127.0.0.1")});
  for (int i = 0; i < 3; ++i) CHECK(text_of(ask(client, call_to("/x"))) == "GET /x   ");
  CHECK(tls.served.listener.connections() == 1);
}

TEST_CASE("client tls: an IPv6 address is a name, too") {
  TlsServed tls("IP:::1");
  Client client(tls.served.loop, {.host = "::1", .port = tls.served.port()},
                ClientTls::make({.ca_pem = authority().pem(), .server_name = "::1"}));
  CHECK(text_of(ask(client, call_to("/x"))) == "GET /x   ");
}

TEST_CASE("client tls: refuses a server of another authority") {
  TlsServed tls;
  const CallFailure failure = tls.failure({.ca_pem = Authority().pem(), .server_name = "localhost"});
  CHECK(failure.why == Why::Tls);
  CHECK_THAT(failure.text, Contains("no TLS with 127.0.0.1:") && Contains("its certificate is not trusted: "));
}

TEST_CASE("client tls: given no authorities, trusts those of the system alone") {
  TlsServed tls;
  Client client(tls.served.loop, {.host = "127.0.0.1", .port = tls.served.port()},
                ClientTls::make({.server_name = "localhost"}));
  CHECK_THAT(failure_of(ask(client, call_to("/"))).text, Contains("its certificate is not trusted: "));
}

TEST_CASE("client tls: refuses a certificate for another name or address") {
  TlsServed tls("DNS:other.test,IP:127.0.0.2");
  const CallFailure failure =
      tls.failure({.server_name = GENERATE(as<std::string>(), "localhost", "127.0.0.1", "test leaf")});
  CHECK(failure.why == Why::Tls);
  CHECK_THAT(failure.text, Contains("its certificate is for another name"));
}

TEST_CASE("client tls: trusts a server's own certificate where that is what it was given") {
  const Pem pem = authority().issue("IP:127.0.0.1");
  Served served(test::echo, {}, std::make_shared<test::SwappableTls>(pem));
  Client client(served.loop, {.host = "127.0.0.1", .port = served.port()},
                ClientTls::make({.ca_pem = pem.chain, .server_name = "127.0.0.1"}));
  CHECK(text_of(ask(client, call_to("/x"))) == "GET /x   ");
}

TEST_CASE("client tls: without verification takes any certificate") {
  TlsServed tls("DNS:other.test");
  Client client = tls.client({.ca_pem = Authority().pem(), .server_name = "localhost", .verify = false});
  CHECK(text_of(ask(client, call_to("/x"))) == "GET /x   ");
}

TEST_CASE("client tls: proves itself with its certificate") {
  Served served(test::echo, {}, std::make_shared<Demanding>());
  const Pem mine = authority().issue("");
  Client client(
      served.loop, {.host = "127.0.0.1", .port = served.port()},
      ClientTls::make(
          {.ca_pem = authority().pem(), .chain_pem = mine.chain, .key_pem = mine.key, .server_name = "127.0.0.1"}));
  CHECK(text_of(ask(client, call_to("/x"))) == "GET /x   ");
}

TEST_CASE("client tls: a server that refuses our certificate, or that there is none, is heard") {
  Served served(test::echo, {}, std::make_shared<Demanding>());
  ClientTls::Options options{.ca_pem = authority().pem(), .server_name = "127.0.0.1"};
  SECTION("none") {}
  SECTION("another authority's") {
    const Pem foreign = Authority().issue("");
    options.chain_pem = foreign.chain;
    options.key_pem = foreign.key;
  }
  Client client(served.loop, {.host = "127.0.0.1", .port = served.port()}, ClientTls::make(options));
  const CallFailure failure = failure_of(ask(client, call_to("/")));
  CHECK(failure.why == Why::Tls);
  CHECK_THAT(failure.text, Contains("alert"));
}

TEST_CASE("client tls: a replaced certificate is for the next call, and kept connections are dropped") {
  TlsServed tls;
  Client client = tls.client({.ca_pem = Authority().pem(), .server_name = "localhost"});
  CHECK(failure_of(ask(client, call_to("/"))).why == Why::Tls);
  client.replace_tls(ClientTls::make({.ca_pem = authority().pem(), .server_name = "localhost"}));
  CHECK(text_of(ask(client, call_to("/x"))) == "GET /x   ");
  client.replace_tls(ClientTls::make({.ca_pem = Authority().pem(), .server_name = "localhost"}));
  CHECK(test::eventually([&] { return tls.served.listener.connections() == 0; }));
  CHECK(failure_of(ask(client, call_to("/"))).why == Why::Tls);
}

TEST_CASE("client tls: a replaced certificate leaves what is under way alone") {
  test::Kept kept;
  TlsServed tls("DNS:localhost", kept.handler());
  Client client = tls.client({.server_name = "localhost"});
  auto result = begin(client, call_to("/"));
  REQUIRE(kept.wait_for(1));
  client.replace_tls(ClientTls::make({.ca_pem = Authority().pem(), .server_name = "localhost"}));
  kept.answer({.status = 200, .body = "ok"});
  CHECK(text_of(result.get()) == "ok");
  CHECK(failure_of(ask(client, call_to("/"))).why == Why::Tls);
}

TEST_CASE("client tls: large bodies pass in both directions") {
  TlsServed tls("DNS:localhost",
                [](Request request, Respond respond) { respond({.status = 200, .body = std::move(request.body)}); });
  Client client = tls.client({.server_name = "localhost"});
  Call call = call_to("/");
  call.method = "POST";
  call.body = std::string(2 * 1024 * 1024, 'z');
  for (int i = 0; i < 2; ++i) CHECK(text_of(ask(client, call)) == call.body);
  CHECK(tls.served.listener.connections() == 1);
}

TEST_CASE("client tls: a kept connection that the server closed is not used again") {
  TlsServed tls;
  Client client = tls.client({.server_name = "localhost"});
  CHECK(text_of(ask(client, call_to("/1"))) == "GET /1   ");
  const auto port = tls.served.port();
  tls.served.listener.drain(std::chrono::steady_clock::now() + 5s);
  CHECK(failure_of(ask(client, call_to("/2"))).text ==
        "cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_CASE("client tls: streams") {
  TlsServed tls;
  test::Recorder recorder;
  Client client = tls.client({.server_name = "localhost"});
  const auto stream = client.stream(call_to("/x"), recorder.callbacks());
  CHECK(recorder.wait_for(3) == std::vector<std::string>{"head 200 ", "data GET /x   ", "end "});
}

TEST_CASE("client tls: says what a server without TLS does wrong") {
  const auto [said, why] = GENERATE(table<std::string, std::string>(
      {{"HTTP/1.1 400 Bad Request\r\n\r\n", "it does not speak TLS"}, {"", "it ended the connection"}}));
  RawServer server([&](RawPeer& peer, int) { peer.send(said); });
  Loop loop(1);
  Client client(loop, {.host = "127.0.0.1", .port = server.port()}, ClientTls::make({.server_name = "localhost"}));
  const CallFailure failure = failure_of(ask(client, call_to("/")));
  CHECK(failure.why == Why::Tls);
  CHECK_THAT(failure.text, Contains(why));
}

TEST_CASE("client tls: a handshake that does not come is given up") {
  RawServer server([](RawPeer& peer, int) { peer.request(); });
  Loop loop(1);
  Client client(loop, {.host = "127.0.0.1", .port = server.port(), .connect = 50ms},
                ClientTls::make({.server_name = "localhost"}));
  const CallFailure failure = failure_of(ask(client, call_to("/")));
  CHECK(failure.why == Why::Tls);
  CHECK_THAT(failure.text, Contains("no answer in time"));
}

TEST_CASE("client tls: says what is wrong with its certificates, and never quotes a key") {
  const Pem one = authority().issue(""), two = authority().issue("");
  CHECK(problem_of({.ca_pem = "x", .server_name = "a"}) == "the authorities hold no PEM certificate");
  CHECK_THAT(problem_of({.ca_pem = one.chain + "-----BEGIN CERTIFICATE-----\nAAAA\n", .server_name = "a"}),
             Contains("the authorities are not readable PEM certificates"));
  CHECK_THAT(problem_of({}), Contains("can only be verified for a name"));
  CHECK_THAT(problem_of({.chain_pem = one.chain, .server_name = "a"}), Contains("one of them is missing"));
  CHECK_THAT(problem_of({.chain_pem = one.chain, .key_pem = two.key, .server_name = "a"}),
             Contains("does not belong to the certificate"));
  const std::string half = one.key.substr(0, one.key.size() / 2);
  const std::string problem = problem_of({.chain_pem = one.chain, .key_pem = half, .server_name = "a"});
  CHECK_THAT(problem, Contains("not readable PEM") && !Contains(one.key.substr(40, 10)));
}
