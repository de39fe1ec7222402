#include "src/net/loop.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace holdfast::net {

namespace {

// OpenSSL writes to sockets with write(2), which raises SIGPIPE when the peer is gone. Blocked in these threads it
// becomes the error code that the session expects, and the process keeps its own disposition.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

Loop::Loop(int threads) : impl_(std::make_unique<Impl>(std::max(threads, 1))) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    impl_->threads.emplace_back([this] {
      block_sigpipe();
      pthread_setname_np(pthread_self(), "holdfast-net");
      impl_->context.run();
    });
  }
}

Loop::~Loop() { stop(); }

void Loop::stop() {
  impl_->context.stop();
  for (auto& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
}

void Loop::post(std::function<void()> f, std::chrono::milliseconds delay) {
  if (delay.count() <= 0) {
    boost::asio::post(impl_->context, std::move(f));
    return;
  }
  auto timer = std::make_shared<boost::asio::steady_timer>(impl_->context, delay);
  timer->async_wait([timer, f = std::move(f)](boost::system::error_code error) {
    if (!error) f();
  });
}

}  // namespace holdfast::net
