#include <fmt/format.h>

#include <limits>

#include "holdfast/base/text.hpp"
#include "holdfast/json/objects.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

constexpr std::size_t kQuotedBytes = 64;  // of a foreign word in a message

// Each member is read by itself later, within its own limits: here only the size bounds their number.
constexpr ReadLimits kListLimits = {.bytes = std::size_t{64} * 1024 * 1024,
                                    .depth = kObjectLimits.depth + 2,
                                    .members = std::numeric_limits<std::size_t>::max()};

// An event around an object.
constexpr ReadLimits kEventLimits = {
    .bytes = kObjectLimits.bytes + 1024, .depth = kObjectLimits.depth + 1, .members = kObjectLimits.members + 16};

struct ListDraft {
  std::string_view body;
  const std::function<void(std::string_view)>& each;
  std::string kind;
  ListHead head;
  Slice item;
};

void item_ends(void* owner, std::size_t mark) {
  auto& draft = *static_cast<ListDraft*>(owner);
  draft.item.end = mark;
  draft.each(draft.item.of(draft.body));
}

constexpr Shape kItem = {
    .kind = Shape::Kind::Object, .begin_at = detail::begin_slice<&ListDraft::item>, .end_at = item_ends};
constexpr Member kListMetadata[] = {
    {"resourceVersion", text<&ListDraft::head, &ListHead::resource_version>()},
    {"continue", text<&ListDraft::head, &ListHead::continue_token>()},
};
constexpr Member kListMembers[] = {
    {"kind", text<&ListDraft::kind>()},
    {"metadata", object(kListMetadata)},
    {"items", array(kItem)},
};
constexpr Shape kList = object(kListMembers);

struct EventDraft {
  std::string type;
  std::optional<Slice> object;
};

constexpr Member kEventMembers[] = {
    {"type", text<&EventDraft::type>()},
    {"object", slice<&EventDraft::object>()},
};
constexpr Shape kEvent = object(kEventMembers);

std::optional<WatchEvent::Type> parse_type(std::string_view word) {
  using Type = WatchEvent::Type;
  if (word == "ADDED") return Type::Added;
  if (word == "MODIFIED") return Type::Modified;
  if (word == "DELETED") return Type::Deleted;
  if (word == "BOOKMARK") return Type::Bookmark;
  if (word == "ERROR") return Type::Error;
  return std::nullopt;
}

}  // namespace

std::variant<ListHead, ObjectFault> read_list(std::string_view body,
                                              const std::function<void(std::string_view object)>& each) {
  ListDraft draft{body, each, {}, {}, {}};
  if (auto fault = fill(body, kList, &draft, kListLimits)) return std::move(*fault);
  // An answer that is no list must never look like one without members: everything would seem to be gone.
  if (!draft.kind.ends_with("List")) {
    return ObjectFault{fmt::format("kind: expected a list, found \"{}\"", base::printable(draft.kind, kQuotedBytes))};
  }
  if (draft.head.resource_version.empty()) return ObjectFault{"metadata.resourceVersion: missing"};
  return std::move(draft.head);
}

std::variant<WatchEvent, ObjectFault> read_watch_event(std::string_view line) {
  EventDraft draft;
  if (auto fault = fill(line, kEvent, &draft, kEventLimits)) return std::move(*fault);
  const auto type = parse_type(draft.type);
  if (!type) return ObjectFault{fmt::format("type: unknown word \"{}\"", base::printable(draft.type, kQuotedBytes))};
  if (!draft.object) return ObjectFault{"object: missing"};
  return WatchEvent{*type, draft.object->of(line)};
}

}  // namespace holdfast::json
