#include "src/kube/auth/tls_files.hpp"

namespace holdfast::kube {

TlsFiles::TlsFiles(const Config& config)
    : server_name_(config.tls_server_name.empty() ? config.host : config.tls_server_name),
      verify_(!config.insecure_skip_tls_verify),
      ca_("certificate-authority", config.ca_file, config.ca_pem),
      cert_("client-certificate", config.cert_file, config.cert_pem),
      key_("client-key", config.key_file, config.key_pem) {}

bool TlsFiles::look(Clock::time_point now, bool at_once) {
  const bool ca = ca_.look(now, at_once);
  const bool cert = cert_.look(now, at_once);
  const bool key = key_.look(now, at_once);
  return ca || cert || key;
}

std::shared_ptr<const net::ClientTls> TlsFiles::make(const std::string& cert_pem, const std::string& key_pem) const {
  const bool own = cert_pem.empty();
  return net::ClientTls::make({.ca_pem = ca_.text(),
                               .chain_pem = own ? cert_.text() : cert_pem,
                               .key_pem = own ? key_.text() : key_pem,
                               .server_name = server_name_,
                               .verify = verify_});
}

}  // namespace holdfast::kube
