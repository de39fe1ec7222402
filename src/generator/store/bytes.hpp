// Values in a run of bytes, for the store alone: nothing of it is ever written anywhere, so its form is free to change
// with the program. What a Writer has written a Reader reads in the same order.
// Belongs to whoever made it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/pvc.hpp"
#include "holdfast/core/time.hpp"

namespace holdfast::generator {

class Writer {
 public:
  /// Small ones take one byte.
  void number(std::uint64_t value);
  void text(std::string_view text);
  /// A text that many objects have: those that are known take one byte.
  void word(std::string_view text);
  void moment(const std::optional<core::Time>& time);
  void map(const core::StringMap& map);
  /// In no more memory than it needs. Nothing is written after it.
  std::string bytes();

 private:
  std::string bytes_;
};

/// What it returns as a view lies in the bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::uint64_t number();
  std::string_view text();
  std::string_view word();
  std::optional<core::Time> moment();
  core::StringMap map();

 private:
  std::string_view left_;
};

}  // namespace holdfast::generator
