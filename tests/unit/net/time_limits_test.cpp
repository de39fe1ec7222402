// Clients that take their time.
#include <catch2/catch.hpp>

#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using namespace test;

namespace {

constexpr auto kShort = 50ms;

}  // namespace

TEST_CASE("time limits: a header that trickles in ends the connection") {
  Served served(echo, {.header = kShort});
  auto client = served.client();
  client.send("GET / HTTP/1.1\r\nHost: t\r\n");
  CHECK(client.read_to_end().empty());
}

TEST_CASE("time limits: each further byte of a header does not extend the time") {
  Served served(echo, {.header = 300ms});
  auto client = served.client();
  client.send("GET / HTTP/1.1\r\n");
  REQUIRE(eventually([&] { return served.listener.connections() == 1; }));
  CHECK(eventually([&] {
    client.send("X: y\r\n");
    return served.listener.connections() == 0;
  }));
}

TEST_CASE("time limits: a body that does not come ends the connection") {
  Served served(echo, {.body = kShort});
  auto client = served.client();
  client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nfive");
  CHECK(client.read_to_end().empty());
}

TEST_CASE("time limits: an idle connection is closed in good order") {
  Served served(echo, {.idle = 300ms});
  auto client = served.client();
  CHECK(client.exchange(get("/")).value().status == 200);
  CHECK(client.closed_cleanly());
}

TEST_CASE("time limits: a busy connection is not idle") {
  Served served(echo, {.idle = 1s});
  auto client = served.client();
  for (int i = 0; i < 6; ++i) {
    REQUIRE(client.exchange(get("/")));
    std::this_thread::sleep_for(300ms);
  }
}

TEST_CASE("time limits: a client that does not read its answer is let go") {
  Served served([](Request, Respond respond) { respond({.status = 200, .body = std::string(16 << 20, 'x')}); },
                {.answer = kShort});
  auto client = served.client();
  client.send(get("/"));
  REQUIRE(eventually([&] { return served.listener.connections() == 1; }));
  CHECK(eventually([&] { return served.listener.connections() == 0; }));
}

TEST_CASE("time limits: a client that never closes its side is let go after the goodbye") {
  Served served;
  auto client = served.client();
  CHECK(client.exchange(get("/", "Connection: close\r\n")));
  CHECK(eventually([&] { return served.listener.connections() == 0; }));
}
