#include "src/kube/watch/watch_stream.hpp"

#include <utility>

#include "src/kube/http.hpp"

namespace holdfast::kube {

namespace {

constexpr std::chrono::seconds kHeadTimeout{30};

}  // namespace

WatchStream::WatchStream(std::weak_ptr<Client::Impl> client, net::Call call, Client::WatchCallbacks callbacks)
    : client_(std::move(client)), call_(std::move(call)), callbacks_(std::move(callbacks)) {}

void WatchStream::start() {
  const auto client = client_.lock();
  if (!client) return;
  client->credentials->get(Deadline::clock::now() + kHeadTimeout, [weak = weak_from_this()](const CredentialResult& r) {
    const auto self = weak.lock();
    if (!self) return;
    if (const auto* credential = std::get_if<Credential>(&r)) return self->open(*credential);
    const auto owner = self->client_.lock();
    if (!owner) return;
    owner->loop.post([weak, error = std::get<ApiError>(r)] {
      if (const auto again = weak.lock()) again->end(error);
    });
  });
}

void WatchStream::open(const Credential& credential) {
  const auto client = client_.lock();
  if (!client || over_) return;
  net::Call call = call_;
  client->add_headers(call, credential);
  call.deadline = Deadline::clock::now() + kHeadTimeout;
  serial_ = credential.serial;
  head_ = {};
  ++client->reads;
  std::unique_ptr<net::Client::Stream> stream;
  {
    const std::lock_guard lock(client->mutex);
    if (client->stopped) return;
    stream = client->http->stream(call, stream_callbacks());
  }
  {
    const std::lock_guard lock(mutex_);
    stream_.swap(stream);
  }
  if (over_) close_stream();
}

net::Client::StreamCallbacks WatchStream::stream_callbacks() {
  const auto to = [weak = weak_from_this()](auto method) {
    return [weak, method](const auto& value) {
      if (const auto self = weak.lock()) ((*self).*method)(value);
    };
  };
  return {.head = to(&WatchStream::head), .data = to(&WatchStream::data), .end = to(&WatchStream::ended)};
}

void WatchStream::head(const net::Reply& reply) {
  head_ = reply;
  if (over_ || reply.status < 200 || reply.status > 299) return;
  if (callbacks_.begun) callbacks_.begun();
}

void WatchStream::data(std::string_view bytes) {
  const bool fits = lines_.feed(bytes, [this](std::string_view line) {
    if (!over_) callbacks_.line(line);
    return !over_;
  });
  if (fits) return;
  end({0, kTooLarge, "a line of the watch is too long", std::nullopt});
  close_stream();
}

void WatchStream::ended(const std::string& problem) {
  if (over_) return;
  if (head_.status == 401 && renew()) return;
  if (head_.status != 0 && (head_.status < 200 || head_.status > 299)) return end(error_of(head_));
  end(no_answer(problem));
}

/// Once more with another credential, if there is one.
bool WatchStream::renew() {
  const auto client = client_.lock();
  if (!client || std::exchange(renewed_, true) || !client->credentials->refused(serial_)) return false;
  start();
  return true;
}

void WatchStream::end(const ApiError& error) {
  if (!over_.exchange(true)) callbacks_.end(error);
}

void WatchStream::cancel() {
  over_ = true;
  close_stream();
}

void WatchStream::close_stream() {
  std::unique_ptr<net::Client::Stream> stream;
  const std::lock_guard lock(mutex_);
  stream.swap(stream_);
}

}  // namespace holdfast::kube
