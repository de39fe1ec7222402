#include "holdfast/certs/client_authorities.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include "holdfast/base/file.hpp"

namespace holdfast::certs {

namespace {

constexpr std::size_t kMostBytes = 1 << 20;  // a ConfigMap holds no more
constexpr std::chrono::seconds kBetweenLines{10};

}  // namespace

ClientAuthorities::ClientAuthorities(std::string file, std::vector<std::string> names, const ops::Logger& log,
                                     ops::Metrics& metrics)
    : file_(std::move(file)),
      names_(std::move(names)),
      log_(log),
      metrics_(metrics),
      seen_(base::file_state(file_)),
      trust_(load()),
      lines_(kBetweenLines) {}

std::shared_ptr<const net::ClientTrust> ClientAuthorities::load() const {
  const std::string pem = base::read_file(file_, kMostBytes);
  try {
    return net::ClientTrust::from_pem(pem, names_);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(file_ + ": " + error.what());
  }
}

std::shared_ptr<const net::ClientTrust> ClientAuthorities::current() {
  const std::lock_guard lock(mutex_);
  look();
  return trust_;
}

// A file found broken is read again at each connection: a second write within one tick of the file system's clock would
// not show in the state.
void ClientAuthorities::look() {
  std::string state = base::file_state(file_);
  if (state == seen_ && problem_.empty()) return;
  seen_ = std::move(state);
  std::string problem;
  try {
    trust_ = load();
    log_.info("client authorities reloaded", {{"file", file_}});
  } catch (const std::exception& error) {
    problem = error.what();
    if (problem != problem_) log_.warn("the client authorities stay as they were", {{"problem", problem}});
  }
  problem_ = std::move(problem);
}

void ClientAuthorities::refused(std::string_view why) {
  metrics_.client_refused();
  std::optional<std::uint64_t> count;
  {
    const std::lock_guard lock(mutex_);
    count = lines_.happened(std::chrono::steady_clock::now());
  }
  if (count) log_.warn("a client was refused", {{"listener", "webhook"}, {"problem", why}, {"count", *count}});
}

std::string ClientAuthorities::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace holdfast::certs
