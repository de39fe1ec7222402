// Handlers and their answers: early, late, twice, never.
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using namespace test;

TEST_CASE("handler: may answer later from a thread of its own") {
  std::vector<std::jthread> threads;
  std::mutex mutex;
  Served served([&](Request request, Respond respond) {
    const std::lock_guard lock(mutex);
    threads.emplace_back([respond, path = request.path] { respond({.status = 200, .body = path}); });
  });
  auto client = served.client();
  for (int i = 0; i < 50; ++i) {
    CHECK(client.exchange(get("/" + std::to_string(i))).value().body == "/" + std::to_string(i));
  }
}

TEST_CASE("handler: one that is waiting keeps no thread from serving others") {
  Kept kept;
  Served served([&, keep = kept.handler()](Request request, Respond respond) {
    if (request.path == "/wait") return keep(std::move(request), std::move(respond));
    respond({.status = 200});
  });
  std::vector<Client> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(served.client());
  for (auto& client : clients) client.send(get("/wait"));
  REQUIRE(kept.wait_for(10));
  CHECK(served.client().exchange(get("/")).value().status == 200);
  kept.answer({.status = 201});
  for (auto& client : clients) CHECK(client.receive().value().status == 201);
}

TEST_CASE("handler: one that never answers is a 500, and the connection goes on") {
  Served served([](Request request, Respond respond) {
    if (request.path == "/answer") respond({.status = 200});
  });
  auto client = served.client();
  const auto reply = client.exchange(get("/"));
  CHECK(reply.value().status == 500);
  CHECK(reply.value().body == "no answer\n");
  CHECK(client.exchange(get("/answer")).value().status == 200);
}

TEST_CASE("handler: the answer is lost only with the last copy of respond") {
  Kept kept;
  Served served(kept.handler());
  auto client = served.client();
  client.send(get("/"));
  REQUIRE(kept.wait_for(1));
  auto first = kept.take();
  auto second = first;
  SECTION("one copy is left") {
    first.clear();
    second[0]({.status = 202});
    CHECK(client.receive().value().status == 202);
  }
  SECTION("none is left") {
    first.clear();
    second.clear();
    CHECK(client.receive().value().status == 500);
  }
}

TEST_CASE("handler: one that throws is a 500 that does not tell why, and the connection goes on") {
  Served served([](Request request, Respond respond) {
    if (request.path == "/bad") throw std::runtime_error("secret");
    respond({.status = 200});
  });
  auto client = served.client();
  const auto reply = client.exchange(get("/bad"));
  CHECK(reply.value().status == 500);
  CHECK(reply.value().body.find("secret") == std::string::npos);
  CHECK(client.exchange(get("/")).value().status == 200);
}

TEST_CASE("handler: only the first answer counts, also across requests") {
  Respond first;
  std::atomic<int> calls = 0;
  Served served([&](Request, Respond respond) {
    if (calls++ == 0) {
      respond({.status = 200, .body = "one"});
      respond({.status = 200, .body = "two"});
      first = respond;
    } else {
      first({.status = 200, .body = "stale"});
      respond({.status = 200, .body = "three"});
    }
  });
  auto client = served.client();
  CHECK(client.exchange(get("/")).value().body == "one");
  CHECK(client.exchange(get("/")).value().body == "three");
}

TEST_CASE("handler: too slow a one becomes a 503, and its answer goes nowhere") {
  Kept kept;
  Served served(kept.handler(), {.answer = 50ms});
  auto client = served.client();
  const auto reply = client.exchange(get("/"));
  CHECK(reply.value().status == 503);
  CHECK(reply.value().field("Connection") == "close");
  kept.answer({.status = 200});
  CHECK(client.closed_cleanly());
}

TEST_CASE("handler: answers that come after the end of listener and loop are harmless") {
  Kept kept;
  {
    Served served(kept.handler());
    auto client = served.client();
    client.send(get("/"));
    REQUIRE(kept.wait_for(1));
  }
  kept.answer({.status = 200});
}

TEST_CASE("handler: is not called any more once the listener is gone") {
  Loop loop(2);
  std::atomic<bool> alive = true;
  std::atomic<int> calls_after_end = 0;
  std::vector<std::jthread> clients;
  {
    Listener listener(loop, {.name = "test"}, [&](Request, Respond respond) {
      if (!alive) ++calls_after_end;
      respond({.status = 200});
    });
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([port = listener.port()] {
        Client client(port);
        while (client.exchange(get("/"))) {
        }
      });
    }
    std::this_thread::sleep_for(50ms);
  }
  alive = false;
  clients.clear();
  CHECK(calls_after_end == 0);
}
