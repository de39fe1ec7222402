// Values in a run of bytes, for the store alone: nothing of it is ever written anywhere, so its form is free to change
// with the program. A Writer and a Reader have the same verbs: whoever goes through the fields of a value with a Writer
// gets them back by going through them with a Reader.
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
  template <class T>
  using Field = const T;

  /// A flag or an enumerator too. Small ones take one byte.
  template <class Number>
  void number(Number value) {
    put(static_cast<std::uint64_t>(value));
  }
  void text(std::string_view text);
  /// A text that many objects have: those that are known take one byte.
  void word(std::string_view text);
  void point(const auto& time) { number(time.time_since_epoch().count()); }
  void map(const core::StringMap& map);
  void each(const auto& values, auto pass) {
    number(values.size());
    for (const auto& value : values) pass(value);
  }
  void optional(const auto& value, auto pass) {
    number(value.has_value());
    if (value) pass(*value);
  }
  void moment(const std::optional<core::Time>& time) {
    optional(time, [this](const auto& it) { point(it); });
  }
  /// In no more memory than it needs. Nothing is written after it.
  std::string bytes();

 private:
  void put(std::uint64_t value);

  std::string bytes_;
};

/// Its fields are those of a new value.
class Reader {
 public:
  template <class T>
  using Field = T;

  explicit Reader(std::string_view bytes) : left_(bytes) {}

  template <class Number>
  void number(Number& value) {
    value = static_cast<Number>(take());
  }
  /// It lies in the bytes.
  std::string_view text();
  void text(std::string& to) { to = text(); }
  void word(std::string& to) { to = word(); }
  template <class Point>
  void point(Point& time) {
    time = Point(typename Point::duration(static_cast<std::int64_t>(take())));
  }
  void map(core::StringMap& map);
  void each(auto& values, auto pass) {
    values.resize(take());
    for (auto& value : values) pass(value);
  }
  void optional(auto& value, auto pass) {
    if (take() != 0) pass(value.emplace());
  }
  void moment(std::optional<core::Time>& time) {
    optional(time, [this](auto& it) { point(it); });
  }

 private:
  std::uint64_t take();
  std::string_view word();

  std::string_view left_;
};

}  // namespace holdfast::generator
