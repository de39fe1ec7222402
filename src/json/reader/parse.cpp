#include "src/json/reader/parse.hpp"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>

#include "holdfast/base/text.hpp"

namespace holdfast::json {
namespace {

// Numbers come as text, so that none is too large or loses digits before the shape has said what it should be. That
// strings are UTF-8 is checked here: RapidJSON does it byte by byte, which takes as long as all the rest.
constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag;

/// A ByteSource as RapidJSON's input stream.
class ChunkStream {
 public:
  using Ch = char;

  ChunkStream(const ByteSource& source, Walker& walker, std::size_t max_bytes, std::size_t max_text_bytes)
      : source_(source), walker_(walker), max_bytes_(max_bytes), max_text_bytes_(max_text_bytes) {
    refill();
  }

  /// NUL stands for the end, and stands behind what was read.
  char Peek() const { return *next_; }
  char Take() {
    const char c = *next_;
    if (++next_ >= end_) go_on();
    return c;
  }
  std::size_t Tell() const { return before_ + static_cast<std::size_t>(next_ - buffer_.data()); }
  bool at_end() const { return next_ == end_; }

  // Of the concept; only for output.
  char* PutBegin() { return nullptr; }
  void Put(char) {}
  void Flush() {}
  std::size_t PutEnd(char*) { return 0; }

 private:
  void stop(std::string problem) {
    walker_.mark(before_);
    walker_.break_off(std::move(problem));
  }

  void go_on() {
    if (next_ > end_)
      next_ = end_;  // there is no more
    else
      refill();
  }

  void refill() {
    before_ += static_cast<std::size_t>(end_ - buffer_.data());
    next_ = end_ = buffer_.data();
    buffer_[0] = '\0';
    if (before_ > max_bytes_) return stop(fmt::format("longer than {} bytes", max_bytes_));
    silent_bytes_ = walker_.events() == seen_events_ ? silent_bytes_ : 0;
    seen_events_ = walker_.events();
    // A string that never ends would otherwise be collected in memory up to max_bytes_.
    if (silent_bytes_ > max_text_bytes_) return stop(fmt::format("a value of more than {} bytes", max_text_bytes_));
    const std::size_t size = source_(buffer_.data(), buffer_.size() - 1);
    silent_bytes_ += size;
    end_ = buffer_.data() + size;
    buffer_[size] = '\0';
  }

  const ByteSource& source_;
  Walker& walker_;
  std::size_t max_bytes_;
  std::size_t max_text_bytes_;
  std::array<char, 64 * 1024 + 1> buffer_;
  const char* next_ = buffer_.data();
  const char* end_ = buffer_.data();
  std::size_t before_ = 0;        ///< bytes read before those in the buffer
  std::size_t seen_events_ = 0;   ///< of the walker, at the last refill
  std::size_t silent_bytes_ = 0;  ///< read since the walker last had an event
};

/// RapidJSON's handler concept.
template <class Stream>
class Events {
 public:
  Events(Walker& walker, const Stream& stream) : walker_(walker), stream_(stream) {}

  bool Null() { return at().null(); }
  bool Bool(bool value) { return at().boolean(value); }
  bool RawNumber(const char* digits, rapidjson::SizeType size, bool) { return at().number({digits, size}); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return is_valid({text, size}) && at().text({text, size});
  }
  bool StartObject() { return at().begin_object(); }
  bool Key(const char* name, rapidjson::SizeType size, bool) {
    return is_valid({name, size}) && at().key({name, size});
  }
  bool EndObject(rapidjson::SizeType) { return at().end_object(); }
  bool StartArray() { return at().begin_array(); }
  bool EndArray(rapidjson::SizeType) { return at().end_array(); }
  // The reader's code names these too; with the flags above it never comes to them.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  Walker& at() {
    walker_.mark(stream_.Tell());
    return walker_;
  }

  bool is_valid(std::string_view text) {
    if (base::find_invalid_utf8(text) == std::string_view::npos) return true;
    return at().break_off(fmt::format("not JSON at byte {}: Invalid encoding in string.", stream_.Tell()));
  }

  Walker& walker_;
  const Stream& stream_;
};

std::string describe(const rapidjson::ParseResult& result) {
  if (result.Code() == rapidjson::kParseErrorDocumentEmpty) return "empty: expected a JSON document";
  return fmt::format("not JSON at byte {}: {}", result.Offset(), rapidjson::GetParseError_En(result.Code()));
}

/// `at_end`: whether nothing of the text is left. RapidJSON takes a NUL byte for the end.
template <class Stream, class AtEnd>
void run(Stream& stream, Walker& walker, AtEnd at_end) {
  Events<Stream> events(walker, stream);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, events);
  if (result.IsError() && result.Code() != rapidjson::kParseErrorTermination) {
    walker.mark(result.Offset());
    walker.break_off(describe(result));
  }
  if (!at_end() && walker.complaints().empty()) {
    walker.break_off(fmt::format("not JSON at byte {}: there is more after the end of the document", stream.Tell()));
  }
}

}  // namespace

void parse_json(std::string_view text, Walker& walker) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  run(stream, walker, [&] { return stream.Tell() >= text.size(); });
}

void parse_json(const ByteSource& source, Walker& walker, std::size_t max_bytes, std::size_t max_text_bytes) {
  ChunkStream stream(source, walker, max_bytes, max_text_bytes);
  run(stream, walker, [&] { return stream.at_end(); });
}

std::optional<ObjectFault> fill(std::string_view text, const Shape& shape, void* owner, const ReadLimits& limits) {
  if (text.size() > limits.bytes) return ObjectFault{fmt::format("longer than {} bytes", limits.bytes)};
  Walker walker(shape, owner, {.depth = limits.depth, .members = limits.members});
  parse_json(text, walker);
  if (auto problem = walker.fault()) return ObjectFault{std::move(*problem)};
  return std::nullopt;
}

}  // namespace holdfast::json
