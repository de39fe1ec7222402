#include "certs/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>

namespace holdfast::certs {

namespace {

X509StackPtr read_all(const std::string& pem) {
  X509StackPtr stack(sk_X509_new_null());
  require(stack != nullptr, "out of memory");
  const BioPtr reader = net::pem_reader(pem);
  while (X509Ptr next = net::next_certificate(reader.get())) {
    require(sk_X509_push(stack.get(), next.get()) > 0, "out of memory");
    (void)next.release();  // the stack's now
  }
  ERR_clear_error();
  return stack;
}

X509StorePtr trust(const X509StackPtr& anchors) {
  X509StorePtr store(X509_STORE_new());
  require(store != nullptr, "out of memory");
  for (int i = 0; i < sk_X509_num(anchors.get()); ++i)
    X509_STORE_add_cert(store.get(), sk_X509_value(anchors.get(), i));
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  return store;
}

template <class Write>
std::string write_pem(Write write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio && write(bio.get()) == 1, "PEM cannot be written");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

std::string to_pem(X509* certificate) {
  return write_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string to_pem(EVP_PKEY* key) {
  return write_pem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

std::vector<std::string> split_certificates(const std::string& pem) {
  const X509StackPtr all = read_all(pem);
  std::vector<std::string> each;
  each.reserve(static_cast<std::size_t>(sk_X509_num(all.get())));
  for (int i = 0; i < sk_X509_num(all.get()); ++i) each.push_back(to_pem(sk_X509_value(all.get(), i)));
  return each;
}

bool is_issued_by(X509* leaf, const std::string& chain, const std::string& ca, std::string_view ca_name) {
  const X509StackPtr anchors = read_all(ca), between = read_all(chain);
  require(sk_X509_num(anchors.get()) > 0, std::string(ca_name) + ": no readable PEM certificate");
  const X509StorePtr store = trust(anchors);
  const X509StoreContextPtr context(X509_STORE_CTX_new());
  require(context && X509_STORE_CTX_init(context.get(), store.get(), leaf, between.get()) == 1, "out of memory");
  const bool issued = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  return issued;
}

X509Ptr read_certificate(const std::string& pem, std::string_view name) {
  X509Ptr certificate = net::next_certificate(net::pem_reader(pem).get());
  require(certificate != nullptr, std::string(name) + ": no readable PEM certificate");
  return certificate;
}

core::Time to_time(const ASN1_TIME* time) {
  std::tm parts{};
  require(ASN1_TIME_to_tm(time, &parts) == 1, "a certificate's time cannot be read");
  // Nanoseconds end in the year 2262, certificates may say 9999.
  const auto seconds = std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
  const auto last = std::chrono::floor<std::chrono::seconds>(core::Time::max());
  return core::Time(std::min(seconds, last));
}

}  // namespace holdfast::certs
