// Who a backup belongs to, in kopia's words: a source `user@host:path`; and which sources a PVC's backups may have.
// Values; any thread.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::core {

/// A namespaced name of a PVC.
struct PvcName {
  std::string ns;
  std::string name;
  auto operator<=>(const PvcName&) const = default;
};

/// `ns/name`.
std::string to_string(const PvcName& name);

/// Reads `ns/name`; nullopt unless both are valid names for the API server.
std::optional<PvcName> parse_pvc_name(std::string_view text);

/// A kopia source: whose snapshots these are.
struct Identity {
  std::string user;
  std::string host;
  std::string path;
  auto operator<=>(const Identity&) const = default;
};

/// `user@host:path`, as kopia prints it.
std::string to_string(const Identity& identity);

/// Reads `user@host:path`: all three parts non-empty, the path absolute, no control characters, at most 1,024 bytes.
std::optional<Identity> parse_identity(std::string_view text);

/// `pattern` with the PVC's own names for `{pvc}` and `{namespace}`.
std::string expand(std::string pattern, const PvcName& pvc);

/// A pattern such as `{pvc}-backup@{namespace}:/data` that turns a PVC's name into an identity.
class IdentityTemplate {
 public:
  /// nullopt unless the text reads as an identity and names both `{pvc}` and `{namespace}` and no other placeholder.
  static std::optional<IdentityTemplate> parse(std::string_view text);

  Identity expand(const PvcName& pvc) const;

  /// A PVC other than `pvc` that has this identity under this template; nullopt: there is none.
  std::optional<PvcName> another(const Identity& identity, const PvcName& pvc) const;
  bool could_be_another(const Identity& identity, const PvcName& pvc) const {
    return another(identity, pvc).has_value();
  }

  std::string text() const { return to_string(pattern_); }
  bool operator==(const IdentityTemplate&) const = default;

 private:
  Identity pattern_;
};

}  // namespace holdfast::core
