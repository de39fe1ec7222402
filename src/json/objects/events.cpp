// What others say of an object.
#include <fmt/format.h>

#include <algorithm>

#include "holdfast/base/text.hpp"
#include "holdfast/json/objects.hpp"
#include "src/json/objects/meta_shape.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

constexpr std::size_t kSaidReasonBytes = 64;
constexpr std::size_t kSaidMessageBytes = 560;

struct SaidDraft {
  std::string type, reason, message, component, source;
  std::optional<core::Time> created, event, first, last, in_series;
};

constexpr Member kSaidMetadata[] = {{"creationTimestamp", meta_shape::time<&SaidDraft::created>()}};
constexpr Member kSaidSource[] = {{"component", text<&SaidDraft::source>()}};
constexpr Member kSaidSeries[] = {{"lastObservedTime", meta_shape::time<&SaidDraft::in_series>()}};
constexpr Member kSaidMembers[] = {
    {"metadata", object(kSaidMetadata)},
    {"type", text<&SaidDraft::type>()},
    {"reason", text<&SaidDraft::reason>()},
    {"message", text<&SaidDraft::message>()},
    {"reportingComponent", text<&SaidDraft::component>()},
    {"source", object(kSaidSource)},
    {"eventTime", meta_shape::time<&SaidDraft::event>()},
    {"firstTimestamp", meta_shape::time<&SaidDraft::first>()},
    {"lastTimestamp", meta_shape::time<&SaidDraft::last>()},
    {"series", object(kSaidSeries)},
};
constexpr Shape kSaid = object(kSaidMembers);

}  // namespace

std::variant<Said, ObjectFault> read_event(std::string_view object) {
  SaidDraft draft;
  if (auto fault = fill(object, kSaid, &draft)) return std::move(*fault);
  Said said;
  said.warning = draft.type == "Warning";
  said.by = draft.component.empty() ? draft.source : draft.component;
  said.text = fmt::format("{}: {}", base::printable(draft.reason, kSaidReasonBytes),
                          base::printable(draft.message, kSaidMessageBytes));
  // Which of them are set depends on the API by which it was written; an absent one is the least.
  said.last = std::max({draft.created, draft.event, draft.first, draft.last, draft.in_series});
  return said;
}

}  // namespace holdfast::json
