// Kubernetes Events (core/v1): what `kubectl describe` shows of our work.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "holdfast/kube/client.hpp"

namespace holdfast::kube {

/// The object that an Event is about.
struct Regarding {
  Resource resource;
  std::string ns;
  std::string name;
  std::string uid;
};

struct Event {
  Regarding regarding;
  bool warning = false;
  std::string reason;   ///< a code, CamelCase
  std::string message;  ///< at most 1,024 bytes are sent
};

/// Says everything once: the same reason and message about the same object is sent again (as a higher count of the same
/// Event) only after `again`. Remembers at most 10,000. Failures are logged and forgotten: Events are a courtesy.
/// Belongs to one thread, that of the client's loop (which has one).
class EventRecorder {
 public:
  /// `instance` is the name of this replica.
  EventRecorder(Client& client, std::string instance, std::chrono::seconds again, const ops::Logger& log);
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  /// Not later than `deadline`.
  void record(const Event& event, Deadline deadline);

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace holdfast::kube
