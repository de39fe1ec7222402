// What the fuzz targets share: promises that end the program when they are broken, and the input taken apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "holdfast/base/text.hpp"

/// Never returns a value other than 0: libFuzzer's contract.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace holdfast::fuzz {

/// The promise that is broken is the last line of the report.
inline void require(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// What goes into messages, logs and headers.
inline void require_message(std::string_view text) {
  require(!text.empty(), "a fault says what is wrong");
  require(base::find_invalid_utf8(text) == std::string_view::npos, "a message is well-formed UTF-8");
  require(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "a message is one line");
}

/// Input as text, with the few decisions that a target needs at its end, where they disturb the seeds least.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : text_(reinterpret_cast<const char*>(data), size) {}

  /// A number below `bound`; 0 when there is no input left.
  std::size_t choose(std::size_t bound) {
    if (text_.empty()) return 0;
    const auto last = static_cast<unsigned char>(text_.back());
    text_.remove_suffix(1);
    return last % bound;
  }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace holdfast::fuzz
