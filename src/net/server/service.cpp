#include "src/net/server/service.hpp"

#include "src/net/server/session.hpp"

namespace holdfast::net {

namespace {

ConnectionTable::Limits table_limits(const Limits& limits) {
  return {.connections = limits.connections,
          .per_source = limits.connections - limits.connections / 4,
          .body_bytes = limits.all_bodies_bytes,
          .stranger_body_bytes = limits.all_bodies_bytes / 4,
          .small_body = limits.small_body_bytes};
}

}  // namespace

Roster::Roster(const Limits& limits) : most_(3 * limits.connections), table_(table_limits(limits)) {}

std::shared_ptr<Session> Roster::alive(Session* session) { return session->weak_from_this().lock(); }

// Here and below: what is ended leaves the lock first, because the last owner of a session takes it again.
ConnectionTable::Welcome Roster::make_room(const Source& source) {
  std::shared_ptr<Session> leaves;
  ConnectionTable::Arrival arrival;
  {
    std::lock_guard lock(mutex_);
    if (sessions_.size() >= most_) return ConnectionTable::Welcome::Refuse;
    arrival = table_.make_room(source);
    if (arrival.leaves) leaves = alive(*arrival.leaves);
  }
  if (leaves) leaves->make_way();
  return arrival.welcome;
}

void Roster::add(Session& session, const Source& source) {
  std::lock_guard lock(mutex_);
  sessions_.insert(&session);
  table_.add(&session, source);
}

void Roster::remove(Session& session) {
  std::lock_guard lock(mutex_);
  table_.remove(&session);
  sessions_.erase(&session);
  if (sessions_.empty()) empty_.notify_all();
}

void Roster::certify(Session& session) {
  std::lock_guard lock(mutex_);
  table_.certify(&session);
}

void Roster::renew(Session& session) {
  std::lock_guard lock(mutex_);
  table_.renew(&session);
}

bool Roster::begin_work(Session& session) {
  std::lock_guard lock(mutex_);
  return table_.begin_work(&session);
}

void Roster::end_work(Session& session) {
  std::lock_guard lock(mutex_);
  table_.end_work(&session);
}

bool Roster::grow_body(Session& session, std::size_t bytes, bool expected) {
  for (;;) {
    std::shared_ptr<Session> leaves;
    {
      std::lock_guard lock(mutex_);
      const ConnectionTable::BodyRoom room = table_.grow_body(&session, bytes, expected);
      if (!room.leaves) return room.granted;
      leaves = alive(*room.leaves);
    }
    if (leaves) leaves->make_way();
  }
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
