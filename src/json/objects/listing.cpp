#include "holdfast/json/listing.hpp"

#include <limits>

#include <fmt/format.h>

#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

using core::ListedSnapshot;

struct Draft {
  core::Catalog::Builder& builder;
  std::size_t snapshots_left;
  ListedSnapshot snapshot;
};

void* open_snapshot(void* draft) {
  static_cast<Draft*>(draft)->snapshot = {};
  return draft;
}

std::optional<std::string> close_snapshot(void* owner) {
  auto& draft = *static_cast<Draft*>(owner);
  if (draft.snapshots_left == 0) return "more snapshots than the limit allows";
  --draft.snapshots_left;
  return draft.builder.add(draft.snapshot);
}

void* open_root_entry(void* draft) {
  static_cast<Draft*>(draft)->snapshot.has_root_entry = true;
  return draft;
}

constexpr Member kSource[] = {
    {"userName", text<&Draft::snapshot, &ListedSnapshot::source, &core::Identity::user>()},
    {"host", text<&Draft::snapshot, &ListedSnapshot::source, &core::Identity::host>()},
    {"path", text<&Draft::snapshot, &ListedSnapshot::source, &core::Identity::path>()},
};
constexpr Member kSummary[] = {
    {"size", integer<&Draft::snapshot, &ListedSnapshot::size_bytes>()},
    {"files", integer<&Draft::snapshot, &ListedSnapshot::files>()},
    {"numFailed", integer<&Draft::snapshot, &ListedSnapshot::failed>()},
    {"dirs", integer<&Draft::snapshot, &ListedSnapshot::directories>()},
    {"symlinks", integer<&Draft::snapshot, &ListedSnapshot::links>()},
};
// kopia leaves out a uid or gid of 0.
constexpr Member kRootEntry[] = {
    {"summ", object(kSummary)},
    {"uid", integer<&Draft::snapshot, &ListedSnapshot::uid>()},
    {"gid", integer<&Draft::snapshot, &ListedSnapshot::gid>()},
};
constexpr Member kSnapshot[] = {
    {"id", text<&Draft::snapshot, &ListedSnapshot::id>()},
    {"source", object(kSource)},
    {"startTime", text<&Draft::snapshot, &ListedSnapshot::start_time>()},
    {"endTime", text<&Draft::snapshot, &ListedSnapshot::end_time>()},
    {"incomplete", text<&Draft::snapshot, &ListedSnapshot::incomplete>()},
    {"rootEntry", {.kind = Shape::Kind::Object, .open = open_root_entry, .members = kRootEntry}},
};
constexpr Shape kElement = {
    .kind = Shape::Kind::Object, .open = open_snapshot, .close = close_snapshot, .members = kSnapshot};
constexpr Shape kListing = array(kElement);

}  // namespace

std::optional<std::string> read_listing(const ByteSource& source, core::Catalog::Builder& builder,
                                        const ListingLimits& limits) {
  Draft draft{builder, limits.snapshots, {}};
  // Bytes and snapshots bound the whole; a count of members would only say the same in a third way.
  constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();
  Walker walker(kListing, &draft, {.depth = limits.depth, .members = kAnyNumber, .stop_at_first = true});
  parse_json(source, walker, limits.bytes, limits.text_bytes);
  return walker.fault();
}

}  // namespace holdfast::json
