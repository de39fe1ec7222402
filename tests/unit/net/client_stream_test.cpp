// Answers as they come.
#include <thread>

#include "holdfast/net/client.hpp"
#include "tests/unit/net/calls.hpp"
#include "tests/unit/net/raw_server.hpp"
#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using test::call_to;
using test::RawPeer;
using test::RawServer;
using test::Recorder;
using Events = std::vector<std::string>;

namespace {

const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(const std::string& data) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + data + "\r\n";
}

struct Rig {
  explicit Rig(RawServer::Script script, int threads = 2)
      : server(std::move(script)),
        loop(threads),
        client(std::make_unique<Client>(loop, Client::Options{.host = "127.0.0.1", .port = server.port()}, nullptr)) {}
  std::string address() const { return "127.0.0.1:" + std::to_string(server.port()); }

  Recorder recorder;
  RawServer server;
  Loop loop;
  std::unique_ptr<Client> client;
};

RawServer::Script says(const std::string& bytes) {
  return [bytes](RawPeer& peer, int) {
    if (peer.request()) peer.send(bytes);
  };
}

}  // namespace

TEST_CASE("client stream: each piece arrives before the next is sent") {
  Recorder recorder;
  Rig rig([&](RawPeer& peer, int) {
    peer.request();
    peer.send(kChunked);
    recorder.wait_for(1);
    peer.send(chunk("one"));
    recorder.wait_for(2);
    peer.send(chunk("two"));
    recorder.wait_for(3);
    peer.send("0\r\n\r\n");
  });
  const auto stream = rig.client->stream(call_to("/"), recorder.callbacks());
  CHECK(recorder.wait_for(4) == Events{"head 200 ", "data one", "data two", "end "});
}

TEST_CASE("client stream: ends without a problem where the server ends it") {
  const auto bytes = GENERATE(as<std::string>(), kChunked + chunk("all") + "0\r\n\r\n",
                              "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nall", "HTTP/1.1 200 OK\r\n\r\nall");
  Rig rig(says(bytes));
  const auto stream = rig.client->stream(call_to("/"), rig.recorder.callbacks());
  CHECK(rig.recorder.wait_for(3) == Events{"head 200 ", "data all", "end "});
}

TEST_CASE("client stream: says what broke it off") {
  Rig rig(says(kChunked + chunk("some") + "5\r\nth"));
  const auto stream = rig.client->stream(call_to("/"), rig.recorder.callbacks());
  rig.recorder.wait_for_end();
  std::string told;
  for (const auto& event : rig.recorder.events()) told += event + "|";
  CHECK_THAT(told, Contains("data some") &&
                       Contains("th|end " + rig.address() + " closed the connection before the answer ended|"));
}

TEST_CASE("client stream: is not bounded in length") {
  constexpr int kPieces = 200;
  const std::string piece(100'000, 'x');
  Rig rig([&](RawPeer& peer, int) {
    peer.request();
    peer.send(kChunked);
    for (int i = 0; i < kPieces; ++i) peer.send(chunk(piece));
    peer.send("0\r\n\r\n");
  });
  std::atomic<std::size_t> size = 0;
  std::promise<std::string> ended;
  const auto stream =
      rig.client->stream(call_to("/"), {[](const Reply&) {}, [&](std::string_view data) { size += data.size(); },
                                        [&](std::string problem) { ended.set_value(std::move(problem)); }});
  CHECK(ended.get_future().get().empty());
  CHECK(size == kPieces * piece.size());
}

TEST_CASE("client stream: an answer that is no success comes with its body in the head") {
  const auto [body, seen] = GENERATE(table<std::string, std::string>(
      {{"gone", "gone"}, {"", ""}, {std::string(100'000, 'x'), std::string(64 * 1024, 'x')}}));
  Rig rig(says("HTTP/1.1 410 Gone\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  const auto stream = rig.client->stream(call_to("/"), rig.recorder.callbacks());
  CHECK(rig.recorder.wait_for(2) == Events{"head 410 " + seen, "end "});
}

TEST_CASE("client stream: a server that cannot be reached ends it without a head") {
  Rig rig(test::echo_target);
  std::uint16_t port = 0;
  { port = RawServer(test::echo_target).port(); }
  Client client(rig.loop, {.host = "127.0.0.1", .port = port}, nullptr);
  const auto stream = client.stream(call_to("/"), rig.recorder.callbacks());
  CHECK(rig.recorder.wait_for(1) ==
        Events{"end cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused"});
}

TEST_CASE("client stream: an answer that is no HTTP ends it without a head") {
  Rig rig(says("nonsense\r\n\r\n"));
  const auto stream = rig.client->stream(call_to("/"), rig.recorder.callbacks());
  CHECK_THAT(rig.recorder.wait_for(1).at(0), Contains("the answer of " + rig.address() + " cannot be used"));
}

TEST_CASE("client stream: the deadline is for the head") {
  Rig rig([](RawPeer& peer, int) { peer.request(), peer.request(); });
  const auto stream = rig.client->stream(call_to("/", 30ms), rig.recorder.callbacks());
  CHECK(rig.recorder.wait_for(1) == Events{"end " + rig.address() + " has not answered in time"});
}

TEST_CASE("client stream: the deadline does not end what has begun") {
  Recorder recorder;
  std::promise<void> overdue;
  Rig rig([&, passed = overdue.get_future().share()](RawPeer& peer, int) {
    peer.request();
    peer.send(kChunked + chunk("one"));
    passed.wait();
    peer.send(chunk("two") + "0\r\n\r\n");
  });
  const Call call = call_to("/", 1s);
  const auto stream = rig.client->stream(call, recorder.callbacks());
  const bool began = recorder.wait_for(2).size() == 2;
  std::this_thread::sleep_until(call.deadline + 50ms);
  overdue.set_value();
  REQUIRE(began);
  CHECK(recorder.wait_for(4) == Events{"head 200 ", "data one", "data two", "end "});
}

TEST_CASE("client stream: after cancel() nothing comes, and the server sees it go") {
  std::promise<bool> closed;
  Rig rig([&](RawPeer& peer, int) {
    peer.request();
    peer.send(kChunked + chunk("one"));
    closed.set_value(peer.closed_by_client());
  });
  auto stream = rig.client->stream(call_to("/"), rig.recorder.callbacks());
  REQUIRE(rig.recorder.wait_for(2).size() == 2);
  SECTION("by name") { stream->cancel(); }
  SECTION("by destruction") { stream.reset(); }
  CHECK(closed.get_future().get());
  CHECK(rig.recorder.events() == Events{"head 200 ", "data one"});
}

TEST_CASE("client stream: may be cancelled by its own callback, and by others before it has begun") {
  std::promise<bool> closed;
  Rig rig(
      [&](RawPeer& peer, int) {
        peer.request();
        peer.send(kChunked + chunk("one"));
        closed.set_value(peer.closed_by_client());
      },
      1);
  std::unique_ptr<Client::Stream> stream;
  auto callbacks = rig.recorder.callbacks();
  std::promise<void> begun, cancelled;
  callbacks.head = [&](const Reply&) {
    stream.reset();
    cancelled.set_value();
  };
  rig.loop.post([&] {
    rig.client->stream(call_to("/never"), rig.recorder.callbacks());
    stream = rig.client->stream(call_to("/"), callbacks);
    begun.set_value();
  });
  begun.get_future().wait();
  cancelled.get_future().wait();
  CHECK(closed.get_future().get());
  CHECK(rig.recorder.events().empty());
  CHECK(rig.server.accepted() == 1);
}

TEST_CASE("client stream: takes no place of the pool") {
  Rig rig([](RawPeer& peer, int nth) {
    if (nth > 1) return test::echo_target(peer, nth);
    peer.request();
    peer.send(kChunked);
    peer.request();
  });
  Client client(rig.loop, {.host = "127.0.0.1", .port = rig.server.port(), .connections = 1}, nullptr);
  const auto stream = client.stream(call_to("/"), rig.recorder.callbacks());
  REQUIRE(rig.recorder.wait_for(1).size() == 1);
  CHECK(test::text_of(test::ask(client, call_to("/x"))) == "/x");
}

TEST_CASE("client stream: ends once with its client, which its handle may outlive") {
  std::promise<bool> closed;
  Rig rig([&](RawPeer& peer, int) {
    peer.request();
    peer.send(kChunked);
    closed.set_value(peer.closed_by_client());
  });
  const auto stream = rig.client->stream(call_to("/"), rig.recorder.callbacks());
  REQUIRE(rig.recorder.wait_for(1).size() == 1);
  rig.client.reset();
  CHECK(rig.recorder.events() == Events{"head 200 ", "end the client has ended"});
  CHECK(closed.get_future().get());
  stream->cancel();
  CHECK(rig.recorder.events().size() == 2);
}

TEST_CASE("client stream: the client may end in its callback where the loop has one thread") {
  Rig rig(
      [](RawPeer& peer, int) {
        peer.request();
        peer.send(kChunked + chunk("one"));
        peer.request();
      },
      1);
  auto callbacks = rig.recorder.callbacks();
  callbacks.data = [&](std::string_view) { rig.client.reset(); };
  const auto stream = rig.client->stream(call_to("/"), callbacks);
  CHECK(rig.recorder.wait_for(2) == Events{"head 200 ", "end the client has ended"});
}
