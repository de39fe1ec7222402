#include "src/net/client/client_tls.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <new>
#include <stdexcept>

#include "holdfast/net/openssl.hpp"
#include "holdfast/net/url.hpp"

namespace holdfast::net {

namespace {

constexpr unsigned char kAlpn[] = "\x08http/1.1";

void harden(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // It returns 0 where all others return 1.
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn - 1) != 0) {
    openssl_failure("this OpenSSL does not offer what is wanted of TLS");
  }
}

void trust(SSL_CTX* context, const std::string& ca_pem) {
  if (ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) != 1) openssl_failure("the system's authorities cannot be used");
    return;
  }
  add_authorities(SSL_CTX_get_cert_store(context), ca_pem);
}

void expect_name(SSL_CTX* context, const std::string& name) {
  if (name.empty()) throw std::runtime_error("a certificate can only be verified for a name, and none is given");
  X509_VERIFY_PARAM* param = SSL_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const int set = is_address(name) ? X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str())
                                   : X509_VERIFY_PARAM_set1_host(param, name.data(), name.size());
  if (set != 1) openssl_failure("the server's name is not usable");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

std::string verify_problem(const SSL* ssl) {
  const long result = SSL_get_verify_result(ssl);
  if (result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return "its certificate is for another name";
  }
  return std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(result);
}

}  // namespace

ClientTls::ClientTls(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientTls::~ClientTls() = default;

std::shared_ptr<const ClientTls> ClientTls::make(const Options& options) {
  ERR_clear_error();
  auto impl = std::make_unique<Impl>();
  impl->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = impl->context.get();
  if (!context) openssl_failure("OpenSSL has no TLS client");
  harden(context);
  if (!is_address(options.server_name)) impl->sni = options.server_name;
  if (options.verify) {
    trust(context, options.ca_pem);
    expect_name(context, options.server_name);
  }
  if (options.chain_pem.empty() != options.key_pem.empty()) {
    throw std::runtime_error("a client certificate and its key belong together, and one of them is missing");
  }
  if (!options.chain_pem.empty()) {
    load_chain(context, options.chain_pem);
    load_key(context, options.key_pem);
  }
  return std::shared_ptr<const ClientTls>(new ClientTls(std::move(impl)));
}

Stream::Tls ClientTls::Impl::open(int descriptor) const {
  Stream::Tls ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), descriptor) != 1) throw std::bad_alloc();
  if (!sni.empty() && SSL_set_tlsext_host_name(ssl.get(), sni.c_str()) != 1) throw std::bad_alloc();
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::string tls_problem(const SSL* ssl) {
  // The last of them is what TLS makes of the others.
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return {};
  switch (ERR_GET_REASON(code)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      if (ssl) return verify_problem(ssl);
      break;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return {};
    case SSL_R_WRONG_VERSION_NUMBER:
      return "it does not speak TLS";
    default:
      break;
  }
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "an unknown TLS error";
}

}  // namespace holdfast::net
