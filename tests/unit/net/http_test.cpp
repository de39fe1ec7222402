#include "holdfast/net/http.hpp"

#include <catch2/catch.hpp>

using holdfast::net::query_value;

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
