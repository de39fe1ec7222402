// The files and folders that the user names on the command line.
// One thread.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

namespace holdfast::cli {

struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The whole file, or standard input for "-". Throws FileError naming it and the reason, also beyond `max_bytes`.
std::string read_file(const std::string& path, std::size_t max_bytes);

struct InputFile {
  std::string path;        ///< "-": standard input
  bool in_folder = false;  ///< nobody named it: it may be anything
};

struct InputFiles {
  std::vector<InputFile> files;       ///< in the order they were named; those of a folder sorted by name
  std::vector<std::string> warnings;  ///< what was passed over
};

/// Of folders *.yaml, *.yml and *.json, at any depth, without what begins with a dot. A symbolic link to a file counts;
/// one to a folder is not followed, unless it was named itself. Throws FileError for a folder that cannot be read, or
/// is too deep or too large, and for standard input that was named twice.
InputFiles find_files(const std::vector<std::string>& named);

}  // namespace holdfast::cli
