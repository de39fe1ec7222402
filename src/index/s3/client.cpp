#include "src/index/s3/client.hpp"

#include <fmt/format.h>

#include <random>
#include <stdexcept>
#include <thread>

#include "holdfast/base/clock.hpp"
#include "src/index/s3/answers.hpp"
#include "src/index/s3/bucket.hpp"

namespace holdfast::index {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostReplyBytes = 8 * 1024 * 1024;
constexpr int kMostAttempts = 4;
constexpr milliseconds kFirstPause{100};

net::Client::Options http_options(const S3Address& address) {
  return {.host = address.server, .port = address.port, .reply_bytes = kMostReplyBytes};
}

std::shared_ptr<const net::ClientTls> make_tls(const std::string& ca, const S3Address& address) {
  try {
    return net::ClientTls::make({.ca_pem = ca, .server_name = address.server});
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("index.s3.caFile: {}", error.what()));
  }
}

/// Whether the same may succeed a moment later, although the time is not over.
bool is_passing_failure(const net::CallFailure& failure) { return failure.why == net::CallFailure::Why::Closed; }

std::string words(const net::CallFailure& failure, const S3Options& options) {
  if (failure.why == net::CallFailure::Why::Cancelled) return "holdfast is stopping";
  if (failure.why == net::CallFailure::Why::Tls && !options.ca_file.empty()) {
    return fmt::format("{} (index.s3.caFile {})", failure.text, options.ca_file);
  }
  return failure.text;
}

milliseconds pause_before(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const milliseconds pause = kFirstPause * (1 << (attempt - 1));
  return pause + milliseconds(std::uniform_int_distribution<int>(0, static_cast<int>(pause.count()))(random));
}

}  // namespace

S3Client::S3Client(const S3Options& options) : options_(options), address_(S3Address::of(options)) {}

S3Client::~S3Client() { stop(); }

void S3Client::stop() {
  std::unique_ptr<net::Client> http;  // ends unlocked
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  http.swap(http_);
}

void S3Client::trust() {
  const std::string ca = address_.tls ? read_s3_ca(options_.ca_file) : std::string();
  const std::lock_guard lock(mutex_);
  if (stopped_ || (http_ && ca_ == ca)) return;
  auto tls = address_.tls ? make_tls(ca, address_) : nullptr;
  if (http_) {
    http_->replace_tls(std::move(tls));
  } else {
    http_ = std::make_unique<net::Client>(loop_, http_options(address_), std::move(tls));
  }
  ca_ = ca;
}

std::future<net::CallResult> S3Client::send(const net::Call& call) {
  const auto promise = std::make_shared<std::promise<net::CallResult>>();
  const std::lock_guard lock(mutex_);
  if (http_) {
    http_->send(call, [promise](net::CallResult result) { promise->set_value(std::move(result)); });
  } else {
    promise->set_value(net::CallFailure{net::CallFailure::Why::Cancelled, "the client has ended"});
  }
  return promise->get_future();
}

S3Session::S3Session(S3Client& client, Deadline deadline)
    : client_(client), deadline_(deadline), keys_(read_s3_keys(client.options())) {
  client_.trust();
}

S3Session::Pending S3Session::begin(S3Request request) {
  auto answer = send(request);
  return {std::move(request), std::move(answer)};
}

std::future<net::CallResult> S3Session::send(const S3Request& request) {
  S3Request signed_request = request;
  sign(signed_request, keys_, {client_.address().region}, base::utc_now());
  std::erase_if(signed_request.headers, [](const auto& header) { return header.first == "host"; });  // the client's own
  net::Call call;
  call.method = signed_request.method;
  call.target = canonical_target(signed_request);
  call.headers = std::move(signed_request.headers);
  call.deadline = deadline_;
  return client_.send(call);
}

std::optional<std::string> S3Session::finish(Pending pending) {
  for (int attempt = 1;; ++attempt) {
    const net::CallResult result = pending.answer.get();
    if (const auto* failure = std::get_if<net::CallFailure>(&result)) {
      if (!is_passing_failure(*failure) || !wait_before(attempt)) {
        throw std::runtime_error(words(*failure, client_.options()));
      }
    } else {
      const auto& reply = std::get<net::Reply>(result);
      if (reply.status == 200) return reply.body;
      const S3Error error = read_error(reply);
      if (error.status == 404 && error.code == "NoSuchKey") return std::nullopt;
      if (!is_passing(error) || !wait_before(attempt)) {
        throw std::runtime_error(explain(error, client_.address(), base::utc_now()));
      }
    }
    pending.answer = send(pending.request);
  }
}

/// Whether there is to be another attempt after this one, and time for it.
bool S3Session::wait_before(int attempt) const {
  if (attempt == kMostAttempts) return false;
  const milliseconds pause = pause_before(attempt);
  if (Deadline::clock::now() + 2 * pause > deadline_) return false;
  std::this_thread::sleep_for(pause);
  return true;
}

}  // namespace holdfast::index
