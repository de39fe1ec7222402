// How an object of kyverno, pvc-plumber or a person comes to be holdfast's, and is given back as it was.
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "holdfast/core/claim.hpp"
#include "holdfast/core/protection.hpp"
#include "holdfast/core/time.hpp"
#include "holdfast/volsync/options.hpp"

namespace holdfast::volsync {

namespace key {
/// Annotation on an object of another system, of whoever wants it taken over: when that was asked for (RFC 3339).
inline constexpr std::string_view kAdoptRequested = "holdfast.dev/adopt-requested";
/// Annotation on what was taken over: its labels, owners and spec of before, as JSON.
inline constexpr std::string_view kAdoptedFrom = "holdfast.dev/adopted-from";
/// Annotation on a ReplicationSource that was taken over: the tier, and the schedule that it had and keeps.
inline constexpr std::string_view kScheduleKept = "holdfast.dev/schedule-kept";
}  // namespace key

/// The movers of somebody else's ReplicationSource have the repository in no volume that holdfast would mount at the
/// same place: their Secret says where, and holdfast's movers would not find it there.
bool mounts_elsewhere(const core::Observed& source, const RepositoryOptions& repository);

/// What the annotation key::kAcceptOlderBackups of a namespace says, "<RFC 3339>: <reason>": until when a PVC must have
/// been created. nullopt: it does not say that.
std::optional<core::Time> accepted_until(std::string_view text);

/// The schedule that a ReplicationSource of another system has, or one that was taken over keeps as long as the PVC is
/// of that tier: no backup is missed because of another minute. Empty: none.
std::string kept_schedule(const core::Observed& source, core::Tier tier);
/// The value of kScheduleKept.
std::string kept_schedule_text(core::Tier tier, std::string_view schedule);

/// What an object may have been to be written down: annotations of one object have 256 KiB together.
inline constexpr std::size_t kMaxRecordBytes = 64 * 1024;

/// The change that writes on `object`, whole as the API server has it, what it is before it is taken over: a JSON merge
/// patch that fails where the object has changed since; null: it says so already. Or why it cannot be written.
std::variant<Json::Value, std::string> record_patch(const Json::Value& object);

/// The change that makes `object`, whole as the API server has it, what its record says that it was: labels, owners
/// and spec; and takes everything off it that is holdfast's. Or why not.
std::variant<Json::Value, std::string> give_back_patch(const Json::Value& object);

}  // namespace holdfast::volsync
