// Never two leaders: elections with requests that are delayed, lost or answered late, against one stored Lease.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "holdfast/kube/election.hpp"

namespace holdfast::kube {
namespace {

using namespace std::chrono_literals;

/// What the API server does with a Lease: every write names the version that it replaces.
class Server {
 public:
  const std::optional<json::Lease>& stored() const { return stored_; }

  bool write(json::Lease lease, bool create) {
    const bool fits = create ? !stored_ : stored_ && stored_->resource_version == lease.resource_version;
    if (!fits) return false;
    lease.resource_version = std::to_string(++version_);
    stored_ = std::move(lease);
    return true;
  }

 private:
  std::optional<json::Lease> stored_;
  int version_ = 0;
};

/// A request on its way to the server; nobody may be waiting for it any more.
struct Request {
  std::size_t from;
  int number;
  std::optional<Election::Write> write;  ///< nullopt: a read
};

struct Answer {
  std::size_t to;
  int number;
  bool accepted;
  std::optional<json::Lease> lease;
};

class World {
 public:
  explicit World(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      Election::Options options;
      options.identity = std::string(1, static_cast<char>('a' + i));
      replicas_.push_back({Election(options), now_ + 1s * i, 0, {}, false, false});
    }
  }

  void time_passes(std::chrono::milliseconds time) {
    now_ += time;
    check();
  }

  /// One that has nothing under way, and has rested, asks.
  void wakes(std::size_t who) {
    Replica& replica = replicas_[who % replicas_.size()];
    if (!replica.waiting && replica.rests_until <= now_) send(who % replicas_.size(), std::nullopt);
  }

  void request_arrives(std::size_t which, bool answer_gets_lost) {
    if (requests_.empty()) return;
    const Request request = take(requests_, which);
    Answer answer{request.from, request.number, true, server_.stored()};
    if (request.write) {
      answer.accepted = server_.write(request.write->lease, request.write->create);
      answer.lease = server_.stored();
    }
    if (!answer_gets_lost) answers_.push_back(answer);
    check();
  }

  void answer_arrives(std::size_t which) {
    if (answers_.empty()) return;
    const Answer answer = take(answers_, which);
    Replica& replica = replicas_[answer.to];
    if (!replica.waiting || replica.number != answer.number) return;
    replica.waiting = false;
    if (replica.writes) return write_ends(answer.to, answer);
    const Election::Step step = replica.election.seen(answer.lease, now_);
    if (const auto* rest = std::get_if<Election::Rest>(&step)) replica.rests_until = now_ + rest->time;
    if (const auto* write = std::get_if<Election::Write>(&step)) send(answer.to, *write);
    check();
  }

  /// For a while nothing of it gets through, or all of it again.
  void is_cut_off(std::size_t who) {
    Replica& replica = replicas_[who % replicas_.size()];
    replica.cut_off = !replica.cut_off;
  }

  /// The request that it waits for may still arrive.
  void gives_up(std::size_t who) {
    Replica& replica = replicas_[who % replicas_.size()];
    if (!replica.waiting) return;
    replica.waiting = false;
    if (replica.writes) replica.election.refused();
    check();
  }

  void lets_go(std::size_t who) {
    Replica& replica = replicas_[who % replicas_.size()];
    if (replica.waiting) return;
    if (auto lease = replica.election.release()) send(who % replicas_.size(), Election::Write{*lease, false});
    check();
  }

  /// A process that dies forgets everything; its successor has a name of its own.
  void restarts(std::size_t who) {
    Replica& replica = replicas_[who % replicas_.size()];
    Election::Options options;
    options.identity = "r" + std::to_string(++last_number_);
    replica = {Election(options), now_, ++last_number_, {}, false, false};
  }

  /// All goes as it should for this long, but for those that are cut off.
  void messages_get_through(std::chrono::milliseconds time) {
    for (const Steady end = now_ + time; now_ < end; time_passes(500ms)) {
      for (std::size_t i = 0; i < replicas_.size(); ++i) {
        if (!replicas_[i].cut_off) gets_all_it_asks(i);
      }
    }
  }

  void the_network_is_mended() {
    for (std::size_t i = 0; i < replicas_.size(); ++i) gives_up(i);
    for (Replica& replica : replicas_) replica.cut_off = false;
    requests_.clear();
    answers_.clear();
  }

  std::optional<std::size_t> leader() const {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      if (replicas_[i].election.leads_until(now_)) return i;
    }
    return std::nullopt;
  }

  int changes() const { return changes_; }

 private:
  struct Replica {
    Election election;
    Steady rests_until;
    int number;    ///< of the request that it waits for
    Steady began;  ///< of that
    bool waiting;
    bool writes;
    bool cut_off = false;
  };

  template <class Message>
  static Message take(std::vector<Message>& messages, std::size_t which) {
    const auto at = messages.begin() + static_cast<std::ptrdiff_t>(which % messages.size());
    Message message = std::move(*at);
    messages.erase(at);
    return message;
  }

  void send(std::size_t from, std::optional<Election::Write> write) {
    Replica& replica = replicas_[from];
    replica.number = ++last_number_;
    replica.began = now_;
    replica.waiting = true;
    replica.writes = write.has_value();
    if (write) write->lease.renew_time = std::to_string(*rc::gen::inRange(0, 3));  // no clock to be trusted
    requests_.push_back({from, replica.number, std::move(write)});
  }

  /// A read and, if that is what follows, a write.
  void gets_all_it_asks(std::size_t who) {
    wakes(who);
    for (int turn = 0; turn < 2 && replicas_[who].waiting; ++turn) {
      const auto mine = std::ranges::find(requests_, replicas_[who].number, &Request::number);
      if (mine == requests_.end()) return;
      request_arrives(static_cast<std::size_t>(mine - requests_.begin()), false);
      answer_arrives(answers_.size() - 1);
    }
  }

  void write_ends(std::size_t who, const Answer& answer) {
    Replica& replica = replicas_[who];
    if (answer.accepted)
      replica.election.written(*answer.lease, replica.began);
    else
      replica.election.refused();
    check();
  }

  void check() {
    const auto leads = [&](const Replica& r) { return r.election.leads_until(now_).has_value(); };
    RC_ASSERT(std::ranges::count_if(replicas_, leads) <= 1);
    const auto now_leads = leader();
    if (now_leads && now_leads != last_leader_) {
      last_leader_ = now_leads;
      ++changes_;
    }
  }

  Steady now_{1h};
  Server server_;
  std::vector<Replica> replicas_;
  std::vector<Request> requests_;
  std::vector<Answer> answers_;
  int last_number_ = 0;
  std::optional<std::size_t> last_leader_;
  int changes_ = 0;
};

void something_happens(World& world) {
  const auto any = [] { return *rc::gen::inRange<std::size_t>(0, 6); };
  switch (*rc::gen::weightedElement<int>({{8, 0}, {8, 1}, {8, 2}, {4, 3}, {1, 4}, {1, 5}, {4, 6}, {4, 7}, {8, 8}})) {
    case 0:
      return world.wakes(any());
    case 1:
      return world.request_arrives(any(), *rc::gen::inRange(0, 6) == 0);
    case 2:
      return world.answer_arrives(any());
    case 3:
      return world.gives_up(any());
    case 4:
      return world.lets_go(any());
    case 5:
      return world.restarts(any());
    case 6:
      return world.is_cut_off(any());
    case 7:
      return world.time_passes(*rc::gen::element(1, 100, 900, 2'000, 5'000, 9'999, 15'000) * 1ms);
    default:
      return world.messages_get_through(*rc::gen::inRange(1, 12) * 1s);
  }
}

TEST_CASE("never two leaders at a time, and one again as soon as messages get through") {
  int changes = 0;
  CHECK(rc::check([&] {
    World world(*rc::gen::element<std::size_t>(2, 3));
    const int steps = *rc::gen::inRange(0, 400);
    for (int i = 0; i < steps; ++i) something_happens(world);
    world.the_network_is_mended();
    world.messages_get_through(40s);
    const auto leader = world.leader();
    RC_ASSERT(leader.has_value());
    world.messages_get_through(60s);
    RC_ASSERT(world.leader() == leader);
    changes += world.changes();
  }));
  CHECK(changes > 100);  // or the model checks nothing
}

}  // namespace
}  // namespace holdfast::kube
