// The query of a request target ("?limit=250&watch=1"), percent-encoded (RFC 3986).
// One thread.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::kube {

class Query {
 public:
  /// An empty value is left out: to the API server absent and empty are the same.
  Query& add(std::string_view name, std::string_view value);
  /// "" or with its '?'.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace holdfast::kube
