#include "src/index/s3/bucket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "holdfast/base/file.hpp"
#include "holdfast/base/text.hpp"
#include "holdfast/net/url.hpp"

namespace holdfast::index {

namespace {

constexpr std::size_t kMostPrefixBytes = 512;     ///< S3 allows 1,024 for the whole key
constexpr std::size_t kMostKeyBytes = 16 * 1024;  ///< session tokens have a few thousand
constexpr std::size_t kMostCaBytes = 4 * 1024 * 1024;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Source: "General purpose bucket naming rules" of the Amazon S3 user guide, and older buckets' capitals and '_'.
bool is_bucket_name(std::string_view name) {
  const auto allowed = [](char c) { return base::is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
  return name.size() >= 3 && name.size() <= 255 && std::ranges::all_of(name, allowed) &&
         name.find("..") == std::string_view::npos;
}

/// Whether it can stand before the server's name, and the server's certificate is good for it.
bool is_one_label(std::string_view name) {
  return name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

void check(const S3Options& options) {
  if (!is_bucket_name(options.bucket)) throw std::invalid_argument("index.s3.bucket: is not the name of a bucket");
  if (options.prefix.size() > kMostPrefixBytes || std::ranges::any_of(options.prefix, base::is_control)) {
    throw std::invalid_argument(
        fmt::format("index.s3.prefix: must have at most {} bytes and no control characters", kMostPrefixBytes));
  }
  // With a slash in front kopia, and so a different set of objects, would be asked for than is meant.
  if (options.prefix.starts_with('/')) throw std::invalid_argument("index.s3.prefix: must not begin with a slash");
  const auto in_region = [](char c) { return is_lower_or_digit(c) || c == '-' || c == '_'; };
  if (options.region.empty() || !std::ranges::all_of(options.region, in_region)) {
    throw std::invalid_argument("index.s3.region: must be a word such as us-east-1");
  }
}

net::ServerAddress read_endpoint(const std::string& endpoint) {
  try {
    const bool has_scheme = endpoint.find("://") != std::string::npos;
    net::ServerAddress address = net::read_server_address(has_scheme ? endpoint : "https://" + endpoint);
    if (!address.base_path.empty()) throw std::invalid_argument("must end with its host or port; see index.s3.prefix");
    return address;
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("index.s3.endpoint: {}", error.what()));
  }
}

bool is_amazon(std::string_view host) {
  return host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
}

bool uses_paths(const S3Options& options, std::string_view host) {
  if (!options.path_style) return !is_amazon(host) || !is_one_label(options.bucket);
  if (!*options.path_style && !is_one_label(options.bucket)) {
    throw std::invalid_argument(
        "index.s3.pathStyle: must be true, because the bucket's name is no part of a host name");
  }
  return *options.path_style;
}

std::string with_port(std::string_view host, std::uint16_t port, bool tls) {
  const std::string name = host.find(':') == std::string_view::npos ? std::string(host) : fmt::format("[{}]", host);
  return port == (tls ? 443 : 80) ? name : fmt::format("{}:{}", name, port);
}

/// One secret, in the two places where it may be.
struct Source {
  std::string_view setting;
  std::string_view variable;
  const std::string& file;
  const std::string& value;
};

std::string read(const Source& source) {
  std::string text = source.value;
  try {
    if (!source.file.empty()) text = base::read_file(source.file, kMostKeyBytes);
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}", source.setting, error.what()));
  }
  return std::string(base::trimmed(text));
}

std::string where(const Source& source) {
  return source.file.empty() ? std::string(source.variable) : fmt::format("{} {}", source.setting, source.file);
}

std::string read_checked(const Source& source) {
  std::string text = read(source);
  // It goes into a header of HTTP and into the environment of a program.
  const auto is_printable = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!std::ranges::all_of(text, is_printable)) {
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

S3Address S3Address::of(const S3Options& options) {
  check(options);
  const net::ServerAddress server = read_endpoint(options.endpoint);
  const bool paths = uses_paths(options, server.host);
  S3Address address;
  address.tls = server.tls;
  address.endpoint = with_port(server.host, server.port, server.tls);
  address.server = paths ? server.host : options.bucket + "." + server.host;
  address.port = server.port;
  address.host_header = with_port(address.server, server.port, server.tls);
  address.bucket_path = paths ? "/" + options.bucket : "";
  address.bucket = options.bucket;
  address.prefix = options.prefix;
  address.region = options.region;
  return address;
}

std::string S3Address::place() const { return fmt::format("s3://{}/{}", bucket, prefix); }

S3Request S3Address::get(std::string_view blob) const { return request(fmt::format("/{}{}", prefix, blob)); }

S3Request S3Address::list(std::string_view names, std::string_view continuation) const {
  S3Request page = request("/");
  // As kopia itself lists: what lies in folders below the prefix is no blob of this repository.
  page.query = {{"list-type", "2"}, {"delimiter", "/"}, {"encoding-type", "url"}, {"prefix", prefix}};
  page.query.back().second += names;
  if (!continuation.empty()) page.query.emplace_back("continuation-token", continuation);
  return page;
}

S3Request S3Address::request(const std::string& path) const {
  S3Request request;
  request.path = bucket_path + path;
  request.headers = {{"host", host_header}, empty_body_hash()};
  return request;
}

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
