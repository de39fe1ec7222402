#include <algorithm>

#include "holdfast/core/time.hpp"
#include "holdfast/net/http.hpp"
#include "holdfast/webhook/admission.hpp"

namespace holdfast::webhook {
namespace {

using std::chrono::milliseconds;

// The API server allows 1 to 30 s, and asks for 10 s where a webhook configuration does not say.
constexpr milliseconds kUnsaid{10'000};
constexpr milliseconds kLongest{30'000};
constexpr milliseconds kLeastMargin{50};
constexpr milliseconds kMostMargin{500};

}  // namespace

milliseconds budget(std::string_view query) {
  const auto said = core::parse_duration(net::query_value(query, "timeout"));
  milliseconds timeout = said && said->count() > 0 ? std::chrono::ceil<milliseconds>(*said) : kUnsaid;
  timeout = std::min(timeout, kLongest);
  const milliseconds margin = std::clamp(timeout / 10, kLeastMargin, kMostMargin);
  return std::max(timeout - margin, milliseconds{1});
}

}  // namespace holdfast::webhook
