// One line per event: time (RFC 3339, UTC), level, message, then keys with values; as text (logfmt) or JSON.
// A Logger may be used from any thread. Never hand it a secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace holdfast::ops {

enum class Level { Debug, Info, Warn, Error };
enum class Format { Text, Json };

/// One key with its value.
struct Field {
  std::string_view key;
  std::variant<std::string, std::int64_t, double, bool> value;

  Field(std::string_view k, std::string_view v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(v) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
  template <class T>
    requires std::is_integral_v<T>
  Field(std::string_view k, T v) : key(k) {
    if constexpr (std::is_same_v<T, bool>)
      value = v;
    else
      value = static_cast<std::int64_t>(v);
  }
};

class Logger {
 public:
  enum class Sink { Stdout, Stderr, None };

  Logger(Sink sink, Level level, Format format);
  ~Logger();

  void log(Level level, std::string_view message, std::span<const Field> fields) const;
  void log(Level level, std::string_view m, std::initializer_list<Field> f = {}) const {
    log(level, m, {f.begin(), f.size()});
  }
  void debug(std::string_view m, std::initializer_list<Field> f = {}) const { log(Level::Debug, m, f); }
  void info(std::string_view m, std::initializer_list<Field> f = {}) const { log(Level::Info, m, f); }
  void warn(std::string_view m, std::initializer_list<Field> f = {}) const { log(Level::Warn, m, f); }
  void error(std::string_view m, std::initializer_list<Field> f = {}) const { log(Level::Error, m, f); }
  bool enabled(Level level) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Keeps what happens as often as others like from filling the log: a line at once, then one per interval with a count.
/// Not safe for threads; the time is passed in.
class LineBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LineBudget(std::chrono::milliseconds interval) : interval_(interval) {}

  /// It happened again. A number: write a line now, for so many that no line has told yet, this one among them.
  std::optional<std::uint64_t> happened(Time now) {
    ++untold_;
    if (now < next_) return std::nullopt;
    next_ = now + interval_;
    return std::exchange(untold_, 0);
  }

 private:
  const std::chrono::milliseconds interval_;
  Time next_ = Time::min();
  std::uint64_t untold_ = 0;
};

/// The line without its time, for tests: `level=info msg=listening listener=webhook`.
std::string format_line(Format format, Level level, std::string_view time, std::string_view message,
                        std::span<const Field> fields);

}  // namespace holdfast::ops
