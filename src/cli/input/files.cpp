#include "src/cli/input/files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>

namespace holdfast::cli {
namespace {

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

}  // namespace holdfast::cli
