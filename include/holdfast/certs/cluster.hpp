// What a holdfast that makes its own certificates asks of the cluster. kube_cluster.hpp asks it there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast::certs {

/// Why something could not be done; for people, never a secret.
struct Problem {
  std::string text;
};

/// The Secret that all replicas share, as it was read, or as it shall be.
struct SharedSecret {
  std::string version;  ///< the resourceVersion; empty: there is none
  bool ours = true;     ///< it carries our mark
  std::map<std::string, std::string> data;

  bool operator==(const SharedSecret&) const = default;
};

/// Each callback comes exactly once, on any thread, perhaps before the call returns.
class SecretStore {
 public:
  virtual ~SecretStore() = default;

  /// nullopt: there is no such Secret.
  using Found = std::variant<std::optional<SharedSecret>, Problem>;
  virtual void read(std::function<void(Found)> done) = 0;

  /// Somebody else was faster: read again.
  struct Conflict {};
  /// The version it has now.
  using Written = std::variant<std::string, Conflict, Problem>;
  /// Creates it (version empty), or replaces the data of exactly this version. An empty Secret becomes ours.
  virtual void write(const SharedSecret& secret, std::function<void(Written)> done) = 0;
};

/// One entry of a webhook configuration that names our service, and whom API servers believe there.
struct Entry {
  std::string where;   ///< "MutatingWebhookConfiguration holdfast, backup.holdfast.dev"
  std::string bundle;  ///< the caBundle, PEM; empty: none
};

/// As above.
class BundlePublisher {
 public:
  virtual ~BundlePublisher() = default;

  using Found = std::variant<std::vector<Entry>, Problem>;
  virtual void look(std::function<void(Found)> done) = 0;

  /// Puts `bundle` into the entries that were looked at last and have another one; configurations that have changed
  /// since stay as they are, for the next look. nullopt: all of them have it.
  virtual void publish(const std::string& bundle, std::function<void(std::optional<Problem>)> done) = 0;
};

}  // namespace holdfast::certs
