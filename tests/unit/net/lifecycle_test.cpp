// Listeners from bind to the end, and what they do when there is too much.
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "tests/unit/net/pem.hpp"
#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using namespace test;
using Clock = std::chrono::steady_clock;

namespace {

bool machine_has_ipv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0) return false;
  sockaddr_in6 loopback{};
  loopback.sin6_family = AF_INET6;
  loopback.sin6_addr = in6addr_loopback;
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) == 0;
  ::close(fd);
  return bound;
}

std::size_t open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  std::size_t count = 0;
  while (::readdir(folder)) ++count;
  ::closedir(folder);
  return count;
}

}  // namespace

TEST_CASE("loop: what runs when it is stopped has ended afterwards, and nothing else begins") {
  Loop loop(2);
  std::promise<void> began;
  std::atomic<bool> ended = false;
  std::atomic<bool> more = false;
  loop.post([&] {
    began.set_value();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ended = true;
  });
  began.get_future().wait();
  loop.stop();
  CHECK(ended);
  loop.post([&] { more = true; });
  loop.stop();
  CHECK_FALSE(more);
}

TEST_CASE("listener: serves both address families on one port") {
  Served served;
  CHECK(Client(served.port(), "127.0.0.1").exchange(get("/")).value().status == 200);
  if (!machine_has_ipv6()) {
    WARN("not tested: this machine has no IPv6");
    return;
  }
  CHECK(Client(served.port(), "::1").exchange(get("/")).value().status == 200);
  CHECK(served.listener.address() == "[::]:" + std::to_string(served.port()));
}

TEST_CASE("listener: names the address that it cannot bind") {
  Served first;
  Loop loop(1);
  CHECK_THROWS_WITH(
      Listener(loop, {.name = "second", .port = first.port()}, echo),
      Catch::Matchers::Contains("cannot listen on") && Catch::Matchers::Contains(":" + std::to_string(first.port())));
}

TEST_CASE("listener: its port is free again as soon as it is gone") {
  Loop loop(1);
  auto first = std::make_unique<Listener>(loop, Listener::Options{.name = "first"}, echo);
  const std::uint16_t port = first->port();
  CHECK(Client(port).exchange(get("/")));
  first.reset();
  CHECK_NOTHROW(Listener(loop, {.name = "second", .port = port}, echo));
}

TEST_CASE("listener: with its limit reached the connection that waits longest ends for the next") {
  Served served(echo, {.connections = 2});
  auto one = served.client(), two = served.client();
  CHECK(one.exchange(get("/")));
  CHECK(two.exchange(get("/")));
  CHECK(one.exchange(get("/")));
  CHECK(served.client().exchange(get("/")).value().status == 200);
  CHECK(two.read_to_end().empty());
  CHECK(one.exchange(get("/")).value().status == 200);
}

TEST_CASE("listener: silence, slowness and answers that nobody reads shut out nobody") {
  Served served(
      [](const Request& request, const Respond& respond) {
        respond({.status = 200, .body = std::string(request.path == "/large" ? 16'000'000 : 10, 'x')});
      },
      {.connections = 8});
  std::vector<Client> others;
  for (int i = 0; i < 40; ++i) {
    others.push_back(served.client());
    if (i % 4 == 1) others.back().send("GET / HTTP/1.1\r\nX-Slow: ");
    if (i % 4 == 2) others.back().send(post("/", "x").substr(0, post("/", "x").size() - 1));
    if (i % 4 == 3) others.back().send(get("/large"));
    CHECK(served.client().exchange(get("/")).value().status == 200);
    CHECK(served.listener.connections() <= 16);
  }
}

/// A listener whose handler answers what does not ask for "/wait", and says where it was called as overloaded.
struct Crowded {
  Kept kept;
  Served served;
  explicit Crowded(const Limits& limits)
      : served(
            [&, keep = kept.handler()](const Request& request, const Respond& respond) {
              if (request.path == "/wait" && !request.overloaded) return keep(request, respond);
              respond({.status = 200, .body = request.overloaded ? "overloaded" : "normal"});
            },
            limits) {}
  /// Connections with a request at the handler.
  std::vector<Client> busy(std::size_t count, const std::string& request = get("/wait")) {
    std::vector<Client> clients;
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back(served.client());
      clients.back().send(request);
    }
    REQUIRE(kept.wait_for(count));
    return clients;
  }
};

TEST_CASE("listener: where all have a request at the handler, one more gets one answer, marked as overload") {
  Crowded crowded({.connections = 2});
  auto busy = crowded.busy(2);
  auto three = crowded.served.client();
  const auto reply = three.exchange(get("/"));
  CHECK(reply.value().body == "overloaded");
  CHECK(reply.value().field("Connection") == "close");
  CHECK(three.closed_cleanly());
  crowded.kept.answer({.status = 200});
  for (Client& client : busy) CHECK(client.receive().value().status == 200);
  CHECK(busy[0].exchange(get("/")).value().body == "normal");
}

TEST_CASE("listener: a body beyond what all may take ends one that is still coming, or is refused") {
  const std::string large(100'000, 'x');
  Crowded crowded({.small_body_bytes = 1000, .all_bodies_bytes = 400'000});
  auto unfinished = crowded.served.client();
  unfinished.send(post("/", large).substr(0, 90'000));
  REQUIRE(eventually([&] { return crowded.served.listener.connections() == 1; }));
  CHECK(crowded.served.client().exchange(post("/", large)).value().body == "normal");
  auto busy = crowded.busy(2, post("/wait", large));
  CHECK(unfinished.read_to_end().empty());
  const auto refused = crowded.served.client().exchange(post("/", std::string(300'000, 'x')));
  CHECK(refused.value().status == 503);
  CHECK(crowded.served.client().exchange(post("/", "small")).value().body == "normal");
  crowded.kept.answer({.status = 200});
  for (Client& client : busy) CHECK(client.receive().value().status == 200);
  CHECK(crowded.served.client().exchange(post("/", large)).value().body == "normal");
}

TEST_CASE("listener: over twice its limit a connection is closed at once") {
  Crowded crowded({.connections = 1});
  auto one = crowded.busy(1);
  auto two = crowded.served.client();
  REQUIRE(eventually([&] { return crowded.served.listener.connections() == 2; }));
  CHECK(two.exchange(get("/")).value().body == "overloaded");
}

TEST_CASE("listener: many connections come and go without a trace") {
  const auto tls = GENERATE(false, true);
  CAPTURE(tls);
  auto source = tls ? std::make_shared<SwappableTls>(make_pem(1)) : nullptr;
  Served served(echo, {}, source);
  const auto connect = [&] { return tls ? Client(served.port(), TlsOptions{}) : served.client(); };
  CHECK(connect().exchange(get("/")));
  REQUIRE(eventually([&] { return served.listener.connections() == 0; }));
  const std::size_t before = open_descriptors();
  for (int round = 0; round < 10; ++round) {
    std::vector<Client> clients;
    for (int i = 0; i < 50; ++i) clients.push_back(connect());
    for (auto& client : clients) client.send(get("/"));
    for (auto& client : clients) CHECK(client.receive());
  }
  CHECK(eventually([&] { return served.listener.connections() == 0; }));
  CHECK(eventually([&] { return open_descriptors() <= before; }));
}

TEST_CASE("listener: goes on accepting after it ran out of descriptors") {
  Served served;
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &old) == 0);
  Client client = served.client();
  REQUIRE(client.exchange(get("/")));
  std::vector<int> plugs;
  rlimit tight = old;
  tight.rlim_cur = open_descriptors() + 8;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) plugs.push_back(fd);
  REQUIRE_FALSE(plugs.empty());
  ::close(plugs.back());
  plugs.pop_back();
  Client starved = served.client();  // takes the last descriptor: none is left for the other end
  starved.send(get("/"));
  std::this_thread::sleep_for(250ms);
  CHECK(served.listener.connections() == 1);
  CHECK(client.exchange(get("/")).value().status == 200);
  for (const int fd : plugs) ::close(fd);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &old) == 0);
  CHECK(starved.receive().value().status == 200);
}

TEST_CASE("announce_close: each answer is its connection's last, new connections are served") {
  Served served;
  auto kept = served.client();
  CHECK(kept.exchange(get("/")).value().field("Connection").empty());
  served.listener.announce_close();
  CHECK(kept.exchange(get("/")).value().field("Connection") == "close");
  CHECK(kept.closed_cleanly());
  auto fresh = served.client();
  CHECK(fresh.exchange(get("/")).value().field("Connection") == "close");
  CHECK(fresh.closed_cleanly());
}

TEST_CASE("drain: closes idle connections and takes no new ones") {
  Served served;
  auto idle = served.client();
  CHECK(idle.exchange(get("/")));
  served.listener.drain(Clock::now() + 5s);
  CHECK(idle.closed_cleanly());
  CHECK(served.listener.connections() == 0);
  CHECK_THROWS_WITH(served.client(), Catch::Matchers::Contains("cannot connect"));
}

TEST_CASE("drain: waits for a request under way") {
  Kept kept;
  Served served(kept.handler());
  auto client = served.client();
  client.send(get("/"));
  REQUIRE(kept.wait_for(1));
  auto drained = std::async(std::launch::async, [&] { served.listener.drain(Clock::now() + 5s); });
  CHECK(drained.wait_for(100ms) == std::future_status::timeout);
  kept.answer({.status = 200, .body = "done"});
  const auto reply = client.receive();
  CHECK(reply.value().body == "done");
  CHECK(reply.value().field("Connection") == "close");
  CHECK(client.closed_cleanly());
  drained.get();
  CHECK(served.listener.connections() == 0);
}

TEST_CASE("drain: waits for a request whose header is on its way") {
  Served served;
  auto client = served.client();
  // In one write, so that the second header has begun to arrive before the first answer is out.
  CHECK(client.exchange(get("/") + "GET / HTTP/1.1\r\n").value().status == 200);
  auto drained = std::async(std::launch::async, [&] { served.listener.drain(Clock::now() + 5s); });
  CHECK(drained.wait_for(100ms) == std::future_status::timeout);
  CHECK(client.exchange("Host: t\r\n\r\n").value().status == 200);
}

TEST_CASE("drain: gives up at the deadline") {
  Kept kept;
  Served served(kept.handler());
  auto client = served.client();
  client.send(get("/"));
  REQUIRE(kept.wait_for(1));
  served.listener.drain(Clock::now() + 50ms);
  CHECK(served.listener.connections() == 1);
}

TEST_CASE("listener: its end ends every connection, whatever it is doing") {
  Kept kept;
  auto served = std::make_unique<Served>(kept.handler());
  auto idle = served->client(), reading = served->client(), waiting = served->client();
  reading.send("GET / HT");
  waiting.send(get("/"));
  REQUIRE(kept.wait_for(1));
  REQUIRE(eventually([&] { return served->listener.connections() == 3; }));
  served.reset();
  CHECK(idle.read_to_end().empty());
  CHECK(reading.read_to_end().empty());
  waiting.read_to_end();
}

TEST_CASE("loop: runs what is posted, at once or later") {
  Loop loop(1);
  std::promise<void> now, later;
  const auto begin = Clock::now();
  loop.post([&] { later.set_value(); }, 30ms);
  loop.post([&] { now.set_value(); });
  CHECK(now.get_future().wait_for(60s) == std::future_status::ready);
  CHECK(later.get_future().wait_for(60s) == std::future_status::ready);
  CHECK(Clock::now() - begin >= 30ms);
}

TEST_CASE("loop: what it has not begun when it stops is never run") {
  std::atomic<bool> ran = false;
  {
    Loop loop(1);
    loop.post([&] { ran = true; }, 1h);
  }
  CHECK_FALSE(ran);
}
