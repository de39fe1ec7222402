// Who leaves for whom, without a socket.
#include "src/net/server/connection_table.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace holdfast::net;
using Welcome = ConnectionTable::Welcome;

namespace {

Source from(unsigned char host) { return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, host}; }

/// A table that names connections by number.
struct Numbered {
  explicit Numbered(const ConnectionTable::Limits& limits) : table(limits) {}
  ConnectionTable table;
  char places[2000] = {};

  ConnectionTable::Id id(int number) { return reinterpret_cast<ConnectionTable::Id>(&places[number]); }
  /// The number of the connection that had to leave; -1: none.
  int number(std::optional<ConnectionTable::Id> who) {
    return who ? static_cast<int>(reinterpret_cast<char*>(*who) - places) : -1;
  }
  /// Adds one that is welcome; who left for it.
  int arrive(int which, unsigned char host) {
    const auto arrival = table.make_room(from(host));
    last = arrival.welcome;
    if (last != Welcome::Refuse) table.add(id(which), from(host));
    return number(arrival.leaves);
  }
  Welcome last = Welcome::Refuse;
};

}  // namespace

TEST_CASE("connection table: nobody leaves while there is room") {
  Numbered all({.connections = 4, .per_source = 4});
  for (int i = 0; i < 4; ++i) {
    CHECK(all.arrive(i, 1) == -1);
    CHECK(all.last == Welcome::Serve);
  }
  CHECK(all.table.size() == 4);
}

TEST_CASE("connection table: the oldest of the source with most connections leaves") {
  Numbered all({.connections = 4, .per_source = 4});
  all.arrive(0, 1);
  for (int i = 1; i < 4; ++i) all.arrive(i, 2);
  CHECK(all.arrive(4, 3) == 1);
  CHECK(all.last == Welcome::Serve);
  CHECK(all.arrive(5, 2) == 2);
  CHECK(all.table.size() == 4);
}

TEST_CASE("connection table: what was served lately, or begins again, is not the oldest") {
  Numbered all({.connections = 3, .per_source = 3});
  for (int i = 0; i < 3; ++i) all.arrive(i, 1);
  all.table.begin_work(all.id(0));
  all.table.end_work(all.id(0));
  all.table.renew(all.id(1));
  CHECK(all.arrive(3, 1) == 2);
}

TEST_CASE("connection table: a request at the handler is never taken away, and who is ended does not begin one") {
  Numbered all({.connections = 2, .per_source = 2});
  all.arrive(0, 1);
  all.arrive(1, 1);
  CHECK(all.table.begin_work(all.id(0)));
  CHECK(all.arrive(2, 2) == 1);
  CHECK_FALSE(all.table.begin_work(all.id(1)));
  CHECK(all.table.begin_work(all.id(2)));
  CHECK(all.arrive(3, 3) == -1);
  CHECK(all.last == Welcome::Overload);
  CHECK(all.table.begin_work(all.id(3)));
  CHECK(all.arrive(4, 3) == -1);
  CHECK(all.last == Welcome::Overload);
  CHECK(all.table.begin_work(all.id(4)));
  CHECK(all.arrive(5, 3) == -1);
  CHECK(all.last == Welcome::Refuse);
}

TEST_CASE("connection table: a source that has its share makes room by its own") {
  Numbered all({.connections = 8, .per_source = 2});
  all.arrive(0, 2);
  all.arrive(1, 1);
  all.arrive(2, 1);
  CHECK(all.arrive(3, 1) == 1);
  CHECK(all.arrive(4, 1) == 2);
  all.table.begin_work(all.id(3));
  all.table.begin_work(all.id(4));
  CHECK(all.arrive(5, 1) == -1);
  CHECK(all.last == Welcome::Overload);
  CHECK(all.arrive(6, 3) == -1);
  CHECK(all.last == Welcome::Serve);
}

TEST_CASE("connection table: a peer with a certificate leaves after all others") {
  Numbered all({.connections = 3, .per_source = 3});
  all.arrive(0, 1);
  all.arrive(1, 1);
  all.table.certify(all.id(0));
  all.table.certify(all.id(1));
  all.arrive(2, 2);
  CHECK(all.arrive(3, 2) == 2);
  all.table.certify(all.id(3));
  CHECK(all.arrive(4, 2) == 0);
}

TEST_CASE("connection table: thousands of silent connections leave one address its place") {
  Numbered all({.connections = 100, .per_source = 75});
  all.arrive(0, 1);
  for (int i = 1; i < 2000; ++i) CHECK(all.arrive(i, static_cast<unsigned char>(2 + i % 20)) != 0);
  CHECK(all.table.size() == 100);
  CHECK(all.table.begin_work(all.id(0)));
}

TEST_CASE("connection table: a body that finds no room ends another one that is still coming") {
  Numbered all({.body_bytes = 100, .stranger_body_bytes = 100, .small_body = 10});
  for (int i = 0; i < 4; ++i) all.arrive(i, static_cast<unsigned char>(i == 0 ? 1 : 2));
  CHECK(all.table.grow_body(all.id(0), 40, true).granted);
  CHECK(all.table.grow_body(all.id(1), 30, true).granted);
  CHECK(all.table.grow_body(all.id(2), 30, true).granted);
  const auto room = all.table.grow_body(all.id(3), 20, true);
  CHECK_FALSE(room.granted);
  CHECK(all.number(room.leaves) == 1);
  CHECK(all.table.grow_body(all.id(3), 20, true).granted);
  CHECK(all.table.body_bytes() == 90);
  all.table.begin_work(all.id(0));
  all.table.end_work(all.id(0));
  CHECK(all.table.body_bytes() == 50);
}

TEST_CASE("connection table: small bodies always fit, and one that is alone too large does not") {
  Numbered all({.body_bytes = 100, .stranger_body_bytes = 100, .small_body = 10});
  for (int i = 0; i < 20; ++i) {
    all.arrive(i, 1);
    CHECK(all.table.grow_body(all.id(i), 10, false).granted);
  }
  const auto room = all.table.grow_body(all.id(0), 101, true);
  CHECK_FALSE(room.granted);
  CHECK_FALSE(room.leaves);
}

TEST_CASE("connection table: bodies at the handler keep their room") {
  Numbered all({.body_bytes = 100, .stranger_body_bytes = 100, .small_body = 10});
  all.arrive(0, 1);
  all.arrive(1, 2);
  CHECK(all.table.grow_body(all.id(0), 90, true).granted);
  all.table.begin_work(all.id(0));
  const auto room = all.table.grow_body(all.id(1), 20, true);
  CHECK_FALSE(room.granted);
  CHECK_FALSE(room.leaves);
}

TEST_CASE("connection table: what does not look like a request takes only its part, and leaves that of the others") {
  Numbered all({.body_bytes = 100, .stranger_body_bytes = 25, .small_body = 10});
  for (int i = 0; i < 3; ++i) all.arrive(i, 1);
  CHECK(all.table.grow_body(all.id(0), 70, true).granted);
  CHECK(all.table.grow_body(all.id(1), 20, false).granted);
  const auto room = all.table.grow_body(all.id(2), 20, false);
  CHECK_FALSE(room.granted);
  CHECK(all.number(room.leaves) == 1);
  CHECK(all.table.grow_body(all.id(2), 20, false).granted);
  all.table.remove(all.id(0));
  CHECK(all.table.body_bytes() == 20);
}
