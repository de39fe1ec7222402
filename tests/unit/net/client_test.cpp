// One call and its answer.
#include "holdfast/net/client.hpp"

#include "tests/unit/net/calls.hpp"
#include "tests/unit/net/raw_server.hpp"

using namespace holdfast::net;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using test::ask;
using test::begin;
using test::call_to;
using test::failure_of;
using test::RawPeer;
using test::RawServer;
using test::text_of;
using Why = CallFailure::Why;

namespace {

struct Rig {
  explicit Rig(RawServer::Script script, Client::Options options = {}) : server(std::move(script)), loop(2) {
    if (options.host.empty()) options.host = "127.0.0.1";
    options.port = server.port();
    client = std::make_unique<Client>(loop, options, nullptr);
  }
  RawServer server;
  Loop loop;
  std::unique_ptr<Client> client;
};

/// A server that reads a request, sends these bytes and closes.
RawServer::Script says(const std::string& bytes) {
  return [bytes](RawPeer& peer, int) {
    if (peer.request()) peer.send(bytes);
  };
}

}  // namespace

TEST_CASE("client: sends what the call says and gives back what the server says") {
  std::promise<std::string> received;
  Rig rig([&](RawPeer& peer, int) {
    received.set_value(peer.request().value());
    peer.send("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nX-Thing: a\r\n\r\nok");
  });
  Call call = call_to("/a%20b?c=d");
  call.method = "POST";
  call.headers = {{"Accept", "text/plain"}};
  call.body = "some body";
  const auto reply = std::get<Reply>(ask(*rig.client, call));
  CHECK(received.get_future().get() ==
        "POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(rig.server.port()) +
            "\r\nAccept: text/plain\r\nContent-Length: 9\r\n\r\nsome body");
  CHECK(reply.status == 201);
  CHECK(reply.body == "ok");
  CHECK(reply.header("x-thing") == "a");
  CHECK(reply.header("x-other").empty());
}

TEST_CASE("client: says that a POST without a body has none, and nothing of the kind of a GET") {
  Rig rig([](RawPeer& peer, int) {
    while (const auto request = peer.request()) {
      peer.answer(request->find("Content-Length: 0\r\n") == std::string::npos ? "unsaid" : "said");
    }
  });
  Call call = call_to("/");
  CHECK(text_of(ask(*rig.client, call)) == "unsaid");
  call.method = "POST";
  CHECK(text_of(ask(*rig.client, call)) == "said");
}

TEST_CASE("client: finds its server by name, at whichever of its addresses it listens") {
  Rig rig(test::echo_target, {.host = "localhost"});
  CHECK(text_of(ask(*rig.client, call_to("/x"))) == "/x");
}

TEST_CASE("client: a name that cannot be resolved is a failure to connect") {
  Rig rig(test::echo_target, {.host = std::string(64, 'x')});
  CHECK(failure_of(ask(*rig.client, call_to("/"))).why == Why::Connect);
}

TEST_CASE("client: a refused connection says where and why") {
  std::uint16_t port = 0;
  { port = RawServer(test::echo_target).port(); }
  Loop loop(1);
  Client client(loop, {.host = "127.0.0.1", .port = port}, nullptr);
  const CallFailure failure = failure_of(ask(client, call_to("/")));
  CHECK(failure.why == Why::Connect);
  CHECK(failure.text == "cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_CASE("client: reads bodies in every form") {
  const auto [name, bytes] = GENERATE(table<std::string, std::string>({
      {"by length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
      {"in chunks",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Late: 1\r\n\r\n"},
      {"until the end", "HTTP/1.1 200 OK\r\n\r\nhello"},
      {"of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello"},
      {"after an informational answer",
       "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
  }));
  INFO(name);
  Rig rig(says(bytes));
  const auto reply = std::get<Reply>(ask(*rig.client, call_to("/")));
  CHECK(reply.status == 200);
  CHECK(reply.body == "hello");
  CHECK(reply.header("link").empty());
  CHECK(reply.header("x-late").empty());
}

TEST_CASE("client: the answer to a HEAD has no body, whatever its length says") {
  Rig rig([](RawPeer& peer, int) {
    while (peer.request()) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  });
  Call call = call_to("/");
  call.method = "HEAD";
  for (int i = 0; i < 2; ++i) CHECK(std::get<Reply>(ask(*rig.client, call)).header("content-length") == "5");
  CHECK(rig.server.accepted() == 1);
}

TEST_CASE("client: an answer that breaks off is no answer") {
  const auto bytes =
      GENERATE(as<std::string>(), "HTTP/1.1 200 OK\r\nContent-Len", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", "");
  Rig rig(says(bytes));
  const CallFailure failure = failure_of(ask(*rig.client, call_to("/")));
  CHECK(failure.why == Why::Closed);
  CHECK_THAT(failure.text, Contains("closed the connection before the answer ended"));
  CHECK(rig.server.accepted() == 1);
}

TEST_CASE("client: an answer that is no HTTP is malformed") {
  const auto bytes =
      GENERATE(as<std::string>(), "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  Rig rig(says(bytes));
  CHECK(failure_of(ask(*rig.client, call_to("/"))).why == Why::Malformed);
}

TEST_CASE("client: an answer over the limits is too large") {
  const std::string more(1001, 'x');
  const auto bytes = GENERATE_COPY(
      as<std::string>(), "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n" + more,
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + more.substr(1) + "\r\n1\r\nx\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(100'000, 'x'));
  Rig rig(says(bytes), {.reply_bytes = 1000});
  CHECK(failure_of(ask(*rig.client, call_to("/"))).why == Why::TooLarge);
}

TEST_CASE("client: an answer of exactly the limit passes, and a large one too") {
  const std::size_t size = GENERATE(1000, 8'000'000);
  Rig rig(
      [&](RawPeer& peer, int) {
        while (peer.request()) peer.answer(std::string(size, 'x'));
      },
      {.reply_bytes = size});
  CHECK(text_of(ask(*rig.client, call_to("/"))).size() == size);
}

TEST_CASE("client: a large body goes out whole") {
  Rig rig([](RawPeer& peer, int) { peer.answer(std::to_string(peer.request().value_or("").size())); });
  Call call = call_to("/");
  call.method = "PUT";
  call.body = std::string(8'000'000, 'x');
  CHECK(std::stoul(text_of(ask(*rig.client, call))) > 8'000'000);
}

TEST_CASE("client: does not send what would forge a request, and does not repeat it") {
  Rig rig(test::echo_target);
  Call call = call_to("/");
  SECTION("in the target") { call.target = "/secret HTTP/1.1\r\nX: y"; }
  SECTION("in a header's value") { call.headers = {{"Authorization", "secret\r\nX: y"}}; }
  SECTION("in a header's name") { call.headers = {{"secret:\n", "y"}}; }
  SECTION("in the method") { call.method = "GET /secret"; }
  const CallFailure failure = failure_of(ask(*rig.client, call));
  CHECK(failure.why == Why::Malformed);
  CHECK_THAT(failure.text, !Contains("secret"));
  CHECK(rig.server.accepted() == 0);
}

TEST_CASE("client: an answer that does not come in time is a timeout, and its connection is not used again") {
  Rig rig(
      [](RawPeer& peer, int nth) {
        if (nth > 1) return test::echo_target(peer, nth);
        peer.request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
        peer.request();
      },
      {.connections = 1});
  const CallFailure failure = failure_of(ask(*rig.client, call_to("/", 50ms)));
  CHECK(failure.why == Why::Timeout);
  CHECK_THAT(failure.text, Contains("127.0.0.1:" + std::to_string(rig.server.port()) + " has not answered in time"));
  CHECK(text_of(ask(*rig.client, call_to("/next"))) == "/next");
  CHECK(rig.server.accepted() == 2);
}

TEST_CASE("client: a call without a deadline is over at once") {
  Rig rig([](RawPeer& peer, int) { peer.request(), peer.request(); });
  CHECK(failure_of(ask(*rig.client, Call{})).why == Why::Timeout);
}
