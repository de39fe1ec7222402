#include "holdfast/core/catalog.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

#include <fmt/format.h>

namespace holdfast::core {
namespace {

constexpr std::size_t kHexDigits = 32;

/// Splits 32 lower-case hex digits into two numbers; nullopt for any other id.
std::optional<std::pair<std::uint64_t, std::uint64_t>> pack_id(std::string_view id) {
  if (id.size() != kHexDigits) return std::nullopt;
  for (char c : id) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
  }
  std::uint64_t high = 0, low = 0;
  std::from_chars(id.data(), id.data() + 16, high, 16);
  std::from_chars(id.data() + 16, id.data() + 32, low, 16);
  return std::pair{high, low};
}

/// As a row holds it; `none`: not known, which is what a number beyond all sense is too.
std::uint32_t pack_count(std::optional<std::int64_t> count, std::uint32_t none) {
  return count && *count >= 0 && *count < none ? static_cast<std::uint32_t>(*count) : none;
}

}  // namespace

bool is_complete(const ListedSnapshot& snapshot) {
  return snapshot.has_root_entry && !snapshot.end_time.empty() && snapshot.incomplete.empty();
}

std::uint32_t Catalog::Builder::identity_number(const Identity& identity) {
  const auto next = static_cast<std::uint32_t>(numbers_.size());
  return numbers_.try_emplace(to_string(identity), next).first->second;
}

std::optional<std::string> Catalog::Builder::add(const ListedSnapshot& snapshot) {
  if (snapshot.id.empty()) return "id: missing";
  if (snapshot.source.user.empty() || snapshot.source.host.empty() || snapshot.source.path.empty()) {
    return "source: user name, host or path is missing";
  }
  if (!is_complete(snapshot)) {
    ++incomplete_;
    return std::nullopt;
  }
  const auto start = parse_rfc3339(snapshot.start_time);
  if (!start) return fmt::format("startTime: {:?} is not RFC 3339", snapshot.start_time);
  const auto end = parse_rfc3339(snapshot.end_time);
  if (!end) return fmt::format("endTime: {:?} is not RFC 3339", snapshot.end_time);
  if (pending_.size() >= std::numeric_limits<std::uint32_t>::max() - 1) return "too many snapshots";

  Row row;
  row.start = *start;
  row.end = *end;
  row.size_bytes = snapshot.size_bytes;
  row.files = snapshot.files;
  row.failed = static_cast<std::uint32_t>(std::clamp<std::int64_t>(snapshot.failed, 0, kNone));
  row.uid = snapshot.uid.value_or(kNone);
  row.gid = snapshot.gid.value_or(kNone);
  row.directories = pack_count(snapshot.directories, kNone);
  row.links = pack_count(snapshot.links, kNone);
  const auto packed = pack_id(snapshot.id);
  if (packed && format_nanoseconds(*start) == snapshot.start_time && format_nanoseconds(*end) == snapshot.end_time) {
    std::tie(row.id_high, row.id_low) = *packed;
  } else {
    odd_.push_back({snapshot.id, snapshot.start_time, snapshot.end_time});
    row.odd = static_cast<std::uint32_t>(odd_.size());
  }
  pending_.push_back({identity_number(snapshot.source), row});
  return std::nullopt;
}

Catalog Catalog::Builder::build() && {
  // Newest first; equal starts in the order they ended.
  std::stable_sort(pending_.begin(), pending_.end(), [](const Pending& a, const Pending& b) {
    return std::tie(a.identity, b.row.start, b.row.end) < std::tie(b.identity, a.row.start, a.row.end);
  });
  Catalog catalog;
  catalog.incomplete_ = incomplete_;
  catalog.odd_ = std::move(odd_);
  catalog.rows_.reserve(pending_.size());
  std::vector<Range> ranges(numbers_.size());
  for (; !pending_.empty(); pending_.pop_front()) {
    const Pending& pending = pending_.front();
    Range& range = ranges[pending.identity];
    const auto at = static_cast<std::uint32_t>(catalog.rows_.size());
    if (range.end == 0) range.begin = at;
    range.end = at + 1;
    catalog.rows_.push_back(pending.row);
  }
  for (auto& [name, number] : numbers_) catalog.ranges_.emplace(name, ranges[number]);
  return catalog;
}

Snapshot Catalog::at(std::size_t index) const {
  const Row& row = rows_[index];
  Snapshot snapshot;
  snapshot.start = row.start;
  snapshot.size_bytes = row.size_bytes;
  snapshot.files = row.files;
  snapshot.failed = row.failed;
  if (row.uid != kNone) snapshot.uid = row.uid;
  if (row.gid != kNone) snapshot.gid = row.gid;
  if (row.directories != kNone) snapshot.directories = row.directories;
  if (row.links != kNone) snapshot.links = row.links;
  if (row.odd != 0) {
    const OddText& odd = odd_[row.odd - 1];
    snapshot.id = odd.id;
    snapshot.start_time = odd.start_time;
    snapshot.end_time = odd.end_time;
  } else {
    snapshot.id = fmt::format("{:016x}{:016x}", row.id_high, row.id_low);
    snapshot.start_time = format_nanoseconds(row.start);
    snapshot.end_time = format_nanoseconds(row.end);
  }
  return snapshot;
}

std::optional<Catalog::Range> Catalog::range(const Identity& identity) const {
  const auto found = ranges_.find(to_string(identity));
  if (found == ranges_.end()) return std::nullopt;
  return found->second;
}

std::optional<Snapshot> Catalog::newest(const Identity& identity, std::optional<Time> as_of) const {
  const auto rows = range(identity);
  if (!rows) return std::nullopt;
  for (std::uint32_t i = rows->begin; i < rows->end; ++i) {
    if (!as_of || rows_[i].start <= *as_of) return at(i);
  }
  return std::nullopt;
}

std::vector<Snapshot> Catalog::all(const Identity& identity) const {
  std::vector<Snapshot> found;
  const auto rows = range(identity);
  if (!rows) return found;
  found.reserve(rows->end - rows->begin);
  for (std::uint32_t i = rows->begin; i < rows->end; ++i) found.push_back(at(i));
  return found;
}

std::optional<Snapshot> Catalog::find(const Identity& identity, std::string_view id) const {
  const auto rows = range(identity);
  if (!rows) return std::nullopt;
  for (std::uint32_t i = rows->begin; i < rows->end; ++i) {
    Snapshot snapshot = at(i);
    if (snapshot.id == id) return snapshot;
  }
  return std::nullopt;
}

Catalog::Failing Catalog::failing(const Identity& identity) const {
  Failing failing;
  const auto rows = range(identity);
  if (!rows) return failing;
  for (std::uint32_t i = rows->begin; i < rows->end && rows_[i].failed > 0; ++i) {
    ++failing.snapshots;
    failing.since = rows_[i].start;
  }
  return failing;
}

std::optional<Snapshot> Catalog::before_it_shrank(const Identity& identity, int keep_percent) const {
  const auto rows = range(identity);
  if (!rows) return std::nullopt;
  const auto first = rows_.begin() + rows->begin;
  const auto last = first + static_cast<std::ptrdiff_t>(std::min<std::size_t>(rows->end - rows->begin, kCompared));
  const std::int64_t most =
      std::max_element(first, last, [](const Row& a, const Row& b) { return a.files < b.files; })->files;
  const auto is_whole = [&](const Row& row) {
    return row.files > 0 && static_cast<double>(row.files) * 100 >= static_cast<double>(most) * keep_percent;
  };
  const auto whole = std::find_if(first, last, is_whole);
  if (whole == first || whole == last) return std::nullopt;
  return at(static_cast<std::size_t>(whole - rows_.begin()));
}

std::optional<Time> Catalog::oldest_start(const Identity& identity) const {
  const auto rows = range(identity);
  if (!rows) return std::nullopt;
  return rows_[rows->end - 1].start;
}

std::vector<Identity> Catalog::sources_of(std::string_view host) const {
  const std::string middle = fmt::format("@{}:", host);
  std::vector<Identity> found;
  for (const auto& [name, range] : ranges_) {
    if (name.find(middle) == std::string::npos) continue;
    auto identity = parse_identity(name);
    if (identity && identity->host == host) found.push_back(*std::move(identity));
  }
  std::ranges::sort(found);
  return found;
}

std::vector<std::pair<std::string, Time>> Catalog::last_ends() const {
  std::vector<std::pair<std::string, Time>> ends;
  ends.reserve(ranges_.size());
  for (const auto& [identity, range] : ranges_) ends.emplace_back(identity, rows_[range.begin].end);
  return ends;
}

std::optional<Time> Catalog::newest_end() const {
  std::optional<Time> newest;
  for (const auto& [identity, range] : ranges_) newest = std::max(newest, std::optional(rows_[range.begin].end));
  return newest;
}

std::vector<Catalog::Source> Catalog::sources() const {
  std::vector<Source> sources;
  sources.reserve(ranges_.size());
  for (const auto& [identity, range] : ranges_) {
    const Row& newest = rows_[range.begin];
    sources.push_back({identity, range.end - range.begin, newest.end, newest.size_bytes, newest.files});
  }
  std::ranges::sort(sources, {}, &Source::identity);
  return sources;
}

}  // namespace holdfast::core
