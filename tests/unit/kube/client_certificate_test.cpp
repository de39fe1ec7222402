#include <catch2/catch.hpp>
#include <filesystem>

#include "src/kube/auth/credentials.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/kube/asking.hpp"
#include "tests/unit/pem.hpp"

using namespace holdfast;
using namespace holdfast::test;
using kube::Credentials;

namespace {

/// Credentials whose client certificate is in two files, and how often new ones were handed out.
struct WithCertificate {
  WithCertificate() {
    credentials->set_use_tls(
        [this](const std::shared_ptr<const net::ClientTls>& tls) { handed_out += tls != nullptr; });
  }
  ~WithCertificate() { credentials->stop(); }

  kube::Config config() const {
    const Pem pem = make_pem();
    kube::Config made;
    made.host = "127.0.0.1";
    made.cert_file = folder.write("tls.crt", pem.chain);
    made.key_file = folder.write("tls.key", pem.key);
    made.ca_pem = pem.chain;
    return made;
  }
  kube::CredentialResult get() {
    kube::CredentialResult found;
    credentials->get(within(10s), [&](kube::CredentialResult result) { found = std::move(result); });
    return found;
  }

  Folder folder;
  net::Loop loop{1};
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  std::shared_ptr<Credentials> credentials = std::make_shared<Credentials>(loop, config(), log);
  int handed_out = 0;
};

}  // namespace

TEST_CASE("a client certificate that was replaced is used from then on, without a header") {
  WithCertificate with;
  REQUIRE(with.credentials->first_tls());
  CHECK(std::get<kube::Credential>(with.get()).authorization.empty());
  const Pem next = make_pem();
  with.folder.write("tls.crt", next.chain);
  with.folder.write("tls.key", next.key);
  CHECK(with.credentials->refused(0));
  CHECK(with.handed_out == 1);
}

TEST_CASE("a certificate whose key has not come yet is not used; the one before it stays, until both fit") {
  WithCertificate with;
  const Pem next = make_pem();
  with.folder.write("tls.crt", next.chain);
  CHECK(with.credentials->refused(0));
  CHECK(std::holds_alternative<kube::Credential>(with.get()));
  CHECK(with.handed_out == 0);
  with.folder.write("tls.key", next.key);
  CHECK(with.credentials->refused(0));
  CHECK(with.handed_out == 1);
}

TEST_CASE("a certificate that does not fit its key, or is missing, is a bad configuration at first") {
  WithCertificate with;
  kube::Config config = with.config();
  with.folder.write("tls.key", make_pem().key);
  CHECK_THROWS_AS(Credentials(with.loop, config, with.log), kube::ConfigError);
  std::filesystem::remove(config.cert_file);
  CHECK_THROWS_WITH(Credentials(with.loop, config, with.log), Catch::Contains("client-certificate"));
}
