#include "holdfast/kube/base64.hpp"

#include <catch2/catch.hpp>

using namespace holdfast;

TEST_CASE("base64: the vectors of RFC 4648, both ways") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(kube::encode_base64(bytes) == text);
    CHECK(kube::decode_base64(text) == bytes);
  }
}

TEST_CASE("base64: what is long stays on one line, and zeros are bytes like others") {
  const std::string bytes(3000, '\0');
  const std::string text = kube::encode_base64(bytes);
  CHECK(text == std::string(4000, 'A'));
  CHECK(kube::decode_base64(text) == bytes);
}
