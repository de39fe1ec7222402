// Calls share connections, wait for them, and end with their client.
#include <atomic>
#include <thread>

#include "holdfast/net/client.hpp"
#include "tests/unit/net/calls.hpp"
#include "tests/unit/net/raw_server.hpp"
#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using Catch::Matchers::Contains;
using test::ask;
using test::begin;
using test::call_to;
using test::eventually;
using test::failure_of;
using test::RawPeer;
using test::RawServer;
using test::text_of;
using namespace std::chrono_literals;
using Why = CallFailure::Why;

namespace {

std::unique_ptr<Client> client_of(Loop& loop, std::uint16_t port, std::size_t connections = 8) {
  return std::make_unique<Client>(loop, Client::Options{.host = "127.0.0.1", .port = port, .connections = connections},
                                  nullptr);
}

}  // namespace

TEST_CASE("client pool: calls one after the other share a connection") {
  RawServer server(test::echo_target);
  Loop loop(2);
  const auto client = client_of(loop, server.port());
  for (const char* target : {"/1", "/2", "/3"}) CHECK(text_of(ask(*client, call_to(target))) == target);
  CHECK(server.accepted() == 1);
}

TEST_CASE("client pool: a call made by the callback of another shares its connection") {
  RawServer server(test::echo_target);
  Loop loop(2);
  const auto client = client_of(loop, server.port());
  std::promise<std::string> last;
  client->send(call_to("/1"), [&](const CallResult&) {
    client->send(call_to("/2"), [&](const CallResult&) {
      client->send(call_to("/3"), [&](const CallResult& result) { last.set_value(text_of(result)); });
    });
  });
  CHECK(last.get_future().get() == "/3");
  CHECK(server.accepted() == 1);
}

TEST_CASE("client pool: no more connections than allowed, and the rest waits its turn") {
  test::Kept kept;
  test::Served served(kept.handler());
  const auto client = client_of(served.loop, served.port(), 2);
  std::vector<std::future<CallResult>> results;
  for (int i = 0; i < 6; ++i) results.push_back(begin(*client, call_to("/")));
  for (int i = 0; i < 3; ++i) {
    REQUIRE(kept.wait_for(2));
    CHECK(kept.size() == 2);
    CHECK(served.listener.connections() == 2);
    kept.answer({.status = 200, .body = "ok"});
  }
  for (auto& result : results) CHECK(text_of(result.get()) == "ok");
}

TEST_CASE("client pool: calls that wait are sent in order") {
  std::vector<std::string> order;
  RawServer server([&](RawPeer& peer, int) {
    while (const auto request = peer.request()) {
      order.push_back(test::target_of(*request));
      peer.answer("");
    }
  });
  Loop loop(2);
  const auto client = client_of(loop, server.port(), 1);
  std::vector<std::future<CallResult>> results;
  std::vector<std::string> targets;
  for (int i = 0; i < 20; ++i) {
    targets.push_back("/" + std::to_string(i));
    results.push_back(begin(*client, call_to(targets.back())));
  }
  for (auto& result : results) result.wait();
  CHECK(order == targets);
  CHECK(server.accepted() == 1);
}

TEST_CASE("client pool: the deadline counts while a call waits for a connection") {
  test::Kept kept;
  test::Served served(kept.handler());
  const auto client = client_of(served.loop, served.port(), 1);
  auto first = begin(*client, call_to("/"));
  REQUIRE(kept.wait_for(1));
  const CallFailure failure = failure_of(ask(*client, call_to("/", 30ms)));
  CHECK(failure.why == Why::Timeout);
  CHECK_THAT(failure.text, Contains("no free connection to 127.0.0.1:"));
  kept.answer({.status = 200, .body = "ok"});
  CHECK(text_of(first.get()) == "ok");
  auto third = begin(*client, call_to("/"));
  REQUIRE(kept.wait_for(1));
  CHECK(kept.size() == 1);
  kept.answer({.status = 200, .body = "third"});
  CHECK(text_of(third.get()) == "third");
}

TEST_CASE("client pool: a call whose time ran out while the thread was kept from running is not sent late") {
  std::promise<void> came, may_answer, answered, asleep, awake;
  std::atomic<int> others = 0;
  RawServer server([&](RawPeer& peer, int nth) {
    if (nth == 1) {
      peer.request();
      came.set_value();
      may_answer.get_future().wait();
      peer.answer("first");
      answered.set_value();
    }
    while (peer.request()) {
      ++others;
      peer.answer("other");
    }
  });
  Loop loop(1);
  const auto client = client_of(loop, server.port(), 1);
  auto first = begin(*client, call_to("/first"));
  came.get_future().wait();
  loop.post([&] {
    asleep.set_value();
    awake.get_future().wait();
  });
  asleep.get_future().wait();
  auto late = begin(*client, call_to("/late", 20ms));
  may_answer.set_value();
  answered.get_future().wait();
  std::this_thread::sleep_for(40ms);
  awake.set_value();
  CHECK(text_of(first.get()) == "first");
  CHECK(failure_of(late.get()).why == Why::Timeout);
  CHECK(text_of(ask(*client, call_to("/next"))) == "other");
  CHECK(others == 1);
  CHECK(server.accepted() == 1);
}

TEST_CASE("client pool: a kept connection that the server closed is replaced without a word") {
  RawServer server([](RawPeer& peer, int nth) {
    if (nth > 1) return test::echo_target(peer, nth);
    peer.request();
    peer.answer("first");
    // The second request finds it open and gets no answer.
    peer.request();
  });
  Loop loop(2);
  const auto client = client_of(loop, server.port());
  CHECK(text_of(ask(*client, call_to("/1"))) == "first");
  CHECK(text_of(ask(*client, call_to("/2"))) == "/2");
  CHECK(server.accepted() == 2);
}

TEST_CASE("client pool: a kept connection is replaced once, not for ever") {
  RawServer server([](RawPeer& peer, int nth) {
    peer.request();
    if (nth == 1) {
      peer.answer("first");
      peer.request();
    }
  });
  Loop loop(2);
  const auto client = client_of(loop, server.port());
  CHECK(text_of(ask(*client, call_to("/1"))) == "first");
  CHECK(failure_of(ask(*client, call_to("/2"))).why == Why::Closed);
  CHECK(server.accepted() == 2);
}

TEST_CASE("client pool: a kept connection is not replaced once a byte of the answer has come") {
  RawServer server([](RawPeer& peer, int) {
    peer.request();
    peer.answer("first");
    peer.request();
    peer.send("H");
  });
  Loop loop(2);
  const auto client = client_of(loop, server.port());
  CHECK(text_of(ask(*client, call_to("/1"))) == "first");
  CHECK(failure_of(ask(*client, call_to("/2"))).why == Why::Closed);
  CHECK(server.accepted() == 1);
}

TEST_CASE("client pool: a connection is used no more when its answer says so, or is followed by anything") {
  const auto answer = GENERATE(as<std::string>(), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                               "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n");
  RawServer server([&](RawPeer& peer, int nth) {
    if (nth > 1) return test::echo_target(peer, nth);
    peer.request();
    peer.send(answer);
    peer.request();
  });
  Loop loop(2);
  const auto client = client_of(loop, server.port());
  CHECK(text_of(ask(*client, call_to("/1"))).empty());
  CHECK(text_of(ask(*client, call_to("/2"))) == "/2");
  CHECK(server.accepted() == 2);
}

TEST_CASE("client pool: an idle connection is closed after its time") {
  std::promise<bool> closed;
  RawServer server([&](RawPeer& peer, int nth) {
    peer.request();
    peer.answer("ok");
    if (nth == 1) closed.set_value(peer.closed_by_client());
  });
  Loop loop(2);
  Client client(loop, {.host = "127.0.0.1", .port = server.port(), .idle = 10ms}, nullptr);
  CHECK(text_of(ask(client, call_to("/"))) == "ok");
  CHECK(closed.get_future().get());
  CHECK(text_of(ask(client, call_to("/"))) == "ok");
  CHECK(server.accepted() == 2);
}

TEST_CASE("client pool: a failure to connect leaves the place to the next call") {
  std::uint16_t port = 0;
  { port = RawServer(test::echo_target).port(); }
  Loop loop(2);
  const auto client = client_of(loop, port, 1);
  std::vector<std::future<CallResult>> results;
  for (int i = 0; i < 5; ++i) results.push_back(begin(*client, call_to("/")));
  for (auto& result : results) CHECK(failure_of(result.get()).why == Why::Connect);
}

TEST_CASE("client pool: calls made while kept connections are dropped find a place") {
  test::Served served;
  const auto client = client_of(served.loop, served.port(), 1);
  for (int i = 0; i < 200; ++i) {
    client->replace_tls(nullptr);
    CHECK(text_of(ask(*client, call_to("/x"))) == "GET /x   ");
  }
}

TEST_CASE("client pool: a kept connection stays although news of what was read comes late") {
  // In two pieces: the second one's arrival is reported to one thread while another has read it already.
  RawServer server([](RawPeer& peer, int) {
    while (peer.request()) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
      peer.send("k");
    }
  });
  Loop loop(4);
  const auto client = client_of(loop, server.port(), 1);
  for (int i = 0; i < 5'000; ++i) REQUIRE(text_of(ask(*client, call_to("/"))) == "ok");
  CHECK(server.accepted() == 1);
}

TEST_CASE("client pool: a connection on which the server says something unasked is given up") {
  std::promise<void> said;
  RawServer server([&](RawPeer& peer, int nth) {
    peer.request();
    peer.answer("first");
    if (nth > 1) return;
    peer.send("H");
    if (peer.closed_by_client()) said.set_value();
  });
  Loop loop(1);
  const auto client = client_of(loop, server.port());
  CHECK(text_of(ask(*client, call_to("/"))) == "first");
  CHECK(said.get_future().wait_for(10s) == std::future_status::ready);
  CHECK(text_of(ask(*client, call_to("/"))) == "first");
  CHECK(server.accepted() == 2);
}

TEST_CASE("client end: everything under way ends with Cancelled, each call once") {
  test::Kept kept;
  test::Served served(kept.handler());
  auto client = client_of(served.loop, served.port(), 2);
  std::atomic<int> cancelled = 0, others = 0;
  for (int i = 0; i < 10; ++i) {
    client->send(call_to("/"), [&](const CallResult& result) {
      const auto* failure = std::get_if<CallFailure>(&result);
      ++(failure && failure->why == Why::Cancelled ? cancelled : others);
    });
  }
  REQUIRE(kept.wait_for(2));
  client.reset();
  CHECK(cancelled == 10);
  kept.answer({.status = 200});
  CHECK(eventually([&] { return served.listener.connections() == 0; }));
  CHECK(cancelled == 10);
  CHECK(others == 0);
}

TEST_CASE("client end: races with answers lose no call and end none twice") {
  test::Served served;
  for (int round = 0; round < 50; ++round) {
    auto client = client_of(served.loop, served.port(), 4);
    std::atomic<int> ended = 0;
    for (int i = 0; i < 20; ++i) client->send(call_to("/"), [&](const CallResult&) { ++ended; });
    if (round % 2) eventually([&] { return ended > 0; });
    client.reset();
    CHECK(ended == 20);
  }
}

TEST_CASE("client end: may come from a callback where the loop has one thread") {
  RawServer server([](RawPeer& peer, int) {
    if (test::target_of(peer.request().value_or("")) == "/1") peer.answer("first");
    peer.request();
  });
  Loop loop(1);
  auto client = client_of(loop, server.port(), 2);
  auto unanswered = begin(*client, call_to("/2"));
  std::promise<std::string> first, third;
  client->send(call_to("/1"), [&](const CallResult& result) {
    client->send(call_to("/3"), [&](const CallResult& r) { third.set_value(text_of(r)); });
    client.reset();
    first.set_value(text_of(result));
  });
  CHECK(first.get_future().get() == "first");
  CHECK(failure_of(unanswered.get()).why == Why::Cancelled);
  CHECK(third.get_future().get() == "! the client has ended");
}

TEST_CASE("client end: a call made while it ends is cancelled too") {
  test::Kept kept;
  test::Served served(kept.handler());
  auto client = client_of(served.loop, served.port());
  std::string again;
  Client& ending = *client;
  client->send(call_to("/"), [&](const CallResult&) {
    ending.send(call_to("/again"), [&](const CallResult& result) { again = text_of(result); });
  });
  REQUIRE(kept.wait_for(1));
  client.reset();
  CHECK(again == "! the client has ended");
}

TEST_CASE("client end: does not need a loop that still runs") {
  test::Kept kept;
  test::Served served(kept.handler());
  Loop loop(1);
  auto client = client_of(loop, served.port());
  auto result = begin(*client, call_to("/"));
  REQUIRE(kept.wait_for(1));
  loop.stop();
  client.reset();
  CHECK(failure_of(result.get()).why == Why::Cancelled);
}
