#include "src/net/server/server_tls.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <new>
#include <utility>

namespace holdfast::net {

namespace {

int select_alpn(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                unsigned offered_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, chosen_size, kHttp11, sizeof kHttp11 - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

void harden(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
      SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") !=
          1) {
    openssl_failure("this OpenSSL offers none of the wanted ciphers");
  }
  SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
}

void tune(SSL_CTX* context) {
  // Resumption is by tickets, which need no memory here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  // A record in one recv instead of two; whoever waits for input must therefore ask Stream::pending() first.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslDelete<GENERAL_NAMES_free>>;

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::vector<std::string> common_names(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  std::vector<std::string> found;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    found.emplace_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  return found;
}

std::vector<std::string> dns_names(const X509* certificate) {
  const NamesPtr all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) found.emplace_back(text_of(name->d.dNSName));
  }
  return found;
}

bool is_named(X509* certificate, const std::vector<std::string>& names) {
  const auto known = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return names.empty() || std::ranges::any_of(common_names(certificate), known) ||
         std::ranges::any_of(dns_names(certificate), known);
}

int trust_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

/// OpenSSL asks for each certificate of the chain, the client's own (depth 0) last, when all else is verified.
int verify(int verified, X509_STORE_CTX* context) {
  if (verified != 1 || X509_STORE_CTX_get_error_depth(context) != 0) return verified;
  const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* trust = static_cast<const ClientTrust::Impl*>(SSL_get_ex_data(ssl, trust_index()));
  if (trust && is_named(X509_STORE_CTX_get_current_cert(context), trust->names)) return 1;
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

std::shared_ptr<const TlsContext> TlsContext::from_pem(const std::string& chain, const std::string& key) {
  ERR_clear_error();
  auto impl = std::make_unique<Impl>();
  impl->context.reset(SSL_CTX_new(TLS_server_method()));
  if (!impl->context) openssl_failure("OpenSSL has no TLS server");
  harden(impl->context.get());
  tune(impl->context.get());
  load_chain(impl->context.get(), chain);
  load_key(impl->context.get(), key);
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

ClientTrust::ClientTrust(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClientTrust::~ClientTrust() = default;

std::shared_ptr<const ClientTrust> ClientTrust::from_pem(const std::string& authorities,
                                                         std::vector<std::string> names) {
  ERR_clear_error();
  auto impl = std::make_unique<Impl>();
  impl->store.reset(X509_STORE_new());
  if (!impl->store) openssl_failure("out of memory");
  add_authorities(impl->store.get(), authorities);
  impl->names = std::move(names);
  return std::shared_ptr<const ClientTrust>(new ClientTrust(std::move(impl)));
}

void demand_certificate(SSL* ssl, const ClientTrust& trust) {
  if (SSL_set_ex_data(ssl, trust_index(), const_cast<ClientTrust::Impl*>(&trust.impl())) != 1 ||
      SSL_set1_verify_cert_store(ssl, trust.impl().store.get()) != 1 || SSL_set_num_tickets(ssl, 0) != 1) {
    throw std::bad_alloc();
  }
  SSL_set_options(ssl, SSL_OP_NO_TICKET);
  SSL_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify);
}

std::string refusal(const SSL* ssl) {
  const unsigned long code = ERR_peek_last_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return {};
  if (ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) return "it sent no certificate";
  if (ERR_GET_REASON(code) != SSL_R_CERTIFICATE_VERIFY_FAILED) return {};
  const long result = SSL_get_verify_result(ssl);
  if (result == X509_V_ERR_APPLICATION_VERIFICATION) return "its certificate has none of the allowed names";
  return std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(result);
}

}  // namespace holdfast::net
