// File descriptors that close themselves, and the few calls on them that must be right everywhere: EINTR, O_CLOEXEC,
// errno as an exception that names the path.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

struct stat;

namespace holdfast::base {

/// Owns one descriptor, or none (-1).
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC added. Throws std::system_error naming the path.
Descriptor open_file(const char* path, int flags);

/// A file to be read, which must be a regular one, with what fstat(2) says of it. Throws std::system_error, or
/// std::runtime_error where it is something else; both name the path. A FIFO never makes it hang.
Descriptor open_regular(const std::string& path, struct stat& stat);

/// Up to buffer.size() bytes; 0: the end. Throws std::system_error.
std::size_t read_some(int fd, std::span<char> buffer);

/// The whole file. Throws std::system_error, or std::runtime_error when it is longer than `most` bytes or not a regular
/// file; both name the path.
std::string read_file(const std::string& path, std::size_t most);

/// A text that differs after the file was written or replaced: device, inode, size and times, behind all symbolic
/// links, so that the swap of a mounted Secret's `..data` shows too. Without reading it, and as finely as the clock of
/// the file system goes (Linux: a few milliseconds). A file that cannot be looked at has a state too: why.
std::string file_state(const std::string& path);
std::string file_state(const struct stat& stat);

}  // namespace holdfast::base
