#include "holdfast/kube/reflector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

#include "holdfast/base/clock.hpp"
#include "holdfast/json/objects.hpp"
#include "src/kube/backoff.hpp"
#include "src/kube/http.hpp"

namespace holdfast::kube {

namespace {

using Is = WatchState::Is;
using std::chrono::milliseconds;

/// A watch that ends sooner and brings nothing is a failure: else a server that ends each at once would be asked
/// without a pause.
constexpr std::chrono::seconds kShortWatch{1};
/// A watch that lasted so long was a good one, even if nothing happened.
constexpr std::chrono::seconds kLongWatch{10};
constexpr std::chrono::minutes kLongestWait{5};

const char* name_of(Is is) {
  switch (is) {
    case Is::Starting:
      return "starting";
    case Is::Current:
      return "current";
    case Is::Absent:
      return "absent";
    case Is::Forbidden:
      return "forbidden";
    case Is::Failing:
      break;
  }
  return "failing";
}

Is state_for(const ApiError& error) {
  if (error.not_found()) return Is::Absent;
  return error.forbidden() ? Is::Forbidden : Is::Failing;
}

ApiError unreadable(const json::ObjectFault& fault) { return {0, kNotJson, fault.problem, std::nullopt}; }

}  // namespace

/// The steps: list page by page, watch, wait, and back. Each step has a number; what comes of an earlier step is not
/// heard any more.
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

/// Of a path that it does not know the API server says nothing but 404.
std::string Reflector::Impl::explain(const ApiError& error) const {
  if (!error.not_found()) return error.text();
  return fmt::format("the API server does not know {} of {}", resource.plural, resource.api_version());
}

Reflector::Impl::Impl(net::Loop& l, Client& c, const Resource& r, Options o, Sink& s, const ops::Logger& g)
    : loop(l),
      client(c),
      resource(r),
      options(std::move(o)),
      sink(s),
      log(g),
      backoff(std::random_device()(), options.first_wait),
      page(std::max<std::size_t>(options.page, 1)) {}

void Reflector::Impl::stop() {
  const std::lock_guard lock(mutex);
  stopped = true;
  watch.reset();
}

void Reflector::Impl::begin_list() {
  continue_token.clear();
  ask_page();
}

void Reflector::Impl::ask_page() {
  ++turn;
  Client::ListOptions list{.label_selector = options.label_selector, .limit = page, .continue_token = continue_token};
  client.list(resource, {}, list, Clock::now() + options.list_timeout,
              [came = on(&Impl::page_came)](const Result& result) { came(result); });
}

void Reflector::Impl::page_came(const Result& result) {
  if (const auto* error = std::get_if<ApiError>(&result)) return list_failed(*error);
  if (continue_token.empty()) sink.reset_begins();
  const auto read = json::read_list(std::get<std::string>(result), [this](std::string_view o) { sink.apply(o); });
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return fail(unreadable(*fault), Next::List);
  listed(std::get<json::ListHead>(read));
}

void Reflector::Impl::list_failed(const ApiError& error) {
  if (error.reason == kTooLarge && page > 1) {
    page /= 2;
    return ask_page();
  }
  if (error.gone()) return start_over(error);
  // The pages that came are good for minutes: a hiccup in the middle of a long listing does not repeat them.
  fail(error, error.passing() && !continue_token.empty() ? Next::Page : Next::List);
}

void Reflector::Impl::listed(const json::ListHead& head) {
  continue_token = head.continue_token;
  if (!continue_token.empty()) return ask_page();
  version = head.resource_version;
  sink.reset_ends();
  say(Is::Current);
  begin_watch();
}

void Reflector::Impl::begin_watch() {
  ++turn;
  lines = 0;
  watch_began = heard = Clock::now();
  loop.post(on(&Impl::look_for_silence), options.silence);
  watch = client.watch(resource, {}, {.label_selector = options.label_selector, .resource_version = version},
                       {.line = on(&Impl::line_came),
                        .end = [ended = on(&Impl::watch_ended)](const ApiError& error) { ended(error); },
                        .begun = on(&Impl::watch_begun)});
}

void Reflector::Impl::watch_begun() { say(Is::Current); }

void Reflector::Impl::line_came(std::string_view line) {
  heard = Clock::now();
  const auto read = json::read_watch_event(line);
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return fail(unreadable(*fault), Next::List);
  event_came(std::get<json::WatchEvent>(read));
}

void Reflector::Impl::event_came(const json::WatchEvent& event) {
  using Type = json::WatchEvent::Type;
  if (event.type == Type::Error) return error_came(event.object);
  const auto read = json::read_meta(event.object);
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return fail(unreadable(*fault), Next::List);
  if (event.type == Type::Deleted) sink.remove(event.object);
  if (event.type == Type::Added || event.type == Type::Modified) sink.apply(event.object);
  // Only after the sink has it: a watch goes on after this one.
  version = std::get<core::Meta>(read).resource_version;
  ++lines;
  started_over = false;
  backoff.reset();
}

void Reflector::Impl::error_came(std::string_view text) {
  const auto read = json::read_status(text);
  const auto* status = std::get_if<json::ApiStatus>(&read);
  if (!status) return fail(unreadable(std::get<json::ObjectFault>(read)), Next::List);
  ApiError error{status->code, status->reason, status->message, std::nullopt};
  if (status->retry_after_seconds > 0) error.retry_after = std::chrono::seconds(status->retry_after_seconds);
  if (error.gone()) return start_over(error);
  fail(error, Next::List);
}

void Reflector::Impl::watch_ended(const ApiError& error) {
  const auto lasted = Clock::now() - watch_began;
  if (lasted >= kLongWatch) backoff.reset();
  if (error.gone()) return start_over(error);
  const bool by_server = error.code == 0 && error.message.empty();
  if (by_server && (lines > 0 || lasted >= kShortWatch)) return begin_watch();
  if (by_server) return fail(no_answer("the API server ended the watch at once"), Next::Watch);
  fail(error, error.passing() && error.reason != kTooLarge ? Next::Watch : Next::List);
}

void Reflector::Impl::look_for_silence() {
  const auto left = std::chrono::ceil<milliseconds>(heard + options.silence - Clock::now());
  if (left > milliseconds(0)) return loop.post(on(&Impl::look_for_silence), left);
  say(Is::Failing, fmt::format("nothing has come for {:.3g} s", base::seconds(options.silence)));
  begin_watch();
}

/// A version that we go on from is gone. The first time at once; where that leads to the same again, with a pause.
void Reflector::Impl::start_over(const ApiError& error) {
  if (std::exchange(started_over, true)) return fail(error, Next::List);
  watch.reset();
  begin_list();
}

void Reflector::Impl::fail(const ApiError& error, Next next) {
  ++turn;
  watch.reset();
  say(state_for(error), explain(error));
  const bool refused = error.not_found() || error.forbidden();
  milliseconds wait = refused ? backoff.around(options.retry) : backoff.next();
  if (error.retry_after) wait = std::clamp<milliseconds>(*error.retry_after, wait, kLongestWait);
  if (refused) next = Next::List;
  const auto step = next == Next::List ? &Impl::begin_list : next == Next::Page ? &Impl::ask_page : &Impl::begin_watch;
  loop.post(on(step), wait);
}

void Reflector::Impl::say(WatchState::Is is, std::string problem) {
  const WatchState now{is, std::move(problem)};
  if (now == state) return;
  const bool other = now.is != state.is;
  state = now;
  if (other) {
    log.log(is == Is::Current ? ops::Level::Info : ops::Level::Warn, "watch",
            {{"resource", resource.plural}, {"state", name_of(is)}, {"problem", state.problem}});
  }
  sink.state(state);
}

Reflector::Reflector(net::Loop& loop, Client& client, const Resource& resource, Options options, Sink& sink,
                     const ops::Logger& log)
    : impl_(std::make_shared<Impl>(loop, client, resource, std::move(options), sink, log)) {}

Reflector::~Reflector() { impl_->stop(); }

// On the loop, so that the sink is called nowhere else.
void Reflector::start() { impl_->loop.post(impl_->on(&Impl::begin_list)); }

}  // namespace holdfast::kube
