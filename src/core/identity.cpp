#include "holdfast/core/identity.hpp"

#include <algorithm>
#include <utility>

namespace holdfast::core {
namespace {

constexpr std::string_view kPvc = "{pvc}";
constexpr std::string_view kNamespace = "{namespace}";
constexpr std::size_t kMaxIdentityBytes = 1024;

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// RFC 1123: lower-case letters, digits and '-', in a subdomain also '.', beginning and ending with a letter or digit.
bool is_dns_name(std::string_view text, std::size_t max_bytes, bool dots) {
  if (text.empty() || text.size() > max_bytes) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_name_char(text[i])) continue;
    const bool separator = text[i] == '-' || (dots && text[i] == '.');
    if (!separator || i == 0 || i + 1 == text.size()) return false;
    if (dots && (text[i] == '.' || text[i - 1] == '.') && !is_name_char(text[i - 1]) && !is_name_char(text[i])) {
      return false;
    }
  }
  return true;
}

bool is_pvc_name(std::string_view text) { return is_dns_name(text, 253, true); }
bool is_namespace_name(std::string_view text) { return is_dns_name(text, 63, false); }

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Undoes a pattern: finds the names that make it equal a text. A name, once bound, must be the same everywhere.
/// `Found`: is called with a PVC for each way to bind both names, until it returns true.
template <class Found>
class Matcher {
 public:
  explicit Matcher(Found found) : found_(std::move(found)) {}

  /// Returns whether `found` did.
  bool match(std::string_view pattern, std::string_view text) {
    while (!pattern.empty() && pattern.front() != '{') {
      if (text.empty() || pattern.front() != text.front()) return false;
      pattern.remove_prefix(1);
      text.remove_prefix(1);
    }
    if (pattern.empty()) return text.empty() && found_(PvcName{std::string(ns_), std::string(pvc_)});
    if (pattern.starts_with(kPvc)) return bind(pvc_, is_pvc_name, pattern.substr(kPvc.size()), text);
    return bind(ns_, is_namespace_name, pattern.substr(kNamespace.size()), text);
  }

 private:
  bool bind(std::string_view& name, bool (*valid)(std::string_view), std::string_view pattern, std::string_view text) {
    if (!name.empty()) return text.starts_with(name) && match(pattern, text.substr(name.size()));
    for (std::size_t length = 1; length <= text.size(); ++length) {
      const std::string_view rest = text.substr(length);
      const bool can_go_on = pattern.empty() || pattern.front() == '{' || rest.starts_with(pattern.front());
      if (!can_go_on || !valid(text.substr(0, length))) continue;
      name = text.substr(0, length);
      const bool done = match(pattern, rest);
      name = {};
      if (done) return true;
    }
    return false;
  }

  Found found_;
  std::string_view pvc_, ns_;
};

/// '\n' cannot occur in any part, so it keeps the parts apart.
std::string joined(const Identity& identity) {
  std::string text;
  text.reserve(identity.user.size() + identity.host.size() + identity.path.size() + 2);
  return text.append(identity.user).append("\n").append(identity.host).append("\n").append(identity.path);
}

bool only_known_placeholders(std::string text) {
  replace_all(text, kPvc, "");
  replace_all(text, kNamespace, "");
  return text.find_first_of("{}") == std::string::npos;
}

}  // namespace

std::string expand(std::string pattern, const PvcName& pvc) {
  replace_all(pattern, kPvc, pvc.name);
  replace_all(pattern, kNamespace, pvc.ns);
  return pattern;
}

std::string to_string(const PvcName& name) { return name.ns + "/" + name.name; }

std::optional<PvcName> parse_pvc_name(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view ns = text.substr(0, slash), name = text.substr(slash + 1);
  if (!is_namespace_name(ns) || !is_pvc_name(name)) return std::nullopt;
  return PvcName{std::string(ns), std::string(name)};
}

std::string to_string(const Identity& identity) { return identity.user + "@" + identity.host + ":" + identity.path; }

std::optional<Identity> parse_identity(std::string_view text) {
  if (text.size() > kMaxIdentityBytes) return std::nullopt;
  const bool control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  const std::size_t at = text.find('@');
  const std::size_t colon = at == std::string_view::npos ? at : text.find(':', at);
  if (control || colon == std::string_view::npos) return std::nullopt;
  Identity identity{std::string(text.substr(0, at)), std::string(text.substr(at + 1, colon - at - 1)),
                    std::string(text.substr(colon + 1))};
  if (identity.user.empty() || identity.host.empty() || !identity.path.starts_with('/')) return std::nullopt;
  return identity;
}

std::optional<IdentityTemplate> IdentityTemplate::parse(std::string_view text) {
  const auto pattern = parse_identity(text);
  if (!pattern || !only_known_placeholders(std::string(text))) return std::nullopt;
  if (text.find(kPvc) == std::string_view::npos || text.find(kNamespace) == std::string_view::npos) return std::nullopt;
  IdentityTemplate result;
  result.pattern_ = *pattern;
  return result;
}

Identity IdentityTemplate::expand(const PvcName& pvc) const {
  return {core::expand(pattern_.user, pvc), core::expand(pattern_.host, pvc), core::expand(pattern_.path, pvc)};
}

std::optional<PvcName> IdentityTemplate::another(const Identity& identity, const PvcName& pvc) const {
  std::optional<PvcName> other;
  Matcher matcher([&](PvcName found) {
    if (found != pvc) other = std::move(found);
    return other.has_value();
  });
  const std::string pattern = joined(pattern_), text = joined(identity);
  matcher.match(pattern, text);
  return other;
}

}  // namespace holdfast::core
