// What others say of objects that do not get on: the newest warning Event of each. Read by name, and only where a plan
// asks for it: Events are many, and few of them are ours to quote.
// Belongs to one thread, that of the client's loop.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "holdfast/generator/plan.hpp"
#include "holdfast/kube/client.hpp"
#include "src/generator/later.hpp"

namespace holdfast::generator {

class EventReader {
 public:
  /// Told of each PVC that asked, when an answer says something new.
  using Answered = std::function<void(const core::PvcName& pvc)>;
  /// `again`: how old an answer may be while it is asked for. `client` outlives it.
  EventReader(kube::Client& client, std::chrono::milliseconds again, Answered answered);

  void ask(const core::PvcName& pvc, const std::vector<EventsOf>& quotes);
  /// nullptr: more is asked for than is kept, and nobody should wait for an answer.
  const Events* known() const;

 private:
  using Steady = std::chrono::steady_clock::time_point;
  struct Asked {
    Steady at;
    bool under_way = false;
    std::set<core::PvcName> by;
  };

  void make_room(Steady now);
  void read(const EventsOf& of, Steady now);
  void answer(const EventsOf& of, const kube::Result& result);

  kube::Client& client_;
  const std::chrono::milliseconds again_;
  const Answered answered_;
  std::map<EventsOf, Asked> asked_;
  Events known_;
  Alive alive_;
};

}  // namespace holdfast::generator
