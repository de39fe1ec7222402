#include "holdfast/net/server_address.hpp"

#include <catch2/catch.hpp>

namespace holdfast::net {
namespace {

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

}  // namespace
}  // namespace holdfast::net
