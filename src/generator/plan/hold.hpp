// Words for what is not done: bounded sentences for people.
// Pure; any thread.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// At most `max_bytes`, never in the middle of a UTF-8 character, with a sign that something is missing.
std::string cut(std::string_view text, std::size_t max_bytes);

/// The text on one line: control characters become spaces, runs of spaces one.
std::string one_line(std::string_view text);

/// The message is cut to what an Event takes, 1,024 bytes. `warning`: a person should know of it.
Hold make_hold(Part part, std::string_view code, std::string_view message, bool warning = false);
template <class... Words>
Hold make_warning(Part part, std::string_view code, fmt::format_string<Words...> message, Words&&... words) {
  return make_hold(part, code, fmt::format(message, std::forward<Words>(words)...), true);
}

/// Somebody else's source could be taken over, but for the Secret of its movers: `secret`, that of ours, leads them
/// elsewhere, or where holdfast `writes` it is one that nobody could give back.
Hold secret_elsewhere_hold(const core::Observed& source, std::string_view secret, bool writes);
/// An object that is not ours stands where this part belongs.
Hold foreign_hold(Part part, const core::Observed& object, const core::PvcName& pvc);

/// The cluster does not let us have this kind: it is not installed, or we may not touch it.
Hold unavailable_hold(Part part, Known known);

// Whether an object of kyverno or pvc-plumber may be taken over: not where that would lead backups to a place where
// nobody looked for them so far, or leave behind those that lie there.

/// Says that an object of another manager is left as it is because of its identity, and how to take it over.
Hold foreign_identity_hold(Part part, const core::Observed& object, const core::PvcName& pvc,
                           const core::Policy& policy);

/// Says that somebody else's ReplicationSource of another name backs the PVC up, and what settles it. `beside_another`:
/// there is one under our name too.
Hold rival_hold(const core::Observed& rival, bool beside_another, const core::PvcName& pvc, const core::Policy& policy);

}  // namespace holdfast::generator
