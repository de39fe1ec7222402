#include "src/net/server/connection_table.hpp"

#include <algorithm>
#include <ranges>

namespace holdfast::net {

ConnectionTable::Arrival ConnectionTable::make_room(const Source& source) {
  std::optional<Id> leaves;
  if (count(source) >= limits_.per_source) {
    leaves = end_oldest_of_heaviest([&](const Entry& entry) { return entry.source == source ? 1 : 0; });
  } else if (size() >= limits_.connections) {
    leaves = end_oldest_of_heaviest([](const Entry& entry) { return entry.certified ? 0 : 1; });
    if (!leaves) leaves = end_oldest_of_heaviest([](const Entry&) { return 1; });
  }
  const auto beyond = [&](std::size_t times) {
    return size() >= times * limits_.connections || count(source) >= times * limits_.per_source;
  };
  return {beyond(2) ? Welcome::Refuse : beyond(1) ? Welcome::Overload : Welcome::Serve, leaves};
}

std::size_t ConnectionTable::count(const Source& source) const {
  const auto found = of_source_.find(source);
  return found == of_source_.end() ? 0 : found->second;
}

void ConnectionTable::add(Id id, const Source& source) {
  entries_[id] = order_.insert(order_.end(), Entry{id, source});
  ++of_source_[source];
}

void ConnectionTable::remove(Id id) {
  const auto found = entries_.find(id);
  if (found != entries_.end()) end(found->second);
}

void ConnectionTable::certify(Id id) {
  const auto found = entries_.find(id);
  if (found != entries_.end()) found->second->certified = true;
}

void ConnectionTable::renew(Id id) {
  const auto found = entries_.find(id);
  if (found != entries_.end()) order_.splice(order_.end(), order_, found->second);
}

bool ConnectionTable::begin_work(Id id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return false;
  found->second->working = true;
  return true;
}

void ConnectionTable::end_work(Id id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second->working = false;
  count_body(*found->second, 0, false);
  renew(id);
}

ConnectionTable::BodyRoom ConnectionTable::grow_body(Id id, std::size_t bytes, bool expected) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return {};
  Entry& entry = *found->second;
  const Entry before = entry;
  count_body(entry, bytes > limits_.small_body ? bytes : 0, expected);
  if (bodies_fit()) return {true, {}};
  count_body(entry, before.body, before.expected);

  const bool too_many_strangers = !expected && stranger_bytes_ + bytes > limits_.stranger_body_bytes;
  return {false, end_oldest_of_heaviest([&](const Entry& other) {
            return other.id == id || (too_many_strangers && other.expected) ? 0 : other.body;
          })};
}

template <class Weight>
std::optional<ConnectionTable::Id> ConnectionTable::end_oldest_of_heaviest(const Weight& weight) {
  std::map<Source, std::size_t> weights;
  const auto of = [&](const Entry& entry) { return entry.working ? 0 : std::size_t(weight(entry)); };
  for (const Entry& entry : order_) {
    if (const std::size_t of_this = of(entry)) weights[entry.source] += of_this;
  }
  if (weights.empty()) return std::nullopt;
  const std::size_t most = std::ranges::max(weights | std::views::values);
  return end(
      std::ranges::find_if(order_, [&](const Entry& entry) { return of(entry) > 0 && weights[entry.source] == most; }));
}

ConnectionTable::Id ConnectionTable::end(Order::iterator entry) {
  const Id id = entry->id;
  count_body(*entry, 0, false);
  const auto of_source = of_source_.find(entry->source);
  if (--of_source->second == 0) of_source_.erase(of_source);
  entries_.erase(id);
  order_.erase(entry);
  return id;
}

void ConnectionTable::count_body(Entry& entry, std::size_t bytes, bool expected) {
  (entry.expected ? expected_bytes_ : stranger_bytes_) -= entry.body;
  (expected ? expected_bytes_ : stranger_bytes_) += bytes;
  entry.body = bytes;
  entry.expected = expected;
}

}  // namespace holdfast::net
