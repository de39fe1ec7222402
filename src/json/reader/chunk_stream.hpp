// A ByteSource as RapidJSON's input stream.
// One thread.
#pragma once

#include <array>
#include <cstddef>

#include "holdfast/json/listing.hpp"
#include "src/json/reader/walker.hpp"

namespace holdfast::json {

class ChunkStream {
 public:
  using Ch = char;

  ChunkStream(const ByteSource& source, Walker& walker, std::size_t max_bytes, std::size_t max_text_bytes)
      : source_(source), walker_(walker), max_bytes_(max_bytes), max_text_bytes_(max_text_bytes) {
    refill();
  }

  /// NUL stands for the end.
  char Peek() const { return next_ == end_ ? '\0' : *next_; }
  char Take() {
    const char c = Peek();
    if (next_ != end_ && ++next_ == end_) refill();
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
  void refill();
  void stop(std::string problem);

  const ByteSource& source_;
  Walker& walker_;
  std::size_t max_bytes_;
  std::size_t max_text_bytes_;
  std::array<char, 16 * 1024> buffer_;
  const char* next_ = buffer_.data();
  const char* end_ = buffer_.data();
  std::size_t before_ = 0;        ///< bytes read before those in the buffer
  std::size_t seen_events_ = 0;   ///< of the walker, at the last refill
  std::size_t silent_bytes_ = 0;  ///< read since the walker last had an event
};

}  // namespace holdfast::json
