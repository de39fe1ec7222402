// The mode `self`: holdfast makes the certificate, shares it through a Secret and publishes its authority.
#include <chrono>
#include <utility>

#include "holdfast/certs/kube_cluster.hpp"
#include "holdfast/certs/self_signer.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/serve/serving_certificate.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kConnections = 1;

certs::SelfSigner::Times times() { return {base::utc_now(), std::chrono::steady_clock::now()}; }

std::string own_namespace(const CertificateParts& parts) {
  if (!parts.cluster) throw SettingsError("certs.mode self needs a connection to a cluster; kubeconfig is not set");
  std::string ns = generator_setup(parts.settings, *parts.cluster).options.own_namespace;
  if (ns.empty()) throw SettingsError("certs.mode self needs to know our own namespace; POD_NAMESPACE is not set");
  return ns;
}

class OwnCertificate : public ServingCertificate {
 public:
  OwnCertificate(const CertificateParts& parts, const std::string& ns)
      : loop_(parts.loop),
        report_(parts.log, parts.metrics),
        client_(std::make_unique<kube::Client>(parts.loop, *parts.cluster,
                                               kube::Client::Options{kConnections, "holdfast-certificate"}, parts.log)),
        secret_(*client_, ns, parts.settings.certs.secret),
        bundles_(*client_, {ns, parts.settings.certs.service}, parts.settings.certs.configurations),
        signer_(std::make_shared<certs::SelfSigner>(options(parts.settings, ns), secret_, bundles_, times, parts.log)) {
  }
  /// What is asked and not answered yet is answered while the client goes, and then nobody listens any more.
  ~OwnCertificate() override {
    signer_.reset();
    client_.reset();
  }

  std::shared_ptr<net::TlsSource> source() override { return signer_; }
  void start() override { look(); }
  std::string problem_at(core::Time now) const override { return signer_->problem_at(now); }
  std::string trouble() const override { return signer_->trouble(); }

 private:
  static certs::SelfSigner::Options options(const Settings& settings, const std::string& ns) {
    return {service_names(settings, ns), std::chrono::floor<std::chrono::seconds>(settings.certs.lifetime)};
  }

  void look() {
    signer_->look([this](std::chrono::milliseconds again) {
      report_.tell(signer_->problem_at(base::utc_now()), signer_->trouble(), signer_->not_after());
      loop_.post([this] { look(); }, again);
    });
  }

  net::Loop& loop_;
  CertificateReport report_;
  std::unique_ptr<kube::Client> client_;
  certs::KubeSecretStore secret_;
  certs::KubeBundlePublisher bundles_;
  std::shared_ptr<certs::SelfSigner> signer_;
};

}  // namespace

std::vector<std::string> service_names(const Settings& settings, const std::string& own_namespace) {
  const std::string name = settings.certs.service + "." + own_namespace + ".svc";
  return {name, name + ".cluster.local"};
}

std::unique_ptr<ServingCertificate> make_own_certificate(const CertificateParts& parts) {
  return with_kubeconfig([&] { return std::make_unique<OwnCertificate>(parts, own_namespace(parts)); });
}

std::unique_ptr<ServingCertificate> make_certificate(const CertificateParts& parts) {
  if (!parts.settings.webhook.enabled) return nullptr;
  const bool own = parts.settings.certs.mode == Settings::Certs::Mode::Self;
  return own ? make_own_certificate(parts) : make_file_certificate(parts);
}

}  // namespace holdfast::cli
