// The kinds of values that settings have. Pure; any thread.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::cli {

// What a text says; nullopt: it is not allowed.

/// From `least` to `most`, both included.
template <class Number>
std::optional<Number> to_number(std::string_view text, Number least, Number most) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= least && value <= most ? std::optional(value) : std::nullopt;
}

std::optional<bool> to_bool(std::string_view text);    ///< true|false
std::optional<bool> to_switch(std::string_view text);  ///< on|off, or true|false
std::optional<std::chrono::milliseconds> to_duration(std::string_view text, std::chrono::milliseconds least,
                                                     std::chrono::milliseconds most);

// The same for what is kept as written.

std::optional<std::string> to_one_line(std::string_view text);     ///< anything but nothing, on one line
std::optional<std::string> to_object_name(std::string_view text);  ///< DNS subdomain, at most 253 bytes
std::optional<std::string> to_secret_name(std::string_view text);  ///< one with {pvc} and {namespace} in it, or without
std::optional<std::string> to_path(std::string_view text);         ///< an absolute one
std::optional<std::string> to_quantity(std::string_view text);     ///< one of Kubernetes, of more than nothing
std::optional<std::string> to_interval(std::string_view text);     ///< a duration of at least a second
/// As VolSync's CRDs allow it: "5 */2 * * 1-5" or "@daily".
std::optional<std::string> to_schedule(std::string_view text);
/// The first field may be 'M', too: each PVC's own minute.
std::optional<std::string> to_spread_schedule(std::string_view text);

/// How a value is read into a part of the settings.
template <class Part>
struct Value {
  std::string allowed;  ///< for people
  std::function<bool(Part& part, std::string_view text)> read;
  bool is_list = false;
  std::function<void(Part& part)> clear = nullptr;  ///< lists: goes before the first item
};

/// What `read` makes of the text.
template <class Part, class Field, class Read>
Value<Part> value(Field Part::*member, std::string_view allowed, Read read) {
  return {std::string(allowed), [member, read](Part& part, std::string_view text) {
            auto said = read(text);
            if (!said) return false;
            part.*member = *std::move(said);
            return true;
          }};
}

/// At most `most` items, each as `read` makes it.
template <class Part, class Item, class Read>
Value<Part> list(std::vector<Item> Part::*member, std::string_view allowed, Read read,
                 std::size_t most = std::numeric_limits<std::size_t>::max()) {
  const auto add = [member, read, most](Part& part, std::string_view text) {
    auto item = read(text);
    const bool taken = item && (part.*member).size() < most;
    if (taken) (part.*member).push_back(*std::move(item));
    return taken;
  };
  return {std::string(allowed), add, true, [member](Part& part) { (part.*member).clear(); }};
}

/// One of several words, each of which stands for a value.
template <class Part, class Field>
Value<Part> choice(Field Part::*member, std::vector<std::pair<std::string_view, Field>> words) {
  std::string allowed;
  for (const auto& [word, _] : words) allowed += fmt::format("{}{}", allowed.empty() ? "" : "|", word);
  return value(member, allowed, [words = std::move(words)](std::string_view text) -> std::optional<Field> {
    const auto found = std::ranges::find(words, text, &std::pair<std::string_view, Field>::first);
    return found == words.end() ? std::nullopt : std::optional<Field>(found->second);
  });
}

/// One of several words, kept as it is.
template <class Part, class Field>
Value<Part> word(Field Part::*member, std::initializer_list<std::string_view> words) {
  std::vector<std::pair<std::string_view, Field>> choices;
  for (const std::string_view one : words) choices.emplace_back(one, std::string(one));
  return choice(member, std::move(choices));
}

template <class Part, class Field>
Value<Part> boolean(Field Part::*member) {
  return value(member, "true|false", to_bool);
}

template <class Part>
Value<Part> on_off(bool Part::*member) {
  return value(member, "on|off", to_switch);
}

template <class Part, class Field, class Number>
Value<Part> number(Field Part::*member, Number least, Number most) {
  return value(member, fmt::format("{}..{}", least, most),
               [least, most](std::string_view text) { return to_number(text, least, most); });
}

template <class Part, class Field>
Value<Part> duration(Field Part::*member, std::string_view allowed, std::chrono::milliseconds least,
                     std::chrono::milliseconds most) {
  return value(member, allowed, [least, most](std::string_view text) { return to_duration(text, least, most); });
}

}  // namespace holdfast::cli
