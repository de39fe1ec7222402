// The modes `files` and `cert-manager`: somebody else writes the files, and the caBundle.
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "holdfast/base/latest.hpp"
#include "holdfast/certs/generation.hpp"
#include "holdfast/certs/kube_cluster.hpp"
#include "holdfast/certs/store.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/serve/serving_certificate.hpp"

namespace holdfast::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kPoll{2};
constexpr std::chrono::seconds kLookAtBundles{60};
constexpr std::chrono::seconds kLookAgain{5};  // while something is amiss with them
constexpr std::size_t kConnections = 1;

std::shared_ptr<certs::Store> load(const std::string& folder) {
  if (folder.empty()) {
    throw SettingsError(
        "webhook.certDir (--webhook-cert-dir) is not set; `holdfast certs generate --out DIR` makes certificates to "
        "try with");
  }
  try {
    return std::make_shared<certs::Store>(folder);
  } catch (const std::exception& e) {
    throw SettingsError(std::string("webhook.certDir: ") + e.what());
  }
}

class FileCertificate : public ServingCertificate {
 public:
  explicit FileCertificate(const CertificateParts& parts)
      : by_cert_manager_(parts.settings.certs.mode == Settings::Certs::Mode::CertManager),
        loop_(parts.loop),
        log_(parts.log),
        store_(load(parts.settings.webhook.cert_dir)),
        report_(parts.log, parts.metrics) {
    if (parts.cluster) watch_bundles(parts);
  }
  /// What is asked and not answered yet is answered while the client goes.
  ~FileCertificate() override { client_.reset(); }

  std::shared_ptr<net::TlsSource> source() override { return store_; }
  void start() override { poll(); }
  std::string problem_at(core::Time now) const override {
    const std::string problem = store_->problem_at(now);
    return problem.empty() ? shown_.read()->distrust : problem;
  }
  std::string trouble() const override { return shown_.read()->trouble; }

 private:
  struct Shown {
    std::string distrust, trouble;
  };

  void watch_bundles(const CertificateParts& parts);
  void poll();
  void bundles_seen(certs::BundlePublisher::Found found);
  void show();
  std::string distrust() const;

  const bool by_cert_manager_;
  net::Loop& loop_;
  const ops::Logger& log_;
  const std::shared_ptr<certs::Store> store_;
  CertificateReport report_;
  std::unique_ptr<kube::Client> client_;  ///< nullptr: nobody can tell what API servers believe
  std::unique_ptr<certs::KubeBundlePublisher> bundles_;
  // The steps of a poll follow each other.
  steady_clock::time_point next_look_{};
  std::vector<certs::Entry> entries_;  ///< as read last
  std::string look_problem_;
  certs::Store::Report files_;
  base::Latest<Shown> shown_;
};

void FileCertificate::watch_bundles(const CertificateParts& parts) {
  const std::string ns = generator_setup(parts.settings, *parts.cluster).options.own_namespace;
  if (ns.empty()) return;
  const Settings::Certs& certs = parts.settings.certs;
  client_ = with_kubeconfig([&] {
    return std::make_unique<kube::Client>(parts.loop, *parts.cluster,
                                          kube::Client::Options{kConnections, "holdfast-certificate"}, parts.log);
  });
  bundles_ = std::make_unique<certs::KubeBundlePublisher>(
      *client_, certs::KubeBundlePublisher::Service{ns, certs.service}, certs.configurations);
}

void FileCertificate::poll() {
  files_ = store_->reload_if_changed();
  if (files_.reloaded) log_.info("certificate reloaded", {{"notAfter", core::format_seconds(files_.not_after)}});
  const bool look = bundles_ && (files_.reloaded || steady_clock::now() >= next_look_);
  if (!look) return show();
  bundles_->look([this](certs::BundlePublisher::Found found) { bundles_seen(std::move(found)); });
}

/// Not to know is no fault of the certificate, and no reason to stop: an older account may not look.
void FileCertificate::bundles_seen(certs::BundlePublisher::Found found) {
  std::string problem;
  if (auto* why = std::get_if<certs::Problem>(&found))
    problem = std::move(why->text);
  else
    entries_ = std::get<std::vector<certs::Entry>>(std::move(found));
  if (problem != look_problem_ && !problem.empty()) {
    log_.warn("the certificate is not compared with the caBundle", {{"problem", problem}});
  }
  look_problem_ = std::move(problem);
  const bool well = look_problem_.empty() && distrust().empty();
  next_look_ = steady_clock::now() + (well ? kLookAtBundles : kLookAgain);
  show();
}

void FileCertificate::show() {
  shown_.replace({distrust(), files_.problem});
  report_.tell(problem_at(base::utc_now()), files_.problem, files_.not_after);
  loop_.post([this] { poll(); }, kPoll);
}

/// Where no caBundle stands at all, API servers believe their system's authorities, and with mode `files` that may be
/// meant. Where only some entries have one, the others were forgotten.
std::string FileCertificate::distrust() const {
  const bool none = std::ranges::all_of(entries_, [](const certs::Entry& entry) { return entry.bundle.empty(); });
  return none && !by_cert_manager_ ? std::string() : certs::distrust(entries_, store_->chain());
}

}  // namespace

std::unique_ptr<ServingCertificate> make_file_certificate(const CertificateParts& parts) {
  return std::make_unique<FileCertificate>(parts);
}

}  // namespace holdfast::cli
