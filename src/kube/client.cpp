#include "holdfast/kube/client.hpp"

#include <utility>

#include "src/kube/client_impl.hpp"
#include "src/kube/http.hpp"
#include "src/kube/watch/watch_stream.hpp"

namespace holdfast::kube {

namespace {

constexpr int kMostRepeats = 3;
constexpr const char* kClosed = "the client is being closed";

net::Client::Options http_options(const Config& config, const Client::Options& options) {
  return {.host = config.host, .port = config.port, .connections = options.connections};
}

}  // namespace

Client::Impl::Impl(net::Loop& l, Config c, const Options& options, const ops::Logger& log)
    : loop(l),
      config(std::move(c)),
      user_agent(options.user_agent),
      credentials(std::make_shared<Credentials>(l, config, log)),
      http(std::make_unique<net::Client>(l, http_options(config, options), credentials->first_tls())) {}

void Client::Impl::start() {
  credentials->set_use_tls([weak = weak_from_this()](std::shared_ptr<const net::ClientTls> tls) {
    const auto self = weak.lock();
    if (!self) return;
    const std::lock_guard lock(self->mutex);
    if (!self->stopped) self->http->replace_tls(std::move(tls));
  });
}

void Client::Impl::stop() {
  {
    const std::lock_guard lock(mutex);
    stopped = true;
  }
  credentials->stop();
  http.reset();  // nobody else touches it after `stopped`
  std::unordered_set<ExchangePtr> rest;
  {
    const std::lock_guard lock(mutex);
    rest = open;
  }
  for (const auto& exchange : rest) finish(exchange, no_answer(kClosed));
}

void Client::Impl::send(net::Call call, Deadline deadline, Done done, bool missing_is_done) {
  call.deadline = deadline;
  const auto exchange = std::make_shared<Exchange>(Exchange{std::move(call), std::move(done), missing_is_done});
  const bool too_late = [&] {
    const std::lock_guard lock(mutex);
    open.insert(exchange);
    return stopped;
  }();
  if (too_late) return finish(exchange, no_answer(kClosed));
  authorize(exchange);
}

void Client::Impl::authorize(const ExchangePtr& exchange) {
  credentials->get(exchange->call.deadline, [weak = weak_from_this(), exchange](const CredentialResult& result) {
    const auto self = weak.lock();
    if (!self) return;
    if (const auto* error = std::get_if<ApiError>(&result)) return self->finish_on_loop(exchange, *error);
    self->transmit(exchange, std::get<Credential>(result));
  });
}

void Client::Impl::add_headers(net::Call& call, const Credential& credential) const {
  call.headers.emplace_back("User-Agent", user_agent);
  if (!credential.authorization.empty()) call.headers.emplace_back("Authorization", credential.authorization);
}

void Client::Impl::transmit(const ExchangePtr& exchange, const Credential& credential) {
  net::Call call = exchange->call;
  add_headers(call, credential);
  exchange->serial = credential.serial;
  ++(call.method == "GET" ? reads : writes);
  const std::lock_guard lock(mutex);
  if (stopped) return;
  http->send(call, [weak = weak_from_this(), exchange](net::CallResult answer) {
    if (const auto self = weak.lock()) self->answered(exchange, std::move(answer));
  });
}

void Client::Impl::answered(const ExchangePtr& exchange, net::CallResult answer) {
  Result result = result_of(std::move(answer));
  const auto* error = std::get_if<ApiError>(&result);
  if (error && error->not_found() && exchange->missing_is_done) return finish(exchange, std::string());
  if (error && repeat(exchange, *error)) return;
  finish(exchange, std::move(result));
}

/// Whether the request goes on.
bool Client::Impl::repeat(const ExchangePtr& exchange, const ApiError& error) {
  if (error.code == 401 && !exchange->renewed && credentials->refused(exchange->serial)) {
    exchange->renewed = true;
    authorize(exchange);
    return true;
  }
  const bool asked_for = (error.code == 429 || error.code == 503) && error.retry_after;
  if (!asked_for || exchange->repeats == kMostRepeats) return false;
  if (Deadline::clock::now() + *error.retry_after >= exchange->call.deadline) return false;
  ++exchange->repeats;
  loop.post(
      [weak = weak_from_this(), exchange] {
        if (const auto self = weak.lock()) self->authorize(exchange);
      },
      *error.retry_after);
  return true;
}

/// Exactly once, whoever comes first.
void Client::Impl::finish(const ExchangePtr& exchange, Result result) {
  {
    const std::lock_guard lock(mutex);
    if (open.erase(exchange) == 0) return;
  }
  // Not kept by what still knows the exchange, such as the timer of a repeat: what it holds ends with it.
  std::exchange(exchange->done, nullptr)(std::move(result));
}

void Client::Impl::finish_on_loop(const ExchangePtr& exchange, ApiError error) {
  loop.post([weak = weak_from_this(), exchange, error = std::move(error)] {
    if (const auto self = weak.lock()) self->finish(exchange, error);
  });
}

Client::Client(net::Loop& loop, Config config, const Options& options, const ops::Logger& log)
    : impl_(std::make_shared<Impl>(loop, std::move(config), options, log)) {
  impl_->start();
}

Client::~Client() { stop(); }

void Client::stop() { impl_->stop(); }

void Client::get(const Target& target, Deadline deadline, Done done) {
  impl_->send(get_call(impl_->config, target), deadline, std::move(done));
}

void Client::get_page(std::string_view path, Deadline deadline, Done done) {
  impl_->send(get_page_call(impl_->config, path), deadline, std::move(done));
}

void Client::list(const Resource& resource, std::string_view ns, const ListOptions& options, Deadline deadline,
                  Done done) {
  impl_->send(list_call(impl_->config, resource, ns, options), deadline, std::move(done));
}

void Client::apply(const Target& target, std::string body, bool force, Deadline deadline, Done done) {
  impl_->send(apply_call(impl_->config, target, std::move(body), force), deadline, std::move(done));
}

void Client::create(const Target& target, std::string body, Deadline deadline, Done done) {
  impl_->send(create_call(impl_->config, target, std::move(body)), deadline, std::move(done));
}

void Client::replace(const Target& target, std::string body, Deadline deadline, Done done) {
  impl_->send(replace_call(impl_->config, target, std::move(body)), deadline, std::move(done));
}

void Client::merge_patch(const Target& target, std::string body, Deadline deadline, Done done) {
  impl_->send(merge_patch_call(impl_->config, target, std::move(body)), deadline, std::move(done));
}

void Client::json_patch(const Target& target, std::string body, Deadline deadline, Done done) {
  impl_->send(json_patch_call(impl_->config, target, std::move(body)), deadline, std::move(done));
}

void Client::remove(const Target& target, const Preconditions& preconditions, Deadline deadline, Done done) {
  impl_->send(remove_call(impl_->config, target, preconditions), deadline, std::move(done), true);
}

std::unique_ptr<Client::Watch> Client::watch(const Resource& resource, std::string_view ns, const WatchOptions& options,
                                             WatchCallbacks callbacks) {
  auto stream =
      std::make_shared<WatchStream>(impl_, watch_call(impl_->config, resource, ns, options), std::move(callbacks));
  stream->start();
  return std::make_unique<WatchHandle>(std::move(stream));
}

RequestCounts Client::counts() const { return {impl_->reads, impl_->writes}; }

}  // namespace holdfast::kube
