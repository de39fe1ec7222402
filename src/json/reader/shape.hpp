// What a reader expects where in a document, and what becomes of it: static tables, bound to setters.
//
//   constexpr Member kClaim[] = {{"kind", text<&Reference::kind>()}, {"name", text<&Reference::name>()}};
//   constexpr Shape kClaimShape = object<&Owner::claim>(kClaim);
//
// Members that no table names are skipped, whatever they hold. A setter gets the object that its table fills as
// `owner`: the one that the nearest object<&…>() around it opened, or the document's own.
// Several pointers to members are a way: text<&Draft::review, &Review::uid>() fills draft.review.uid.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace holdfast::json {

/// Something that is not as expected, at one place.
struct Complaint {
  std::string path;  ///< "request.object.metadata.labels.backup"; empty: the document itself
  std::string problem;
  std::size_t mark = 0;  ///< as the driver counts: a byte, a line
};

/// Where an object stands in a JSON text.
struct Slice {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

struct Member;

struct Shape {
  enum class Kind : std::uint8_t {
    Text,     ///< a string
    Flag,     ///< a boolean; the setter sees "true" or "false"
    Number,   ///< the setter sees the digits as they stand
    Scalar,   ///< a string or a number: quantities
    Present,  ///< anything but null; content is skipped
    Object,   ///< the members of a table
    Map,      ///< any key; every value is like `each`
    Array,    ///< every element is like `each`
  };

  Kind kind;
  /// Takes a scalar. `key` is that of the innermost object. Returns what is wrong with it, or nullptr.
  const char* (*set)(void* owner, std::string_view key, std::string_view value) = nullptr;
  /// Called at the start of an object, map or array: gives the owner of what is inside. nullptr: the same owner.
  void* (*open)(void* owner) = nullptr;
  /// Called with the inner owner at the start, after open(): where the value stands, see Complaint::mark.
  void (*begin_at)(void* inner, std::size_t mark) = nullptr;
  /// Called with the inner owner at the end, before close(), likewise. In JSON an object's text is that from a byte
  /// before begin_at's mark to end_at's.
  void (*end_at)(void* inner, std::size_t mark) = nullptr;
  /// Called with the inner owner at the end; returns what is wrong with the whole, or nothing.
  std::optional<std::string> (*close)(void* inner) = nullptr;
  /// Complaints from within go to the inner owner: whether they count is known only later.
  std::vector<Complaint>& (*complaints)(void* inner) = nullptr;
  std::span<const Member> members = {};
  const Shape* each = nullptr;
};

struct Member {
  std::string_view name;
  Shape shape;
};

namespace detail {

/// The place of an owner that pointers to members lead to, one after the other.
template <auto... Path>
struct Slot;
template <class Owner, class Value, Value Owner::*M, auto... Rest>
struct Slot<M, Rest...> {
  static auto& of(void* owner) {
    Value& value = static_cast<Owner*>(owner)->*M;
    if constexpr (sizeof...(Rest) == 0)
      return value;
    else
      return Slot<Rest...>::of(&value);
  }
};

template <auto... Path>
const char* set_text(void* owner, std::string_view, std::string_view value) {
  Slot<Path...>::of(owner) = value;
  return nullptr;
}

template <auto... Path>
const char* set_flag(void* owner, std::string_view, std::string_view value) {
  Slot<Path...>::of(owner) = value == "true";
  return nullptr;
}

template <class T>
T& inner(T& value) {
  return value;
}
template <class T>
T& inner(std::optional<T>& value) {
  return value ? *value : value.emplace(T{});
}
template <class T>
T& inner(std::vector<T>& value) {
  return value.emplace_back();
}

template <class T>
struct Plain {
  using type = T;
};
template <class T>
struct Plain<std::optional<T>> {
  using type = T;
};

template <auto... Path>
const char* set_integer(void* owner, std::string_view, std::string_view digits) {
  auto& slot = Slot<Path...>::of(owner);
  typename Plain<std::remove_reference_t<decltype(slot)>>::type value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) return "the number is out of range";
  if (error != std::errc{} || end != digits.data() + digits.size()) return "expected an integer";
  slot = value;
  return nullptr;
}

template <auto... Path>
const char* set_present(void* owner, std::string_view, std::string_view) {
  Slot<Path...>::of(owner) = true;
  return nullptr;
}

template <auto... Path>
const char* set_entry(void* owner, std::string_view key, std::string_view value) {
  Slot<Path...>::of(owner).insert_or_assign(std::string(key), std::string(value));
  return nullptr;
}
template <auto... Path>
inline constexpr Shape kEntry = {.kind = Shape::Kind::Text, .set = set_entry<Path...>};

template <auto... Path>
void* open_slot(void* owner) {
  return &inner(Slot<Path...>::of(owner));
}

// A mark stands behind the brace.
template <auto... Path>
void begin_slice(void* owner, std::size_t mark) {
  inner(Slot<Path...>::of(owner)).begin = mark - 1;
}
template <auto... Path>
void end_slice(void* owner, std::size_t mark) {
  inner(Slot<Path...>::of(owner)).end = mark;
}

template <auto... Path>
const char* set_element(void* owner, std::string_view, std::string_view value) {
  Slot<Path...>::of(owner).emplace_back(value);
  return nullptr;
}
template <auto... Path>
inline constexpr Shape kElement = {.kind = Shape::Kind::Text, .set = set_element<Path...>};

}  // namespace detail

/// Into a std::string or an optional one.
template <auto... Path>
constexpr Shape text() {
  return {.kind = Shape::Kind::Text, .set = detail::set_text<Path...>};
}
/// Into a bool.
template <auto... Path>
constexpr Shape flag() {
  return {.kind = Shape::Kind::Flag, .set = detail::set_flag<Path...>};
}
/// Into an integer of any width or an optional one.
template <auto... Path>
constexpr Shape integer() {
  return {.kind = Shape::Kind::Number, .set = detail::set_integer<Path...>};
}
/// Sets a bool where there is anything but null.
template <auto... Path>
constexpr Shape present() {
  return {.kind = Shape::Kind::Present, .set = detail::set_present<Path...>};
}
/// An object of strings, into a map. A null value is an empty string, as it is for Go. `open` may note that the object
/// is there, even if empty.
template <auto... Path>
constexpr Shape text_map(void* (*open)(void* owner) = nullptr) {
  return {.kind = Shape::Kind::Map, .open = open, .each = &detail::kEntry<Path...>};
}
/// An object whose members fill the same owner as those around it.
constexpr Shape object(std::span<const Member> members) { return {.kind = Shape::Kind::Object, .members = members}; }
/// An object that fills a part of the owner: a struct, an optional one, or a new element of a vector.
template <auto... Path>
constexpr Shape object(std::span<const Member> members) {
  return {.kind = Shape::Kind::Object, .open = detail::open_slot<Path...>, .members = members};
}
/// A string or a number, told by a setter.
constexpr Shape scalar(const char* (*set)(void* owner, std::string_view key, std::string_view value)) {
  return {.kind = Shape::Kind::Scalar, .set = set};
}
/// An object whose members are skipped, into a Slice or an optional one.
template <auto... Path>
constexpr Shape slice() {
  return {.kind = Shape::Kind::Object, .begin_at = detail::begin_slice<Path...>, .end_at = detail::end_slice<Path...>};
}
/// For Shape::complaints, where the inner owner keeps them itself.
template <class Owner>
std::vector<Complaint>& complaints_of(void* owner) {
  return static_cast<Owner*>(owner)->complaints;
}
/// An array whose elements are like `each`.
constexpr Shape array(const Shape& each) { return {.kind = Shape::Kind::Array, .each = &each}; }
/// An array of strings, into a vector.
template <auto... Path>
constexpr Shape text_array() {
  return array(detail::kElement<Path...>);
}

/// Two tables as one.
template <std::size_t A, std::size_t B>
constexpr std::array<Member, A + B> joined(const std::array<Member, A>& a, const std::array<Member, B>& b) {
  std::array<Member, A + B> all{};
  for (std::size_t i = 0; i < A + B; ++i) all[i] = i < A ? a[i] : b[i - A];
  return all;
}

}  // namespace holdfast::json
