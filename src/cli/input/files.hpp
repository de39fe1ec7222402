// Reading what the user names on the command line.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace holdfast::cli {

struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The whole file, or standard input for "-". Throws FileError naming it and the reason, also beyond `max_bytes`.
std::string read_file(const std::string& path, std::size_t max_bytes);

}  // namespace holdfast::cli
