#include "src/index/s3/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "holdfast/base/file.hpp"

namespace holdfast::index {

namespace {

constexpr std::size_t kMostBytes = 16 * 1024;  ///< session tokens have a few thousand
constexpr std::size_t kMostCaBytes = 4 * 1024 * 1024;
constexpr std::string_view kBlank = " \t\r\n";

/// One secret, in the two places where it may be.
struct Source {
  std::string_view setting;
  std::string_view variable;
  const std::string& file;
  const std::string& value;
};

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(kBlank) + 1);
  text.erase(0, std::min(text.find_first_not_of(kBlank), text.size()));
  return text;
}

std::string read(const Source& source) {
  std::string text = source.value;
  try {
    if (!source.file.empty()) text = base::read_file(source.file, kMostBytes);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}", source.setting, error.what()));
  }
  return trimmed(std::move(text));
}

std::string where(const Source& source) {
  return source.file.empty() ? std::string(source.variable) : fmt::format("{} {}", source.setting, source.file);
}

std::string read_checked(const Source& source) {
  std::string text = read(source);
  // It goes into a header of HTTP and into the environment of a program.
  const auto is_printable = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!std::all_of(text.begin(), text.end(), is_printable)) {
    throw std::runtime_error(fmt::format("{}: holds characters that no key has", where(source)));
  }
  return text;
}

std::string read_needed(const Source& source) {
  if (source.file.empty() && source.value.empty()) {
    throw std::runtime_error(fmt::format("no key for the bucket: set {} or {}", source.setting, source.variable));
  }
  std::string text = read_checked(source);
  if (text.empty()) throw std::runtime_error(fmt::format("{}: is empty", where(source)));
  return text;
}

}  // namespace

std::string read_s3_ca(const std::string& file) {
  try {
    return file.empty() ? std::string() : base::read_file(file, kMostCaBytes);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("index.s3.caFile: {}", error.what()));
  }
}

S3Credentials read_s3_keys(const S3Options& options) {
  S3Credentials keys;
  keys.access_key =
      read_needed({"index.s3.accessKeyFile", "AWS_ACCESS_KEY_ID", options.access_key_file, options.access_key});
  keys.secret_key =
      read_needed({"index.s3.secretKeyFile", "AWS_SECRET_ACCESS_KEY", options.secret_key_file, options.secret_key});
  const Source token{"index.s3.sessionTokenFile", "AWS_SESSION_TOKEN", options.session_token_file,
                     options.session_token};
  keys.session_token = token.file.empty() ? read_checked(token) : read_needed(token);
  return keys;
}

}  // namespace holdfast::index
