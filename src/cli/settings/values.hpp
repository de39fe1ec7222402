// The kinds of values that settings have. Each reader returns whether the text is one, and fills `out` only then.
// Pure; any thread.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::cli {

template <class Number>
bool to_number(std::string_view text, Number& out) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  out = value;
  return true;
}

/// From `least` to `most`, both included.
template <class Number>
bool to_number(std::string_view text, Number least, Number most, Number& out) {
  Number value{};
  if (!to_number(text, value) || value < least || value > most) return false;
  out = value;
  return true;
}

/// One of several words; `choices` in the order of the words.
template <class T>
bool to_choice(std::string_view text, std::initializer_list<std::pair<std::string_view, T>> choices, T& out) {
  for (const auto& [word, value] : choices) {
    if (text != word) continue;
    out = value;
    return true;
  }
  return false;
}

/// One of several words, kept as it is.
bool to_word(std::string_view text, std::initializer_list<std::string_view> words, std::string& out);

bool to_bool(std::string_view text, bool& out);    ///< true|false
bool to_switch(std::string_view text, bool& out);  ///< on|off, or true|false
bool to_duration(std::string_view text, std::chrono::milliseconds least, std::chrono::milliseconds most,
                 std::chrono::milliseconds& out);
bool to_text(std::string_view text, std::string& out);  ///< anything but nothing, on one line

/// A name as the API server has them for objects: DNS subdomain, at most 253 bytes.
bool to_object_name(std::string_view text, std::string& out);
/// An absolute path.
bool to_path(std::string_view text, std::string& out);
/// A Kubernetes quantity of more than nothing, kept as written.
bool to_quantity(std::string_view text, std::string& out);
/// A duration of at least a second, kept as written.
bool to_interval(std::string_view text, std::string& out);

/// A schedule as VolSync's CRDs allow it, "5 */2 * * 1-5" or "@daily", kept as written. With `own_minute` the first
/// field may be 'M', which stands for each PVC's own minute.
bool to_schedule(std::string_view text, bool own_minute, std::string& out);

}  // namespace holdfast::cli
