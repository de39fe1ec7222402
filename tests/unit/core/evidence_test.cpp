#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

/// The id in hexadecimal; "-" where the text is none.
std::string hex(std::string_view text) {
  const auto id = RepositoryId::parse(text);
  return id ? id->hex() : "-";
}

}  // namespace

TEST_CASE("hexadecimal and base64 of the same bytes are the same repository") {
  const auto from_hex = RepositoryId::parse("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
  const auto from_base64 = RepositoryId::parse("ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=");
  REQUIRE(from_hex);
  CHECK(from_hex == from_base64);
  CHECK(from_base64->hex() == "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
}

TEST_CASE("the case of hexadecimal digits does not matter") {
  CHECK(hex("00112233AABBCCDD") == "00112233aabbccdd");
  CHECK(RepositoryId::parse("00112233AABBCCDD") == RepositoryId::parse("00112233aabbccdd"));
}

TEST_CASE("base64 reads with two, one and no padding characters") {
  CHECK(hex("AQIDBAUGBwgJCg==") == "0102030405060708090a");
  CHECK(hex("AQIDBAUGBwgJCgs=") == "0102030405060708090a0b");
  CHECK(hex("AQIDBAUGBwgJCgsM") == "0102030405060708090a0b0c");
  CHECK(hex("+/+/+/+/+/+/") == "fbffbffbffbffbffbf");
}

TEST_CASE("an identity is 8 to 64 bytes long") {
  CHECK(hex("00112233445566") == "-");
  CHECK(hex("0011223344556677") == "0011223344556677");
  CHECK(hex(std::string(128, 'a')) == std::string(128, 'a'));
  CHECK(hex(std::string(130, 'a')) == "-");
}

TEST_CASE("what is neither hexadecimal nor base64 is refused") {
  for (const char* text :
       {"", "=", "====", "AQIDBAUGBwgJC", "AQIDBAUGBwgJCg=", "AQID=AUGBwgJCgsM", "AQIDBAUGBwgJCg-_",
        "AQIDBAUGBwgJC===", "0011223344556677 ", " 0011223344556677", "0x0011223344556677", "<put it here>12"}) {
    INFO(text);
    CHECK(hex(text) == "-");
  }
}

TEST_CASE("evidence knows nothing until it is filled in") {
  const Evidence evidence;
  REQUIRE(std::holds_alternative<Unknown>(evidence.state));
  CHECK(std::get<Unknown>(evidence.state).why == Unknown::Why::Unavailable);
  CHECK(evidence.repository == std::nullopt);
}
