#include "holdfast/json/listing.hpp"

#include <json/reader.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

struct Outcome {
  std::optional<std::string> problem;
  std::size_t snapshots = 0;
  std::size_t incomplete = 0;
  bool operator==(const Outcome&) const = default;
};

json::ByteSource pieces(std::string_view text, std::size_t largest) {
  return [text, largest](char* buffer, std::size_t size) mutable {
    const std::size_t taken = std::min({size, largest, text.size()});
    std::memcpy(buffer, text.data(), taken);
    text.remove_prefix(taken);
    return taken;
  };
}

Outcome read(std::string_view text, std::size_t largest) {
  core::Catalog::Builder builder;
  const json::ListingLimits limits{.bytes = 1 << 20, .snapshots = 64, .depth = 16, .text_bytes = 4096};
  Outcome outcome{json::read_listing(pieces(text, largest), builder, limits)};
  if (outcome.problem) return outcome;
  const core::Catalog catalog = std::move(builder).build();
  return {std::nullopt, catalog.snapshots(), catalog.incomplete()};
}

/// Entries of the array, by a reader that shares no code with ours; -1: it cannot read the text.
long entries_by_jsoncpp(std::string_view text) {
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  Json::Value value;
  if (!reader->parse(text.data(), text.data() + text.size(), &value, nullptr)) return -1;
  return value.isArray() ? static_cast<long>(value.size()) : -1;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t largest = 1 + input.choose(64);
  const Outcome whole = read(input.text(), std::string_view::npos);
  fuzz::require(read(input.text(), largest) == whole, "a listing reads the same in pieces of any size");
  if (whole.problem) {
    fuzz::require_message(*whole.problem);
    return 0;
  }
  const long entries = entries_by_jsoncpp(input.text());
  fuzz::require(entries < 0 || static_cast<std::size_t>(entries) == whole.snapshots + whole.incomplete,
                "no entry of a listing that reads well is lost");
  return 0;
}
