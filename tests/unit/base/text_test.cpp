#include "holdfast/base/text.hpp"

#include <catch2/catch.hpp>

using namespace holdfast::base;

TEST_CASE("well-formed UTF-8 is recognised up to its last corner") {
  for (const char* good : {"", "abc", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(find_invalid_utf8(good) == std::string_view::npos);
    CHECK(valid_utf8(good) == good);
  }
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xEF\xBF",
                          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC2\x41"}) {
    CHECK(find_invalid_utf8(std::string("ok") + bad) == 2);
    CHECK(find_invalid_utf8(valid_utf8(bad)) == std::string_view::npos);
  }
}

TEST_CASE("a cut never splits a character") {
  const std::string_view text =
      "a\xE2\x82\xAC"
      "b";
  CHECK(cut_utf8(text, 0).empty());
  CHECK(cut_utf8(text, 1) == "a");
  CHECK(cut_utf8(text, 2) == "a");
  CHECK(cut_utf8(text, 3) == "a");
  CHECK(cut_utf8(text, 4) == "a\xE2\x82\xAC");
  CHECK(cut_utf8(text, 99) == text);
}

TEST_CASE("printable text is one short line") {
  CHECK(printable("a\tb\x7F", 10) == "a b ");
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdefg", 6) == "abcdef...");
  CHECK(printable("\xFF\xFF\xFF", 3) == "\xEF\xBF\xBD...");
}

TEST_CASE("base64 is that of RFC 4648, section 10") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFF\xFE\xFD") == "//79");
}

TEST_CASE("bytes are written as hexadecimal digits, or as they may stand in a URL") {
  CHECK(hex(std::string_view("\0\x7F\xFE", 3)) == "007ffe");
  CHECK(percent_encoded("aZ9-._~") == "aZ9-._~");
  CHECK(percent_encoded("a/b c\xC3\xA9") == "a%2Fb%20c%C3%A9");
  CHECK(percent_encoded("a/b+", "/") == "a/b%2B");
}

TEST_CASE("a text is trimmed of blanks and line ends, and split at every separator") {
  CHECK(trimmed("\r\n\t a b \n") == "a b");
  CHECK(trimmed(" \n ").empty());
  CHECK(split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
}

TEST_CASE("rows are aligned in columns as wide as their widest cell, and no line ends with blanks") {
  CHECK(aligned({{"NAME", "SIZE", ""}, {"a", "10 B", "old"}, {"longer", "1", ""}, {"b"}}) ==
        std::vector<std::string>{"NAME    SIZE", "a       10 B  old", "longer  1", "b"});
  CHECK(aligned({{"a"}, {"b", "more than the first has"}})[1] == "b  more than the first has");
  CHECK(aligned({{"", ""}, {}}) == std::vector<std::string>{"", ""});
  CHECK(aligned({}).empty());
}
