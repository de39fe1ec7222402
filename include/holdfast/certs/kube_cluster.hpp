// What the certificates need of the cluster (cluster.hpp), by the Kubernetes API. One call at a time of each.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "holdfast/certs/cluster.hpp"
#include "holdfast/kube/client.hpp"

namespace holdfast::certs {

/// v1 Secret.
class KubeSecretStore : public SecretStore {
 public:
  /// The client outlives every call.
  KubeSecretStore(kube::Client& client, std::string ns, std::string name);

  void read(std::function<void(Found)> done) override;
  void write(const SharedSecret& secret, std::function<void(Written)> done) override;

 private:
  Found found(const kube::Result& result);

  kube::Client& client_;
  const kube::Target target_;
  Json::Value read_;  ///< as read last: what is not ours in it stays as it is
};

/// The data of a Secret's document, and whether it is ours.
std::optional<SharedSecret> read_shared_secret(const Json::Value& document);

/// Mutating and validating webhook configurations of these names.
class KubeBundlePublisher : public BundlePublisher {
 public:
  struct Service {
    std::string ns, name;
  };
  /// The client outlives every call.
  KubeBundlePublisher(kube::Client& client, Service service, const std::vector<std::string>& configurations);

  void look(std::function<void(Found)> done) override;
  void publish(const std::string& bundle, std::function<void(std::optional<Problem>)> done) override;

 private:
  struct OurEntry {
    unsigned index;  ///< in `webhooks`
    std::string name;
    std::string bundle;  ///< PEM
  };
  struct Configuration {
    kube::Target target;
    std::string version;
    std::vector<OurEntry> entries;
  };
  using Looked = std::function<void(Found)>;
  using Published = std::function<void(std::optional<Problem>)>;

  void look_at(std::size_t target, Looked done);
  std::optional<Problem> take(const kube::Target& target, const kube::Result& result);
  std::vector<Entry> entries() const;
  void publish_in(std::size_t configuration, std::string bundle, std::optional<Problem> problem, Published done);
  std::vector<OurEntry> entries_of(const Json::Value& document) const;

  kube::Client& client_;
  const Service service_;
  std::vector<kube::Target> targets_;
  std::vector<Configuration> seen_;  ///< those that exist, as looked at last
};

}  // namespace holdfast::certs
