#include "src/json/reader/walker.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "holdfast/base/text.hpp"

namespace holdfast::json {
namespace {

constexpr std::size_t kKeptComplaints = 8;
constexpr std::size_t kPathBytes = 300;

/// In the order of Shape::Kind: what was expected.
constexpr std::string_view kExpected[] = {"a string",  "a boolean", "a number",  "a string or a number",
                                          "an object", "an object", "an object", "an array"};
/// In the order of Walker::Found.
constexpr std::string_view kFound[] = {"null", "a boolean", "a number", "a string", "an object", "an array"};

}  // namespace

std::string to_string(const Complaint& complaint) {
  return complaint.path.empty() ? complaint.problem : complaint.path + ": " + complaint.problem;
}

std::string to_string(const std::vector<Complaint>& complaints, std::size_t max_bytes) {
  std::string out;
  for (const Complaint& complaint : complaints) {
    if (!out.empty()) out += "; ";
    out += to_string(complaint);
  }
  return base::printable(out, max_bytes);
}

bool KeyGuard::add(std::string_view key) {
  const std::uint64_t hash = std::hash<std::string_view>{}(key);
  const auto begin = hashes_.begin() + static_cast<std::ptrdiff_t>(starts_.back());
  const auto count = static_cast<std::size_t>(hashes_.end() - begin);
  bool fresh = true;
  if (count < kScanned) {
    fresh = std::find(begin, hashes_.end(), hash) == hashes_.end();
  } else {
    if (count == kScanned) std::for_each(begin, hashes_.end(), [&](std::uint64_t h) { large_.insert(salted(h)); });
    fresh = large_.insert(salted(hash)).second;
  }
  hashes_.push_back(hash);
  return fresh;
}

void KeyGuard::close() {
  const std::size_t start = starts_.back();
  if (hashes_.size() - start > kScanned) {
    for (std::size_t i = start; i < hashes_.size(); ++i) large_.erase(salted(hashes_[i]));
  }
  hashes_.resize(start);
  starts_.pop_back();
}

Walker::Walker(const Shape& root, void* owner, const Options& options)
    : root_(root), root_owner_(owner), options_(options) {
  frames_.reserve(16);
}

bool Walker::accepts(Shape::Kind kind, Found found) {
  switch (kind) {
    case Shape::Kind::Text:
      return found == Found::Text;
    case Shape::Kind::Flag:
      return found == Found::Boolean;
    case Shape::Kind::Number:
      return found == Found::Number;
    case Shape::Kind::Scalar:
      return found == Found::Text || found == Found::Number;
    case Shape::Kind::Present:
      return true;
    case Shape::Kind::Array:
      return found == Found::Array;
    default:
      return found == Found::Object;
  }
}

void Walker::keep_reason(std::string path, std::string problem) {
  if (!broken_) broken_ = Complaint{std::move(path), std::move(problem), mark_};
}

bool Walker::flaw(std::string problem) {
  keep_reason({}, std::move(problem));
  return true;
}

std::optional<std::string> Walker::fault() const {
  if (broken_) return to_string(*broken_);
  if (!complaints_.empty()) return to_string(complaints_);
  return std::nullopt;
}

bool Walker::break_off(std::string problem) {
  broken_off_ = true;
  keep_reason(path(), std::move(problem));
  return false;
}

bool Walker::complain(std::string problem) {
  if (complaints_.size() < kKeptComplaints) complaints_.push_back({path(), std::move(problem), mark_});
  return !options_.stop_at_first;
}

bool Walker::mismatch(const Shape& shape, Found found) {
  const bool could_be_quoted = shape.kind == Shape::Kind::Text && (found == Found::Boolean || found == Found::Number);
  return complain(fmt::format("expected {}, found {}{}", kExpected[static_cast<std::size_t>(shape.kind)],
                              kFound[static_cast<std::size_t>(found)],
                              could_be_quoted ? options_.quote_hint : std::string_view{}));
}

bool Walker::count_event() {
  ++events_;
  return ++members_ <= options_.members || break_off(fmt::format("more than {} keys and values", options_.members));
}

/// Every value passes here once: elements of arrays are counted, members were counted with their keys.
bool Walker::enter_value() {
  ++events_;
  if (frames_.empty() || !frames_.back().is_array) return true;
  ++frames_.back().index;
  return count_event();
}

const Shape* Walker::expected() const {
  if (frames_.empty()) return &root_;
  const Frame& frame = frames_.back();
  if (frame.shape == nullptr) return nullptr;
  if (frame.shape->each != nullptr) return frame.shape->each;
  return frame.member != nullptr ? &frame.member->shape : nullptr;
}

std::string_view Walker::current_key() const {
  if (frames_.empty() || frames_.back().is_array) return {};
  return std::string_view(names_).substr(frames_.back().name_begin);
}

/// As Go does: absent, or the empty string where any key may stand. In an array it would hide an element.
bool Walker::null() {
  if (!enter_value()) return false;
  const Shape* shape = expected();
  if (shape == nullptr) return true;
  if (frames_.empty() || frames_.back().is_array) return mismatch(*shape, Found::Null);
  if (frames_.back().shape->kind == Shape::Kind::Map) shape->set(owner(), current_key(), {});
  return true;
}

bool Walker::scalar(Found found, std::string_view value) {
  if (!enter_value()) return false;
  const Shape* shape = expected();
  if (shape == nullptr) return true;
  if (!accepts(shape->kind, found)) return mismatch(*shape, found);
  const char* problem = shape->set(owner(), current_key(), value);
  return problem == nullptr || complain(problem);
}

bool Walker::boolean(bool value) { return scalar(Found::Boolean, value ? "true" : "false"); }
bool Walker::number(std::string_view digits) { return scalar(Found::Number, digits); }
bool Walker::text(std::string_view value) { return scalar(Found::Text, value); }

bool Walker::begin(Found found) {
  if (!enter_value()) return false;
  if (frames_.size() >= options_.depth) return break_off(fmt::format("nested deeper than {} levels", options_.depth));
  const Shape* shape = expected();
  if (shape == nullptr) return push(nullptr, found);
  if (!accepts(shape->kind, found)) return mismatch(*shape, found) && push(nullptr, found);
  if (shape->kind != Shape::Kind::Present) return push(shape, found);
  shape->set(owner(), current_key(), {});
  return push(nullptr, found);
}

bool Walker::push(const Shape* shape, Found found) {
  void* inner = owner();
  if (shape != nullptr && shape->open != nullptr) inner = shape->open(inner);
  if (shape != nullptr && shape->begin_at != nullptr) shape->begin_at(inner, mark_);
  const bool is_array = found == Found::Array;
  frames_.push_back({shape, nullptr, inner, names_.size(), 0, complaints_.size(), is_array});
  if (!is_array) keys_.open();
  return true;
}

bool Walker::key(std::string_view name) {
  Frame& frame = frames_.back();
  frame.member = nullptr;
  names_.resize(frame.name_begin);
  names_.append(name);
  if (!keys_.add(name)) keep_reason(path(), "this key occurs twice");
  if (frame.shape != nullptr) {
    const auto known = std::ranges::find(frame.shape->members, name, &Member::name);
    if (known != frame.shape->members.end()) frame.member = &*known;
  }
  return count_event();
}

bool Walker::pop() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  names_.resize(frame.name_begin);
  if (frame.shape == nullptr) return true;
  if (frame.shape->complaints != nullptr) {
    const auto first = complaints_.begin() + static_cast<std::ptrdiff_t>(frame.complaints_begin);
    auto& sink = frame.shape->complaints(frame.owner);
    sink.insert(sink.end(), std::move_iterator(first), std::move_iterator(complaints_.end()));
    complaints_.erase(first, complaints_.end());
  }
  if (frame.shape->end_at != nullptr) frame.shape->end_at(frame.owner, mark_);
  if (frame.shape->close == nullptr) return true;
  auto problem = frame.shape->close(frame.owner);
  return !problem || complain(std::move(*problem));
}

bool Walker::end_object() {
  keys_.close();
  return pop();
}

bool Walker::end_array() { return pop(); }

std::string Walker::path() const {
  std::string out;
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    const Frame& frame = frames_[i];
    if (frame.is_array) {
      if (frame.index > 0) out += fmt::format("[{}]", frame.index - 1);
      continue;
    }
    const std::size_t end = i + 1 < frames_.size() ? frames_[i + 1].name_begin : names_.size();
    if (end == frame.name_begin) continue;
    if (!out.empty()) out += '.';
    out += std::string_view(names_).substr(frame.name_begin, end - frame.name_begin);
  }
  return base::printable(out, kPathBytes);
}

}  // namespace holdfast::json
