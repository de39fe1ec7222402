#include "src/json/yaml/yaml_scalar.hpp"

#include <catch2/catch.hpp>

using namespace holdfast::json;
using Kind = YamlScalar::Kind;

namespace {

YamlScalar plain(std::string_view value) { return std::get<YamlScalar>(resolve_yaml_scalar("?", value)); }

YamlScalar tagged(std::string_view tag, std::string_view value) {
  const auto result = resolve_yaml_scalar("tag:yaml.org,2002:" + std::string(tag), value);
  if (const auto* fault = std::get_if<YamlScalarFault>(&result)) FAIL(fault->problem);
  return std::get<YamlScalar>(result);
}

std::string fault(std::string_view tag, std::string_view value) {
  return std::get<YamlScalarFault>(resolve_yaml_scalar(tag, value)).problem;
}

}  // namespace

TEST_CASE("plain words are booleans and nulls where kubectl says so") {
  for (const char* word : {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}) {
    CHECK(plain(word).kind == Kind::Boolean);
    CHECK(plain(word).text == "true");
  }
  for (const char* word : {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}) {
    CHECK(plain(word).kind == Kind::Boolean);
    CHECK(plain(word).text == "false");
  }
  for (const char* word : {"", "~", "null", "Null", "NULL"}) CHECK(plain(word).kind == Kind::Null);
}

TEST_CASE("plain words that only look like it are strings") {
  for (const char* word : {"tRUE", "yEs", "nULL", "190:20:30", "2001-01-01", "2001-01-01T00:00:00Z",
                           "=",    ".",   "-",    "+",         "1.5.2",      "0x",
                           "0b12", "_1",  "1e",   "1e+",       "1e5x",       "e5",
                           ".e5",  "0xg", "-0x",  "hourly",    "10Gi",       "--5",
                           "+-5",  "1 2"}) {
    INFO(word);
    CHECK(plain(word).kind == Kind::Text);
    CHECK(plain(word).text == word);
  }
}

TEST_CASE("plain integers are read in every notation that Go knows") {
  const std::pair<const char*, const char*> table[] = {
      {"0", "0"},        {"5", "5"},     {"+5", "5"},        {"-5", "-5"},
      {"-0", "0"},       {"0x1F", "31"}, {"-0x1F", "-31"},   {"010", "8"},
      {"-010", "-8"},    {"0o17", "15"}, {"0b11", "3"},      {"-0b11", "-3"},
      {"1_000", "1000"}, {"1__0", "10"}, {"0777_7", "4095"}, {"18446744073709551615", "18446744073709551615"}};
  for (const auto& [text, value] : table) {
    INFO(text);
    CHECK(plain(text).kind == Kind::Number);
    CHECK(plain(text).text == value);
  }
}

TEST_CASE("plain decimals are numbers") {
  for (const char* text : {"1.", ".5", "1e3", "12e03", "-1.5E-7", "09", "18446744073709551616"}) {
    INFO(text);
    CHECK(plain(text).kind == Kind::Number);
    CHECK(plain(text).text == text);
  }
  CHECK(plain("1_0.5").text == "10.5");
  CHECK(plain("+.5").text == ".5");
}

TEST_CASE("what JSON has no number for is refused") {
  CHECK(fault("?", ".inf") == ".inf is not a finite number");
  CHECK(fault("?", ".NaN") == ".NaN is not a finite number");
}

TEST_CASE("a quoted scalar is a string, whatever it says") {
  for (const char* word : {"true", "5", "", "~", "<<"}) {
    const auto scalar = std::get<YamlScalar>(resolve_yaml_scalar("!", word));
    CHECK(scalar.kind == Kind::Text);
    CHECK(scalar.text == word);
  }
}

TEST_CASE("a standard tag says what a scalar is, and must be right") {
  CHECK(tagged("str", "true").kind == Kind::Text);
  CHECK(tagged("timestamp", "2001-01-01").kind == Kind::Text);
  CHECK(tagged("int", "5").kind == Kind::Number);
  CHECK(tagged("float", "5").kind == Kind::Number);
  CHECK(tagged("bool", "yes").text == "true");
  CHECK(tagged("null", "").kind == Kind::Null);
  CHECK(tagged("merge", "<<").kind == Kind::Merge);
  CHECK(fault("tag:yaml.org,2002:int", "abc") == "\"abc\" is not what its tag !!int says");
  CHECK(fault("tag:yaml.org,2002:bool", "5") == "\"5\" is not what its tag !!bool says");
}

TEST_CASE("other tags are refused") {
  CHECK(fault("!secret", "x") == "the tag !secret is not supported");
  CHECK(fault("tag:yaml.org,2002:binary", "aGVsbG8=") == "the tag tag:yaml.org,2002:binary is not supported");
}
