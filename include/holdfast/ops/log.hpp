// One line per event: time (RFC 3339, UTC), level, message, then keys with values; as text (logfmt) or JSON.
// A Logger may be used from any thread. Never hand it a secret.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

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

  void log(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const;
  void log(Level level, std::string_view message, const std::vector<Field>& fields) const;
  void debug(std::string_view m, std::initializer_list<Field> f = {}) const { log(Level::Debug, m, f); }
  void info(std::string_view m, std::initializer_list<Field> f = {}) const { log(Level::Info, m, f); }
  void warn(std::string_view m, std::initializer_list<Field> f = {}) const { log(Level::Warn, m, f); }
  void error(std::string_view m, std::initializer_list<Field> f = {}) const { log(Level::Error, m, f); }
  bool enabled(Level level) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The line without its time, for tests: `level=info msg=listening listener=webhook`.
std::string format_line(Format format, Level level, std::string_view time, std::string_view message,
                        const Field* fields, std::size_t count);

}  // namespace holdfast::ops
