// Completion of command lines: a script for a shell, made from the parser itself.
// One thread.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace holdfast::cli {

/// The shells that there are scripts for.
inline constexpr std::string_view kShells[] = {"bash", "zsh", "fish"};

/// Completes the verbs of `app`, their options, and the values of those whose type says what is allowed: FILE, DIR, or
/// words as in "on|off". What else there is to give, such as the name of a PVC, only the cluster knows. `shell` is one
/// of kShells.
std::string completion_script(const CLI::App& app, std::string_view shell);

}  // namespace holdfast::cli
