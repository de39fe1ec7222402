#include "src/kube/query.hpp"

#include <fmt/format.h>

#include <iterator>

namespace holdfast::kube {

namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

Query& Query::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  text_ += text_.empty() ? '?' : '&';
  text_ += name;
  text_ += '=';
  for (char c : value) {
    if (is_unreserved(c)) {
      text_ += c;
    } else {
      fmt::format_to(std::back_inserter(text_), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return *this;
}

}  // namespace holdfast::kube
