#include "src/index/s3/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "holdfast/net/url.hpp"

namespace holdfast::index {

namespace {

constexpr std::size_t kMostPrefixBytes = 512;  ///< S3 allows 1,024 for the whole key

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Source: "General purpose bucket naming rules" of the Amazon S3 user guide, and older buckets' capitals and '_'.
bool is_bucket_name(std::string_view name) {
  const auto allowed = [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
  };
  return name.size() >= 3 && name.size() <= 255 && std::all_of(name.begin(), name.end(), allowed) &&
         name.find("..") == std::string_view::npos;
}

/// Whether it can stand before the server's name, and the server's certificate is good for it.
bool is_one_label(std::string_view name) {
  return name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void check(const S3Options& options) {
  if (!is_bucket_name(options.bucket)) throw std::invalid_argument("index.s3.bucket: is not the name of a bucket");
  if (options.prefix.size() > kMostPrefixBytes ||
      std::any_of(options.prefix.begin(), options.prefix.end(), is_control)) {
    throw std::invalid_argument(
        fmt::format("index.s3.prefix: must have at most {} bytes and no control characters", kMostPrefixBytes));
  }
  // With a slash in front kopia, and so a different set of objects, would be asked for than is meant.
  if (options.prefix.starts_with('/')) throw std::invalid_argument("index.s3.prefix: must not begin with a slash");
  const auto in_region = [](char c) { return is_lower_or_digit(c) || c == '-' || c == '_'; };
  if (options.region.empty() || !std::all_of(options.region.begin(), options.region.end(), in_region)) {
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

}  // namespace holdfast::index
