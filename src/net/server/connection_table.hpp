// Who is connected, from where and with how much, and whose connection ends where there is no room for another.
// A table without sockets, clock or lock: one thread at a time.
//
// What it keeps, whatever others do: a newcomer is served as long as any connection waits for its peer. The oldest of
// those goes first, of the source that has most of them, so that nobody is shut out by silence; and unfinished
// handshakes never end the connection of a peer that has shown a certificate while other connections wait.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>

namespace holdfast::net {

/// An IPv4 address, mapped into IPv6, or the /64 of an IPv6 address, of which a host may have all.
using Source = std::array<unsigned char, 16>;

class Session;

class ConnectionTable {
 public:
  using Id = Session*;  ///< a name; what it points to is not touched

  struct Limits {
    std::size_t connections = 1024;
    std::size_t per_source = 768;
    /// Of all bodies under way, counted from `small_body` on; of those that do not look like what is expected.
    std::size_t body_bytes = 64 * 1024 * 1024;
    std::size_t stranger_body_bytes = 16 * 1024 * 1024;
    std::size_t small_body = 16 * 1024;
  };

  enum class Welcome {
    Refuse,    ///< closed at once
    Overload,  ///< every other connection has a request at the handler: one answer that says so
    Serve,
  };
  struct Arrival {
    Welcome welcome = Welcome::Refuse;
    std::optional<Id> leaves;  ///< whose connection ends for it; the table has forgotten it
  };
  struct BodyRoom {
    bool granted = false;
    std::optional<Id> leaves;
  };

  explicit ConnectionTable(const Limits& limits) : limits_(limits) {}

  /// Whether there is room for one more from `source`, and who makes it. The newcomer is not in the table yet.
  Arrival make_room(const Source& source);
  void add(Id id, const Source& source);
  void remove(Id id);

  /// The peer has shown a certificate that is trusted.
  void certify(Id id);
  /// The next request of a connection begins: it counts as new again.
  void renew(Id id);
  /// A request is with the handler, which alone ends that. False: the connection has ended for another.
  bool begin_work(Id id);
  /// There is an answer: the connection waits for its peer, the latest of all, and its body is gone.
  void end_work(Id id);

  /// The body of a request takes `bytes` by now. `expected`: it begins like what is served here. Where it does not fit,
  /// the connection of another body ends, the oldest of the source that has most of them. Call it again until nobody
  /// leaves; not granted: all of them are with the handler.
  BodyRoom grow_body(Id id, std::size_t bytes, bool expected);

  std::size_t size() const { return order_.size(); }
  std::size_t body_bytes() const { return expected_bytes_ + stranger_bytes_; }

 private:
  struct Entry {
    Id id;
    Source source;
    bool working = false;
    bool certified = false;
    bool expected = false;
    std::size_t body = 0;  ///< bytes that count
  };
  using Order = std::list<Entry>;

  /// Of those that have a weight and wait for their peer.
  template <class Weight>
  std::optional<Id> end_oldest_of_heaviest(const Weight& weight);
  Id end(Order::iterator entry);
  std::size_t count(const Source& source) const;
  void count_body(Entry& entry, std::size_t bytes, bool expected);
  bool bodies_fit() const {
    return body_bytes() <= limits_.body_bytes && stranger_bytes_ <= limits_.stranger_body_bytes;
  }

  const Limits limits_;
  Order order_;  ///< the oldest first
  std::unordered_map<Id, Order::iterator> entries_;
  std::map<Source, std::size_t> of_source_;
  std::size_t expected_bytes_ = 0;
  std::size_t stranger_bytes_ = 0;
};

}  // namespace holdfast::net
