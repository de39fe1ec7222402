#include "holdfast/net/url.hpp"

#include <catch2/catch.hpp>

using namespace holdfast::net;

TEST_CASE("query value: finds a name wherever it stands") {
  CHECK(query_value("timeout=10s", "timeout") == "10s");
  CHECK(query_value("a=1&timeout=10s&b=2", "timeout") == "10s");
  CHECK(query_value("mytimeout=1s&timeout=2s", "timeout") == "2s");
}

TEST_CASE("query value: the first of two counts") { CHECK(query_value("a=1&a=2", "a") == "1"); }

TEST_CASE("query value: decodes escapes and plus signs") {
  CHECK(query_value("ns=my%2Dapp+x", "ns") == "my-app x");
  CHECK(query_value("n%73=x", "ns") == "x");
}

TEST_CASE("query value: is empty where there is none") {
  CHECK(query_value("", "a").empty());
  CHECK(query_value("b=1", "a").empty());
  CHECK(query_value("a", "a").empty());
  CHECK(query_value("a=", "a").empty());
  CHECK(query_value("&&=&", "a").empty());
}

TEST_CASE("query value: a bad escape counts as no value") {
  CHECK(query_value("a=%", "a").empty());
  CHECK(query_value("a=%4", "a").empty());
  CHECK(query_value("a=%zz", "a").empty());
}

TEST_CASE("a server's address is read from its URL, with the port of its scheme") {
  const ServerAddress https = read_server_address("https://api.example.org/base/");
  CHECK((https.tls && https.host == "api.example.org" && https.port == 443 && https.base_path == "/base"));
  const ServerAddress http = read_server_address("http://[::1]:8080");
  CHECK((!http.tls && http.host == "::1" && http.port == 8080 && http.base_path.empty()));
  CHECK(read_server_address("http://localhost").port == 80);
}

TEST_CASE("what is no server's URL is refused, without a word of it") {
  for (const char* text : {"", "host", "ftp://host", "https://", "https://host:0", "https://host:70000",
                           "https://user:hunter2@host", "https://host/?a=b", "https://host/#a", "https://ho st"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(read_server_address(text), std::invalid_argument);
    CHECK_THROWS_WITH(read_server_address(text), !Catch::Contains("hunter2"));
  }
}
