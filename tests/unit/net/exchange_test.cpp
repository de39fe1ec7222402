// What a client gets for what it sends, over plain HTTP.
#include <catch2/catch.hpp>

#include "tests/unit/net/served.hpp"

using namespace holdfast::net;
using namespace test;

TEST_CASE("exchange: hands the request to the handler as it was sent") {
  Served served;
  auto client = served.client();
  const auto reply = client.exchange(post("/a%20b?x=%31&y", "hello", "Content-Type: application/json; x=1\r\n"));
  REQUIRE(reply);
  CHECK(reply->status == 200);
  CHECK(reply->body == "POST /a b x=%31&y application/json; x=1 hello");
}

TEST_CASE("exchange: answers carry the few fields that matter") {
  Served served;
  const auto reply = served.client().exchange(get("/"));
  REQUIRE(reply);
  CHECK(reply->head.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(reply->field("Content-Type") == "text/plain; charset=utf-8");
  CHECK(reply->field("Content-Length") == std::to_string(reply->body.size()));
  CHECK(reply->field("Cache-Control") == "no-store");
  CHECK(reply->field("X-Content-Type-Options") == "nosniff");
  CHECK(reply->field("Connection").empty());
  CHECK(reply->field("Server").empty());
}

TEST_CASE("exchange: a 405 names the allowed methods") {
  Served served([](Request, Respond respond) { respond({.status = 405, .allow = "POST"}); });
  const auto reply = served.client().exchange(get("/"));
  REQUIRE(reply);
  CHECK(reply->head.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK(reply->field("Allow") == "POST");
}

TEST_CASE("exchange: one connection serves one request after the other") {
  Served served;
  auto client = served.client();
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.exchange(get("/" + std::to_string(i)));
    REQUIRE(reply);
    CHECK(reply->body.starts_with("GET /" + std::to_string(i) + " "));
  }
  CHECK(served.listener.connections() == 1);
}

TEST_CASE("exchange: requests written at once are answered in their order") {
  Served served;
  auto client = served.client();
  client.send(get("/1") + post("/2", "two") + get("/3"));
  CHECK(client.receive().value().body == "GET /1   ");
  CHECK(client.receive().value().body == "POST /2   two");
  CHECK(client.receive().value().body == "GET /3   ");
}

TEST_CASE("exchange: a request may arrive byte by byte") {
  Served served;
  auto client = served.client();
  for (const char c : post("/slow", "body", "Content-Type: text/plain\r\n")) client.send(std::string(1, c));
  CHECK(client.receive().value().body == "POST /slow  text/plain body");
}

TEST_CASE("exchange: reads chunked bodies, whose trailers change nothing") {
  Served served;
  auto client = served.client();
  const std::string request =
      "POST /c HTTP/1.1\r\nHost: t\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nContent-Type: c/d\r\n\r\n";
  CHECK(client.exchange(request).value().body == "POST /c  a/b hello world");
  CHECK(client.exchange(get("/next")).value().status == 200);
}

TEST_CASE("exchange: takes a body of the full size") {
  Served served;
  const std::string body(Limits{}.body_bytes, 'x');
  CHECK(served.client().exchange(post("/", body)).value().body == "POST /   " + std::to_string(body.size()));
}

TEST_CASE("exchange: refuses a body declared too large before it is sent") {
  Served served(echo, {.body_bytes = 1000});
  auto client = served.client();
  const auto reply = client.exchange("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n");
  REQUIRE(reply);
  CHECK(reply->status == 413);
  CHECK(reply->body == "the body is larger than 1000 bytes\n");
  CHECK(reply->field("Connection") == "close");
  CHECK(client.closed_cleanly());
}

TEST_CASE("exchange: the 413 reaches a client that keeps sending") {
  Served served(echo, {.body_bytes = 1000});
  auto client = served.client();
  client.send(post("/", std::string(512 * 1024, 'x')));
  const auto reply = client.receive();
  REQUIRE(reply);
  CHECK(reply->status == 413);
}

TEST_CASE("exchange: refuses a chunked body that grows too large") {
  Served served(echo, {.body_bytes = 1000});
  auto client = served.client();
  client.send("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) client.send("64\r\n" + std::string(100, 'x') + "\r\n");
  CHECK(client.receive().value().status == 413);
  CHECK(client.closed_cleanly());
}

TEST_CASE("exchange: refuses a header that is too large") {
  Served served(echo, {.header_bytes = 1024});
  SECTION("at once") {}
  SECTION("in small fields") {}
  auto client = served.client();
  client.send("GET / HTTP/1.1\r\nHost: t\r\n");
  for (int i = 0; i < 100; ++i) client.send("X-" + std::to_string(i) + ": 0123456789\r\n");
  CHECK(client.receive().value().status == 431);
  CHECK(client.closed_cleanly());
}

TEST_CASE("exchange: refuses what is not HTTP, and closes") {
  const auto request = GENERATE(as<std::string>{}, "hello\r\n\r\n", "GET / HTTP/3.0\r\nHost: t\r\n\r\n",
                                "GET /%zz HTTP/1.1\r\nHost: t\r\n\r\n", "GET nowhere HTTP/1.1\r\nHost: t\r\n\r\n",
                                "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: t\r\nBad Name: x\r\n\r\n",
                                "GET / HTTP/1.1\r\nHost: t\r\nName : x\r\n\r\n",
                                "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
                                "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n");
  CAPTURE(request);
  Served served;
  auto client = served.client();
  const auto reply = client.exchange(request);
  REQUIRE(reply);
  CHECK(reply->status == 400);
  CHECK(reply->body.starts_with("malformed request: "));
  CHECK(client.closed_cleanly());
}

TEST_CASE("exchange: refuses requests whose end two readers could see in two places") {
  const auto fields =
      GENERATE(as<std::string>{}, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
               "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
               "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
               "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n");
  CAPTURE(fields);
  Served served;
  auto client = served.client();
  const auto reply =
      client.exchange("POST / HTTP/1.1\r\nHost: t\r\n" + fields + "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n");
  REQUIRE(reply);
  CHECK((reply->status == 400 || reply->status == 501));
  CHECK(client.closed_cleanly());
}

TEST_CASE("exchange: refuses a target over 8 KiB") {
  Served served;
  CHECK(served.client().exchange(get("/" + std::string(8 * 1024, 'x'))).value().status == 414);
}

TEST_CASE("exchange: takes a target in absolute form") {
  Served served;
  CHECK(served.client().exchange(get("http://example.org:80/a?b")).value().body == "GET /a b  ");
  CHECK(served.client().exchange(get("https://example.org")).value().body == "GET /   ");
}

TEST_CASE("exchange: asks for the body that a client holds back") {
  Served served;
  auto client = served.client();
  client.send("POST /e HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.receive(true).value().status == 100);
  client.send("ok");
  CHECK(client.receive().value().body == "POST /e   ok");
}

TEST_CASE("exchange: answers HEAD without a body") {
  Served served;
  auto client = served.client();
  client.send("HEAD /h HTTP/1.1\r\nHost: t\r\n\r\n" + get("/next"));
  CHECK(client.receive(true).value().field("Content-Length") == "10");
  CHECK(client.receive().value().body == "GET /next   ");
}

TEST_CASE("exchange: HTTP/1.0 connections end after the answer unless asked to stay") {
  Served served;
  auto client = served.client();
  const auto kept = client.exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(kept.value().field("Connection") == "keep-alive");
  const auto last = client.exchange("GET / HTTP/1.0\r\n\r\n");
  CHECK(last.value().field("Connection") == "close");
  CHECK(client.closed_cleanly());
}

TEST_CASE("exchange: closes where either side asks for it") {
  Served served([](Request request, Respond respond) { respond({.status = 200, .close = request.path == "/close"}); });
  SECTION("the client") {
    auto client = served.client();
    CHECK(client.exchange(get("/", "Connection: close\r\n")).value().field("Connection") == "close");
    CHECK(client.closed_cleanly());
  }
  SECTION("the handler") {
    auto client = served.client();
    CHECK(client.exchange(get("/close")).value().field("Connection") == "close");
    CHECK(client.closed_cleanly());
  }
}

TEST_CASE("exchange: a client that has closed its own direction still gets its answer") {
  Served served;
  auto client = served.client();
  client.send(get("/last"));
  client.half_close();
  CHECK(client.receive().value().body == "GET /last   ");
  CHECK(client.closed_cleanly());
}

TEST_CASE("exchange: a client that leaves within a request disturbs nobody") {
  Served served;
  {
    auto client = served.client();
    client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nhalf");
  }
  CHECK(eventually([&] { return served.listener.connections() == 0; }));
  CHECK(served.client().exchange(get("/")).value().status == 200);
}

TEST_CASE("exchange: delivers answers larger than any buffer") {
  const std::string large(5 * 1024 * 1024, 'z');
  Served served([&](Request, Respond respond) { respond({.status = 200, .body = large}); });
  auto client = served.client();
  CHECK(client.exchange(get("/")).value().body == large);
  CHECK(client.exchange(get("/")).value().body == large);
}
