// The complete backups of one repository at one moment: an immutable, compact table.
// A built Catalog may be read from any thread; a Builder belongs to one.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "holdfast/core/identity.hpp"
#include "holdfast/core/time.hpp"

namespace holdfast::core {

/// One complete snapshot.
struct Snapshot {
  std::string id;
  std::string start_time;  ///< byte for byte as kopia printed it: VolSync's mover compares it as a string
  std::string end_time;    ///< as printed
  Time start;
  std::int64_t size_bytes = 0;
  std::int64_t files = 0;
  std::int64_t failed = 0;                  ///< entries that could not be read; the snapshot counts all the same
  std::optional<std::int64_t> directories;  ///< its root included, as kopia counts when it restores
  std::optional<std::int64_t> links;        ///< symbolic ones; nullopt here and above: the listing does not say
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  bool operator==(const Snapshot&) const = default;
};

/// One entry of `kopia snapshot list --all --json`, complete or not.
struct ListedSnapshot {
  Identity source;
  std::string id;
  std::string start_time;
  std::string end_time;    ///< empty: absent
  std::string incomplete;  ///< empty: absent; else kopia's reason, such as "checkpoint" or "canceled"
  bool has_root_entry = false;
  std::int64_t size_bytes = 0;
  std::int64_t files = 0;
  std::int64_t failed = 0;
  std::optional<std::int64_t> directories;
  std::optional<std::int64_t> links;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
};

/// A backup is only what kopia finished: it has a root entry and an end, and is not marked incomplete.
bool is_complete(const ListedSnapshot& snapshot);

class Catalog {
 public:
  class Builder;

  Catalog() = default;

  /// The newest complete snapshot of `identity`, or the newest that began at or before `as_of`.
  std::optional<Snapshot> newest(const Identity& identity, std::optional<Time> as_of = std::nullopt) const;

  /// All complete snapshots of `identity`, newest first.
  std::vector<Snapshot> all(const Identity& identity) const;

  /// The complete snapshot of `identity` with this id.
  std::optional<Snapshot> find(const Identity& identity, std::string_view id) const;

  /// Its newest complete snapshots, as many in a row as were made with entries that could not be read.
  struct Failing {
    std::size_t snapshots = 0;
    Time since;  ///< when the first of them began; of none nothing
  };
  Failing failing(const Identity& identity) const;

  /// So many of the newest snapshots are what the newest is compared with.
  static constexpr std::size_t kCompared = 10;
  /// The newest of them that has not shrunk, where the very newest has: it holds no file, or less than `keep_percent`
  /// of the files of the largest of them. nullopt: it has not.
  std::optional<Snapshot> before_it_shrank(const Identity& identity, int keep_percent) const;

  /// When the first complete snapshot of `identity` began.
  std::optional<Time> oldest_start(const Identity& identity) const;

  /// Every identity (as to_string writes it) with when its newest complete snapshot ended; in no order.
  std::vector<std::pair<std::string, Time>> last_ends() const;

  /// When the newest complete snapshot of all ended; nullopt: there is none. Looks at all identities.
  std::optional<Time> newest_end() const;

  /// The identities of this host with complete snapshots, in order. Looks at all.
  std::vector<Identity> sources_of(std::string_view host) const;

  /// The complete snapshots of one identity, taken together.
  struct Source {
    std::string identity;  ///< as to_string writes it
    std::size_t snapshots = 0;
    Time newest_end;  ///< when the newest ended
    std::int64_t newest_bytes = 0;
    std::int64_t newest_files = 0;
    bool operator==(const Source&) const = default;
  };
  /// Every identity, sorted.
  std::vector<Source> sources() const;

  std::size_t snapshots() const { return rows_.size(); }
  std::size_t identities() const { return ranges_.size(); }
  std::size_t incomplete() const { return incomplete_; }

 private:
  // A kopia id is 32 hex digits and its times print canonically; what differs is kept as text in `odd_`.
  struct Row {
    Time start;
    Time end;
    std::uint64_t id_high = 0;
    std::uint64_t id_low = 0;
    std::int64_t size_bytes = 0;
    std::int64_t files = 0;
    std::uint32_t failed = 0;
    std::uint32_t odd = 0;  ///< 0: canonical; else 1 + index into odd_
    std::uint32_t uid = kNone;
    std::uint32_t gid = kNone;
    std::uint32_t directories = kNone;
    std::uint32_t links = kNone;
  };
  struct OddText {
    std::string id, start_time, end_time;
  };
  struct Range {
    std::uint32_t begin = 0, end = 0;
  };
  static constexpr std::uint32_t kNone = 0xffffffff;

  Snapshot at(std::size_t row) const;
  std::optional<Range> range(const Identity& identity) const;

  std::vector<Row> rows_;  ///< grouped by identity, newest first within one
  std::vector<OddText> odd_;
  std::unordered_map<std::string, Range> ranges_;  ///< key: to_string(identity)
  std::size_t incomplete_ = 0;
};

/// Collects a listing in any order.
class Catalog::Builder {
 public:
  /// Takes one entry; incomplete ones are counted and left out. Returns what is wrong with it, or nothing: an entry
  /// without id, source or a readable start time spoils the whole listing, because a backup might hide behind it.
  std::optional<std::string> add(const ListedSnapshot& snapshot);

  Catalog build() &&;

 private:
  struct Pending {
    std::uint32_t identity;
    Row row;
  };
  std::uint32_t identity_number(const Identity& identity);

  std::deque<Pending> pending_;  ///< grows without being moved: it is most of what a large listing takes
  std::vector<OddText> odd_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::size_t incomplete_ = 0;
};

}  // namespace holdfast::core
