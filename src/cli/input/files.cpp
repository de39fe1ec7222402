#include "src/cli/input/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 10'000;
constexpr std::size_t kMaxEntries = 200'000;
constexpr int kMaxDepth = 32;

std::string last_error() { return std::generic_category().message(errno); }

std::string read_stream(std::istream& in, const std::string& path, std::size_t max_bytes) {
  std::string text;
  char buffer[64 * 1024];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes) throw FileError(fmt::format("{}: larger than {} bytes", path, max_bytes));
  }
  if (in.bad()) throw FileError(fmt::format("{}: cannot be read: {}", path, last_error()));
  return text;
}

bool is_manifest(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

class Finder {
 public:
  InputFiles find(const std::vector<std::string>& named) {
    for (const std::string& path : named) add(path);
    return std::move(found_);
  }

 private:
  void add(const std::string& path) {
    std::error_code error;
    if (path == "-") {
      if (std::exchange(stdin_named_, true)) throw FileError("standard input (-) is named twice");
      return push(path, false);
    }
    if (!fs::is_directory(path, error)) return push(path, false);
    const std::size_t before = found_.files.size();
    walk(path, 1);
    if (found_.files.size() == before) {
      found_.warnings.push_back(path + ": there is no *.yaml, *.yml or *.json in this folder");
    }
  }

  void walk(const fs::path& folder, int depth) {
    if (depth > kMaxDepth) throw FileError(fmt::format("{}: folders deeper than {}", folder.string(), kMaxDepth));
    for (const fs::path& path : entries(folder)) {
      if (path.filename().string().starts_with('.')) continue;
      std::error_code error;
      const bool link = fs::is_symlink(path, error);
      const fs::file_status status = fs::status(path, error);
      if (fs::is_directory(status)) {
        link ? pass_over(path) : walk(path, depth + 1);
      } else if (is_manifest(path) && (fs::is_regular_file(status) || !fs::exists(status))) {
        push(path.string(), true);  // a link that leads nowhere is told when it is opened
      }
    }
  }

  std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> all;
    std::error_code error;
    fs::directory_iterator at(folder, error);
    while (!error && at != fs::directory_iterator()) {
      if (++entries_ > kMaxEntries)
        throw FileError(fmt::format("{}: more than {} files", folder.string(), kMaxEntries));
      all.push_back(at->path());
      at.increment(error);
    }
    if (error) throw FileError(fmt::format("{}: cannot be read: {}", folder.string(), error.message()));
    std::sort(all.begin(), all.end());
    return all;
  }

  void pass_over(const fs::path& link) {
    found_.warnings.push_back(link.string() + ": a symbolic link to a folder is not followed");
  }

  void push(const std::string& path, bool in_folder) {
    if (found_.files.size() >= kMaxFiles) throw FileError(fmt::format("{}: more than {} files", path, kMaxFiles));
    found_.files.push_back({path, in_folder});
  }

  InputFiles found_;
  std::size_t entries_ = 0;
  bool stdin_named_ = false;
};

}  // namespace

std::string read_file(const std::string& path, std::size_t max_bytes) {
  if (path == "-") return read_stream(std::cin, "standard input", max_bytes);
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw FileError(fmt::format("{}: cannot be opened: {}", path, last_error()));
  in.peek();
  if (in.bad()) throw FileError(fmt::format("{}: cannot be read: {}", path, last_error()));
  in.clear();
  return read_stream(in, path, max_bytes);
}

InputFiles find_files(const std::vector<std::string>& named) { return Finder().find(named); }

}  // namespace holdfast::cli
