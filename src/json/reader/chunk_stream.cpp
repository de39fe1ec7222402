#include "src/json/reader/chunk_stream.hpp"

#include <fmt/format.h>

namespace holdfast::json {

void ChunkStream::stop(std::string problem) {
  walker_.mark(before_);
  walker_.break_off(std::move(problem));
}

void ChunkStream::refill() {
  before_ += static_cast<std::size_t>(end_ - buffer_.data());
  next_ = end_ = buffer_.data();
  if (before_ > max_bytes_) return stop(fmt::format("longer than {} bytes", max_bytes_));
  silent_bytes_ = walker_.events() == seen_events_ ? silent_bytes_ : 0;
  seen_events_ = walker_.events();
  // A string that never ends would otherwise be collected in memory up to max_bytes_.
  if (silent_bytes_ > max_text_bytes_) return stop(fmt::format("a value of more than {} bytes", max_text_bytes_));
  const std::size_t size = source_(buffer_.data(), buffer_.size());
  silent_bytes_ += size;
  end_ = buffer_.data() + size;
}

}  // namespace holdfast::json
