// Words for what is not done: bounded sentences for people.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "holdfast/generator/plan.hpp"

namespace holdfast::generator {

/// At most `max_bytes`, never in the middle of a UTF-8 character, with a sign that something is missing.
std::string cut(std::string_view text, std::size_t max_bytes);

/// The text on one line: control characters become spaces, runs of spaces one.
std::string one_line(std::string_view text);

/// The message is cut to what an Event takes, 1,024 bytes.
Hold make_hold(Part part, std::string_view code, std::string_view message);

/// The same for something that a person should know of.
Hold make_warning(Part part, std::string_view code, std::string_view message);

/// An object that is not ours stands where this part belongs.
Hold foreign_hold(Part part, const core::Observed& object);

/// The cluster does not let us have this kind: it is not installed, or we may not touch it.
Hold unavailable_hold(Part part, Known known);

}  // namespace holdfast::generator
