// The steps of a Reflector: list page by page, watch, wait, and back. Each step has a number; what comes of an earlier
// step is not heard any more.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "holdfast/kube/reflector.hpp"
#include "src/kube/backoff.hpp"

namespace holdfast::json {
struct ListHead;
struct WatchEvent;
}  // namespace holdfast::json

namespace holdfast::kube {

struct Reflector::Impl : std::enable_shared_from_this<Impl> {
  using Clock = std::chrono::steady_clock;

  Impl(net::Loop& loop, Client& client, const Resource& resource, Options options, Sink& sink, const ops::Logger& log);
  void stop();

  // Everything below with the mutex: the sink hears one thing at a time, and nothing after stop().
  void begin_list();
  void ask_page();
  void page_came(const Result& result);
  void list_failed(const ApiError& error);
  void listed(const json::ListHead& head);

  void begin_watch();
  void watch_begun();
  void line_came(std::string_view line);
  void event_came(const json::WatchEvent& event);
  void error_came(std::string_view status);
  void watch_ended(const ApiError& error);
  void look_for_silence();

  /// What follows a failure, after a wait.
  enum class Next { List, Page, Watch };
  void fail(const ApiError& error, Next next);
  void start_over(const ApiError& error);
  void say(WatchState::Is is, std::string problem = {});
  std::string explain(const ApiError& error) const;

  /// A callback for the step that begins now. It holds no reference to us.
  template <class... Arguments>
  std::function<void(Arguments...)> on(void (Impl::*step)(Arguments...)) {
    return [weak = weak_from_this(), turn = turn, step](Arguments... arguments) {
      const auto self = weak.lock();
      if (!self) return;
      const std::lock_guard lock(self->mutex);
      if (!self->stopped && self->turn == turn) ((*self).*step)(std::forward<Arguments>(arguments)...);
    };
  }

  net::Loop& loop;
  Client& client;
  const Resource resource;
  const Options options;
  Sink& sink;
  const ops::Logger& log;

  std::mutex mutex;
  bool stopped = false;
  std::uint64_t turn = 0;
  Backoff backoff;
  WatchState state;
  std::size_t page;            ///< smaller after an answer that was too large
  std::string continue_token;  ///< of the listing under way
  std::string version;         ///< from which a watch goes on
  bool started_over = false;   ///< the last listing was because a version was gone; nothing has come of it yet
  std::unique_ptr<Client::Watch> watch;
  Clock::time_point watch_began;
  Clock::time_point heard;  ///< when the last line came, or the watch began
  std::size_t lines = 0;    ///< of this watch
};

}  // namespace holdfast::kube
