// Walks through a document's events with a Shape in hand: fills the owner, skips what is unknown, and keeps the limits.
// The events come from the JSON reader (parse.hpp) or the YAML one; the rules are the same for both.
// One thread; one document.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "holdfast/json/limits.hpp"
#include "src/json/reader/shape.hpp"

namespace holdfast::json {

/// `path: problem`.
std::string to_string(const Complaint& complaint);

/// Several in one line, at most `max_bytes` and the last "...".
std::string to_string(const std::vector<Complaint>& complaints, std::size_t max_bytes = 600);

/// Finds a key that occurs twice in one object, for all open objects at once. Keeps hashes, not keys. Two keys with one
/// hash count as the same key: that can only reject a document, and with 64 bits it takes intent.
class KeyGuard {
 public:
  void open() { starts_.push_back(hashes_.size()); }

  /// Whether `key` is new in the innermost open object.
  bool add(std::string_view key);

  void close();

 private:
  // Objects are small as a rule: a scan over a few numbers is cheaper than any table. Larger ones use `large_`, where
  // hashes of different objects are kept apart by the object's depth.
  static constexpr std::size_t kScanned = 24;
  std::uint64_t salted(std::uint64_t hash) const { return hash ^ (starts_.size() * 0x9E3779B97F4A7C15u); }

  std::vector<std::uint64_t> hashes_;
  std::vector<std::size_t> starts_;
  boost::unordered_flat_set<std::uint64_t> large_;
};

class Walker {
 public:
  struct Options {
    std::size_t depth = ReadLimits{}.depth;
    std::size_t members = ReadLimits{}.members;
    bool stop_at_first = false;        ///< at the first complaint; else reading goes on, and several are kept
    std::string_view quote_hint = {};  ///< added where a scalar should have been a string
  };

  /// `root` is what the whole document should be; `owner` is what it fills. Both outlive the walker.
  Walker(const Shape& root, void* owner, const Options& options);

  // The events, in document order. false: stop; broken() or complaints() says why.
  bool null();
  bool boolean(bool value);
  bool number(std::string_view digits);
  bool text(std::string_view value);
  bool begin_object() { return begin(Found::Object); }
  bool key(std::string_view name);
  bool end_object();
  bool begin_array() { return begin(Found::Array); }
  bool end_array();

  /// Where the next event stands, in the driver's own count.
  void mark(std::size_t at) { mark_ = at; }

  /// Breaks the document for a reason that the driver has found. Only the first reason is kept. Returns false.
  bool break_off(std::string problem);

  /// Likewise, where it can be read on all the same: a tag, a key that is no string. Names no path. Returns true.
  bool flaw(std::string problem);

  /// Why the document cannot count, whatever its shape: a limit, a key twice, a syntax error.
  const std::optional<Complaint>& broken() const { return broken_; }

  /// Of a broken one: it was read to its end in spite of that.
  bool read_on() const { return !broken_off_; }

  /// Where the document is not as the shape says, without what went to an owner of its own.
  std::vector<Complaint>& complaints() { return complaints_; }

  /// Why nothing may be made of the document: broken(), or else complaints(). nullopt: all is well.
  std::optional<std::string> fault() const;

  /// Grows with every key and every value: a driver can tell whether anything has come of the bytes it fed.
  std::size_t events() const { return events_; }

  /// Names the place that is being read.
  std::string path() const;

 private:
  enum class Found { Null, Boolean, Number, Text, Object, Array };

  struct Frame {
    const Shape* shape;      ///< nullptr: being skipped
    const Member* member;    ///< of an object: the one whose value comes next; nullptr: unknown
    void* owner;             ///< what its members fill
    std::size_t name_begin;  ///< of an object: where its current key begins in names_
    std::size_t index;       ///< of an array: elements so far
    std::size_t complaints_begin;
    bool is_array;
  };

  static bool accepts(Shape::Kind kind, Found found);

  bool count_event();
  bool enter_value();
  const Shape* expected() const;
  void* owner() const { return frames_.empty() ? root_owner_ : frames_.back().owner; }
  std::string_view current_key() const;
  bool scalar(Found found, std::string_view value);
  bool begin(Found found);
  bool push(const Shape* shape, Found found);
  bool pop();
  bool complain(std::string problem);
  void keep_reason(std::string path, std::string problem);
  bool mismatch(const Shape& shape, Found found);

  const Shape& root_;
  void* root_owner_;
  Options options_;
  std::vector<Frame> frames_;
  std::string names_;  ///< the current keys of all open objects, end to end
  KeyGuard keys_;
  std::size_t members_ = 0;
  std::size_t events_ = 0;
  std::size_t mark_ = 0;
  std::optional<Complaint> broken_;
  bool broken_off_ = false;
  std::vector<Complaint> complaints_;
};

}  // namespace holdfast::json
