#include "src/net/server/service.hpp"

#include "src/net/server/session.hpp"

namespace holdfast::net {

void Roster::add(Session& session) {
  std::lock_guard lock(mutex_);
  sessions_.insert(&session);
}

void Roster::remove(Session& session) {
  std::lock_guard lock(mutex_);
  sessions_.erase(&session);
  if (sessions_.empty()) empty_.notify_all();
}

std::size_t Roster::size() const {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

std::vector<std::shared_ptr<Session>> Roster::all() const { return late(std::chrono::steady_clock::time_point::max()); }

// The shared pointers leave the lock with the vector: the last one of a session ends in remove(), which takes it again.
std::vector<std::shared_ptr<Session>> Roster::late(std::chrono::steady_clock::time_point now) const {
  std::vector<std::shared_ptr<Session>> found;
  std::lock_guard lock(mutex_);
  for (Session* session : sessions_) {
    if (now < session->deadline()) continue;
    if (auto alive = session->weak_from_this().lock()) found.push_back(std::move(alive));
  }
  return found;
}

void Roster::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  empty_.wait_until(lock, deadline, [this] { return sessions_.empty(); });
}

void Service::handle(Request request, Respond respond) {
  std::shared_lock lock(gate_);
  if (!handler_) return;
  try {
    handler_(std::move(request), std::move(respond));
  } catch (...) {
    // The client learns of it by the 500 of `respond`; what went wrong is for the handler to log.
  }
}

void Service::stop() {
  // Before the lock, so that no new readers keep the writer waiting.
  stopped = true;
  std::unique_lock lock(gate_);
  handler_ = nullptr;
}

}  // namespace holdfast::net
