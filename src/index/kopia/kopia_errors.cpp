#include "src/index/kopia/kopia_errors.hpp"

#include <algorithm>

namespace holdfast::index {

namespace {

constexpr std::size_t kMostBytes = 200;
constexpr std::string_view kNoticeBegin = "Found too many index blobs (";
constexpr std::string_view kNoticeEnd =
    "), this may result in degraded performance.\n\n"
    "Please ensure periodic repository maintenance is enabled or run 'kopia maintenance'.";

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// How long the notice at the begin of `text` is; 0: there is none.
std::size_t notice_size(std::string_view text) {
  if (!text.starts_with(kNoticeBegin)) return 0;
  const std::size_t digits = text.find_first_not_of("0123456789", kNoticeBegin.size());
  if (digits == std::string_view::npos || digits == kNoticeBegin.size()) return 0;
  return text.substr(digits).starts_with(kNoticeEnd) ? digits + kNoticeEnd.size() : 0;
}

std::string_view last_line(std::string_view text) {
  text = trim(text);
  const std::size_t newline = text.rfind('\n');
  return trim(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

/// Cuts at a character boundary of UTF-8.
void cut(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  text.resize(most);
}

}  // namespace

std::string without_notices(std::string_view errors) {
  errors = trim(errors);
  while (const std::size_t size = notice_size(errors)) errors = trim(errors.substr(size));
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
    if (!trim(secret).empty()) replace_all(all, trim(secret), "***");
  }
  std::string line(last_line(all));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  cut(line, kMostBytes);
  return line;
}

}  // namespace holdfast::index
