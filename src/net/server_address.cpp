#include "holdfast/net/url.hpp"

// The only file that names Boost.URL: compiled here, with it.
#include <boost/url/src.hpp>

namespace holdfast::net {
namespace {

namespace urls = boost::urls;

bool read_scheme(const urls::url_view& url) {
  if (url.scheme_id() == urls::scheme::https) return true;
  if (url.scheme_id() == urls::scheme::http) return false;
  throw std::invalid_argument("must begin with https:// (or http://)");
}

std::uint16_t read_port(const urls::url_view& url, bool tls) {
  if (!url.has_port() || url.port().empty()) return tls ? 443 : 80;
  // 0 also where it is out of range.
  if (url.port_number() == 0) throw std::invalid_argument("its port is none");
  return url.port_number();
}

std::string read_base_path(const urls::url_view& url) {
  std::string path(url.encoded_path().data(), url.encoded_path().size());
  path.erase(path.find_last_not_of('/') + 1);
  return path;
}

}  // namespace

ServerAddress read_server_address(std::string_view text) {
  const auto url = urls::parse_uri({text.data(), text.size()});
  if (!url) throw std::invalid_argument("is not a URL such as https://host:6443");
  ServerAddress address;
  address.tls = read_scheme(*url);
  if (url->host().empty()) throw std::invalid_argument("names no host");
  if (url->has_userinfo()) throw std::invalid_argument("must not hold a user or password");
  if (url->has_query() || url->has_fragment()) throw std::invalid_argument("must end with its path");
  address.host = url->host_address();
  address.port = read_port(*url, address.tls);
  address.base_path = read_base_path(*url);
  return address;
}

}  // namespace holdfast::net
