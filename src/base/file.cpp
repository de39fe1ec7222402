#include "holdfast/base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace holdfast::base {

void Descriptor::reset() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Descriptor open_file(const char* path, int flags) {
  int fd = -1;
  do {
    fd = open(path, flags | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), path);
  return Descriptor(fd);
}

Descriptor open_regular(const std::string& path, struct stat& stat) {
  // O_NONBLOCK: opening a FIFO must not hang.
  Descriptor file = open_file(path.c_str(), O_RDONLY | O_NONBLOCK);
  if (fstat(file.get(), &stat) != 0) throw std::system_error(errno, std::generic_category(), path);
  if (!S_ISREG(stat.st_mode)) throw std::runtime_error(fmt::format("{}: not a regular file", path));
  return file;
}

std::size_t read_some(int fd, std::span<char> buffer) {
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "read");
  }
}

std::string read_file(const std::string& path, std::size_t most) {
  struct stat stat {};
  const Descriptor file = open_regular(path, stat);
  std::string text;
  std::array<char, 16 * 1024> buffer;
  while (const std::size_t got = read_some(file.get(), buffer)) {
    text.append(buffer.data(), got);
    if (text.size() > most) throw std::runtime_error(fmt::format("{}: longer than {} bytes", path, most));
  }
  return text;
}

std::string file_state(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return fmt::format("errno {}", errno);
  return file_state(found);
}

std::string file_state(const struct stat& stat) {
  return fmt::format("{} {} {} {}.{} {}.{}", stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtim.tv_sec,
                     stat.st_mtim.tv_nsec, stat.st_ctim.tv_sec, stat.st_ctim.tv_nsec);
}

}  // namespace holdfast::base
