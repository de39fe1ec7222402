#include "holdfast/certs/generate.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <memory>

#include "tests/unit/folder.hpp"

using namespace holdfast;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

const core::Time kNow = std::chrono::sys_days(2026y / 11 / 21) + 9h;

X509Ptr certificate(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), -1), BIO_free);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free};
}

KeyPtr key(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), -1), BIO_free);
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

/// X509_V_OK, or what a TLS client that trusts `ca` and connects to `host` at `time` finds wrong.
int verify(X509* leaf, X509* ca, const char* host, core::Time time) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  X509_STORE_add_cert(store.get(), ca);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(X509_STORE_CTX_new(),
                                                                                X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_time(parameters,
                             std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time)));
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1) X509_VERIFY_PARAM_set1_host(parameters, host, 0);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

mode_t mode(const std::filesystem::path& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

}  // namespace

TEST_CASE("generate: a client that trusts the authority accepts the certificate for each of its names") {
  const auto set =
      certs::generate({"holdfast.ns.svc", "*.example.org", "127.0.0.1", "::1"}, std::chrono::days(365), kNow);
  const auto leaf = certificate(set.tls_crt), ca = certificate(set.ca_crt);
  for (const char* host : {"holdfast.ns.svc", "a.example.org", "127.0.0.1", "::1"}) {
    CAPTURE(host);
    CHECK(verify(leaf.get(), ca.get(), host, kNow) == X509_V_OK);
  }
  CHECK(verify(leaf.get(), ca.get(), "other.ns.svc", kNow) == X509_V_ERR_HOSTNAME_MISMATCH);
  CHECK(verify(leaf.get(), ca.get(), "127.0.0.2", kNow) == X509_V_ERR_IP_ADDRESS_MISMATCH);
}

TEST_CASE("generate: is valid from a little before now to the end of its days") {
  const auto set = certs::generate({"a"}, std::chrono::days(30), kNow);
  const auto leaf = certificate(set.tls_crt), ca = certificate(set.ca_crt);
  CHECK(verify(leaf.get(), ca.get(), "a", kNow - 4min) == X509_V_OK);
  CHECK(verify(leaf.get(), ca.get(), "a", kNow - 6min) == X509_V_ERR_CERT_NOT_YET_VALID);
  CHECK(verify(leaf.get(), ca.get(), "a", kNow + std::chrono::days(30) - 1min) == X509_V_OK);
  CHECK(verify(leaf.get(), ca.get(), "a", kNow + std::chrono::days(30) + 1min) == X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_CASE("generate: keys belong to their certificates and may do no more than they must") {
  const auto set = certs::generate({"a"}, std::chrono::days(1), kNow);
  const auto leaf = certificate(set.tls_crt), ca = certificate(set.ca_crt);
  CHECK(X509_check_private_key(leaf.get(), key(set.tls_key).get()) == 1);
  CHECK(X509_check_private_key(ca.get(), key(set.ca_key).get()) == 1);
  CHECK(X509_check_ca(leaf.get()) == 0);
  CHECK(X509_check_ca(ca.get()) == 1);
  CHECK(X509_get_pathlen(ca.get()) == 0);
  CHECK(X509_get_key_usage(leaf.get()) == X509v3_KU_DIGITAL_SIGNATURE);
  CHECK(X509_get_extended_key_usage(leaf.get()) == XKU_SSL_SERVER);
  CHECK(X509_get_key_usage(ca.get()) == (X509v3_KU_KEY_CERT_SIGN | X509v3_KU_CRL_SIGN));
}

TEST_CASE("generate: no two certificates share keys or serial numbers") {
  const auto one = certs::generate({"a"}, std::chrono::days(1), kNow);
  const auto two = certs::generate({"a"}, std::chrono::days(1), kNow);
  CHECK(one.tls_key != two.tls_key);
  CHECK(one.ca_key != two.ca_key);
  const auto leaf = certificate(one.tls_crt), other = certificate(two.tls_crt), ca = certificate(one.ca_crt);
  CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(leaf.get()), X509_get0_serialNumber(other.get())) != 0);
  CHECK(ASN1_INTEGER_cmp(X509_get0_serialNumber(leaf.get()), X509_get0_serialNumber(ca.get())) != 0);
  CHECK(ASN1_STRING_length(X509_get0_serialNumber(leaf.get())) == 16);
}

TEST_CASE("generate: refuses names and times that no certificate can carry") {
  const auto days = std::chrono::days(1);
  CHECK_THROWS_WITH(certs::generate({}, days, kNow), Contains("at least one name"));
  CHECK_THROWS_WITH(certs::generate({"a", ""}, days, kNow), Contains("'' is neither a DNS name nor an address"));
  CHECK_THROWS_WITH(certs::generate({"a,DNS:b"}, days, kNow), Contains("'a,DNS:b' is neither"));
  CHECK_THROWS_WITH(certs::generate({std::string(254, 'a')}, days, kNow), Contains("is neither"));
  CHECK_THROWS_WITH(certs::generate({"a"}, std::chrono::days(0), kNow), Contains("36500 days at most"));
  CHECK_THROWS_WITH(certs::generate({"a"}, std::chrono::days(36'501), kNow), Contains("36500 days at most"));
  CHECK_THROWS_WITH(certs::generate({"a"}, std::chrono::days(36'500), core::Time::max() - 24h), Contains("year 2261"));
}

TEST_CASE("write files: only the owner may read the keys and the new folder") {
  const test::Folder folder;
  const auto set = certs::generate({"a"}, std::chrono::days(1), kNow);
  const auto out = folder.path() / "deep" / "out";
  certs::write_files(set, out);
  CHECK(mode(out) == 0700);
  CHECK(mode(out / "tls.key") == 0600);
  CHECK(mode(out / "ca.key") == 0600);
  CHECK(mode(out / "tls.crt") == 0644);
  CHECK(mode(out / "ca.crt") == 0644);
  CHECK(test::read(out / "tls.crt") == set.tls_crt);
  CHECK(test::read(out / "tls.key") == set.tls_key);
  CHECK(test::read(out / "ca.crt") == set.ca_crt);
  CHECK(test::read(out / "ca.key") == set.ca_key);
}

TEST_CASE("write files: replaces what was there and leaves nothing beside it") {
  const test::Folder folder;
  certs::write_files(certs::generate({"a"}, std::chrono::days(1), kNow), folder.path());
  const auto set = certs::generate({"b"}, std::chrono::days(1), kNow);
  certs::write_files(set, folder.path());
  CHECK(test::read(folder / "tls.key") == set.tls_key);
  const auto begin = std::filesystem::directory_iterator(folder.path());
  CHECK(std::distance(begin, std::filesystem::directory_iterator()) == 4);
}

TEST_CASE("write files: names the place that cannot be written") {
  const test::Folder folder;
  const auto set = certs::generate({"a"}, std::chrono::days(1), kNow);
  folder.write("file", "x");
  CHECK_THROWS_WITH(certs::write_files(set, folder / "file"), Contains(folder / "file"));
  std::filesystem::create_directory(folder / "tls.key");
  CHECK_THROWS_WITH(certs::write_files(set, folder.path()), Contains(folder / "tls.key"));
}
