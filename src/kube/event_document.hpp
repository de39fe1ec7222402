// An Event (core/v1) as we write it, and what we read of one again.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/time.hpp"
#include "holdfast/kube/event_recorder.hpp"

namespace holdfast::kube {

/// Where it is, and a name that is the same for the same reason and message about the same object, also in another
/// replica or after a restart.
Target event_target(const Event& event);

std::string event_document(const Event& event, const std::string& instance, core::Time now);

/// How often it was said, and when last.
struct EventCount {
  std::int64_t count = 0;
  core::Time last{};
};

/// nullopt: not an Event, or without these.
std::optional<EventCount> read_event_count(std::string_view text);

/// A merge patch: it was said once more.
std::string event_count_patch(const EventCount& before, core::Time now);

}  // namespace holdfast::kube
