#include "holdfast/net/http.hpp"

#include "src/net/url.hpp"

namespace holdfast::net {

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals), PlusSign::IsSpace) != name) continue;
    if (equals == std::string_view::npos) return {};
    return percent_decode(pair.substr(equals + 1), PlusSign::IsSpace).value_or("");
  }
  return {};
}

}  // namespace holdfast::net
