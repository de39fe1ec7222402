#include "src/index/kopia/kopia_errors.hpp"

#include <algorithm>

#include "holdfast/base/text.hpp"

namespace holdfast::index {

namespace {

constexpr std::size_t kMostBytes = 200;
constexpr std::string_view kNoticeBegin = "Found too many index blobs (";
constexpr std::string_view kNoticeEnd =
    "), this may result in degraded performance.\n\n"
    "Please ensure periodic repository maintenance is enabled or run 'kopia maintenance'.";

/// How long the notice at the begin of `text` is; 0: there is none.
std::size_t notice_size(std::string_view text) {
  if (!text.starts_with(kNoticeBegin)) return 0;
  const std::size_t digits = text.find_first_not_of("0123456789", kNoticeBegin.size());
  if (digits == std::string_view::npos || digits == kNoticeBegin.size()) return 0;
  return text.substr(digits).starts_with(kNoticeEnd) ? digits + kNoticeEnd.size() : 0;
}

std::string_view last_line(std::string_view text) {
  text = base::trimmed(text);
  const std::size_t newline = text.rfind('\n');
  return base::trimmed(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

std::string without_notices(std::string_view errors) {
  errors = base::trimmed(errors);
  while (const std::size_t size = notice_size(errors)) errors = base::trimmed(errors.substr(size));
  return std::string(errors);
}

bool says_wrong_password(std::string_view errors) {
  return errors.find("invalid repository password") != std::string_view::npos;
}

bool says_upgrade(std::string_view errors) {
  return errors.find("repository upgrade in progress") != std::string_view::npos;
}

std::string summary(std::string_view errors, const std::vector<std::string>& secrets) {
  std::string all(errors);
  for (const std::string& secret : secrets) {
    if (!base::trimmed(secret).empty()) replace_all(all, base::trimmed(secret), "***");
  }
  std::string line(last_line(all));
  std::ranges::replace_if(line, base::is_control, ' ');
  line.resize(base::cut_utf8(line, kMostBytes).size());
  return line;
}

}  // namespace holdfast::index
