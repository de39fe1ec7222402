#include "holdfast/kube/event_recorder.hpp"

#include <utility>

#include "holdfast/base/clock.hpp"
#include "src/kube/event_document.hpp"

namespace holdfast::kube {

namespace {

constexpr std::size_t kMostRemembered = 10'000;

}  // namespace

struct EventRecorder::Impl : std::enable_shared_from_this<Impl> {
  using Clock = std::chrono::steady_clock;

  Impl(Client& c, std::string name, std::chrono::seconds pause, const ops::Logger& g)
      : client(c), instance(std::move(name)), again(pause), log(g) {}

  bool said_lately(const std::string& key);
  void create(const Event& event, Deadline deadline);
  void raise_count(const Target& target, Deadline deadline);
  void raise_count_of(const Target& target, std::string_view text, Deadline deadline);
  void fail(const Target& target, const ApiError& error) const;

  /// Calls `f` with us and what came, unless we are gone.
  template <class F>
  Done answer(F f) {
    return [weak = weak_from_this(), f](const Result& result) {
      if (const auto self = weak.lock()) f(*self, result);
    };
  }

  Client& client;
  const std::string instance;
  const std::chrono::seconds again;
  const ops::Logger& log;
  std::unordered_map<std::string, Clock::time_point> said;
  std::deque<std::string> order;  ///< of `said`, oldest first
};

/// If not, it is said now.
bool EventRecorder::Impl::said_lately(const std::string& key) {
  const auto now = Clock::now();
  const auto [at, is_new] = said.try_emplace(key, now);
  if (!is_new) {
    if (now - at->second < again) return true;
    at->second = now;
    return false;
  }
  order.push_back(key);
  if (order.size() > kMostRemembered) {
    said.erase(order.front());
    order.pop_front();
  }
  return false;
}

void EventRecorder::Impl::create(const Event& event, Deadline deadline) {
  const Target target = event_target(event);
  client.create(target, event_document(event, instance, base::utc_now()), deadline,
                answer([target, deadline](Impl& self, const Result& result) {
                  const auto* error = std::get_if<ApiError>(&result);
                  if (!error) return;
                  error->conflict() ? self.raise_count(target, deadline) : self.fail(target, *error);
                }));
}

/// It exists: said by us before, or by the replica before us.
void EventRecorder::Impl::raise_count(const Target& target, Deadline deadline) {
  client.get(target, deadline, answer([target, deadline](Impl& self, const Result& result) {
               if (const auto* error = std::get_if<ApiError>(&result)) return self.fail(target, *error);
               self.raise_count_of(target, std::get<std::string>(result), deadline);
             }));
}

void EventRecorder::Impl::raise_count_of(const Target& target, std::string_view text, Deadline deadline) {
  const auto before = read_event_count(text);
  const auto now = base::utc_now();
  if (!before || now - before->last < again) return;
  client.merge_patch(target, event_count_patch(*before, now), deadline,
                     answer([target](Impl& self, const Result& result) {
                       if (const auto* error = std::get_if<ApiError>(&result)) self.fail(target, *error);
                     }));
}

void EventRecorder::Impl::fail(const Target& target, const ApiError& error) const {
  log.warn("cannot write an Event", {{"namespace", target.ns}, {"event", target.name}, {"problem", error.text()}});
}

EventRecorder::EventRecorder(Client& client, std::string instance, std::chrono::seconds again, const ops::Logger& log)
    : impl_(std::make_shared<Impl>(client, std::move(instance), again, log)) {}

EventRecorder::~EventRecorder() = default;

void EventRecorder::record(const Event& event, Deadline deadline) {
  const Target target = event_target(event);
  if (!impl_->said_lately(target.ns + "/" + target.name)) impl_->create(event, deadline);
}

}  // namespace holdfast::kube
