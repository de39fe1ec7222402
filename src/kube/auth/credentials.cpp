#include "src/kube/auth/credentials.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "src/kube/http.hpp"

namespace holdfast::kube {

namespace {

std::string trimmed(const std::string& text) {
  constexpr const char* kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// A header's value. Throws std::runtime_error where a byte could end it, or the token is empty.
std::string bearer_of(const std::string& token) {
  const bool clean = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (token.empty()) throw std::runtime_error("the token is empty");
  if (!clean) throw std::runtime_error("the token has a byte that no token has");
  return "Bearer " + token;
}

std::shared_ptr<ExecSource> make_program(net::Loop& loop, const Config& config, const std::string& ca_pem) {
  if (!config.exec) return nullptr;
  auto environment = exec_environment(*config.exec);
  environment.push_back("KUBERNETES_EXEC_INFO=" + exec_info(config, ca_pem));
  return std::make_shared<ExecSource>(loop, *config.exec, std::move(environment));
}

}  // namespace

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

Credentials::Credentials(net::Loop& loop, const Config& config, const ops::Logger& log) try
    : log_(log), tls_(config.tls), tls_files_(config), token_("tokenFile", config.token_file, config.token) {
  program_ = make_program(loop, config, tls_files_.ca_pem());
  if (tls_) first_tls_ = tls_files_.make();
  if (!program_) bearer();
} catch (const std::exception& error) {
  throw ConfigError((config.source.empty() ? "" : config.source + ": ") + error.what());
}

std::string Credentials::bearer() const {
  const std::string token = trimmed(token_.text());
  return token.empty() && !token_.is_file() ? std::string() : bearer_of(token);
}

void Credentials::set_use_tls(UseTls use_tls) {
  const std::lock_guard lock(mutex_);
  use_tls_ = std::move(use_tls);
}

void Credentials::get(Deadline deadline, std::function<void(CredentialResult)> done) {
  CredentialResult result;
  try {
    const std::lock_guard lock(mutex_);
    look(false);
    if (!program_) result = Credential{bearer(), 0};
  } catch (const std::exception& error) {
    return done(no_answer(error.what()));
  }
  if (!program_) return done(std::move(result));
  program_->get(deadline, [self = shared_from_this(), done = std::move(done)](const ExecSource::Found& found) {
    done(self->from_program(found));
  });
}

/// Call it locked.
void Credentials::look(bool at_once) {
  const auto now = WatchedFile::Clock::now();
  token_.look(now, at_once);
  if (!tls_) return;
  if (tls_files_.look(now, at_once) || tls_is_late_) reload_tls();
}

/// Call it locked. What works is kept until the files that replace it fit together.
void Credentials::reload_tls() try {
  if (use_tls_) use_tls_(tls_files_.make());
  used_serial_ = 0;
  tls_is_late_ = false;
} catch (const std::runtime_error& error) {
  if (std::exchange(tls_is_late_, true)) return;
  log_.warn("kube client: the changed TLS files cannot be used yet", {{"problem", error.what()}});
}

CredentialResult Credentials::from_program(const ExecSource::Found& found) {
  if (const auto* problem = std::get_if<ExecProblem>(&found)) return no_answer(problem->text);
  const ExecSource::Kept& kept = *std::get<0>(found);
  try {
    const std::lock_guard lock(mutex_);
    if (tls_ && !kept.credential.cert_pem.empty() && kept.serial != used_serial_) {
      if (use_tls_) use_tls_(tls_files_.make(kept.credential.cert_pem, kept.credential.key_pem));
      used_serial_ = kept.serial;
    }
    const std::string& token = kept.credential.token;
    return Credential{token.empty() ? std::string() : bearer_of(token), kept.serial};
  } catch (const std::exception& error) {
    return no_answer(std::string("credential plugin: ") + error.what());
  }
}

bool Credentials::refused(std::uint64_t serial) {
  if (program_) {
    program_->refused(serial);
    return true;
  }
  try {
    const std::lock_guard lock(mutex_);
    look(true);
    return token_.is_file() || tls_files_.has_files();
  } catch (const std::exception&) {
    return true;  // the repeated request says what cannot be read
  }
}

void Credentials::stop() {
  if (program_) program_->stop();
  const std::lock_guard lock(mutex_);
  use_tls_ = nullptr;
}

}  // namespace holdfast::kube
