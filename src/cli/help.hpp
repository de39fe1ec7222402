// What stands below the options in the help of a command. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::cli {

/// Examples, where settings come from, and the exit codes: with the options it fits a screen. Empty `verb`: of the
/// program itself.
std::string help_footer(std::string_view verb);

}  // namespace holdfast::cli
