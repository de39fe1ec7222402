#include "src/generator/store/bytes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "holdfast/volsync/objects.hpp"

namespace holdfast::generator {
using namespace volsync;
namespace {

constexpr std::string_view kWords[] = {"",
                                       key::kManagedBy,
                                       key::kPvcLabel,
                                       key::kPvc,
                                       key::kApplied,
                                       key::kVerified,
                                       kManager,
                                       core::key::kBackup,
                                       core::key::kRestoredSnapshot,
                                       core::key::kRestoredAsOf,
                                       core::key::kRestoredSource,
                                       core::kVolSyncGroup,
                                       core::kDestinationKind,
                                       "PersistentVolumeClaim",
                                       "Successful",
                                       "True",
                                       "hourly",
                                       "daily",
                                       "Filesystem",
                                       "ReadWriteOnce",
                                       "yes",
                                       "pv.kubernetes.io/bind-completed",
                                       "pv.kubernetes.io/bound-by-controller",
                                       "volume.kubernetes.io/storage-provisioner",
                                       "volume.beta.kubernetes.io/storage-provisioner",
                                       "volume.kubernetes.io/selected-node"};
constexpr std::size_t kSpelled = std::size(kWords);  ///< it is none of them: its text follows

constexpr unsigned kBits = 7;  ///< of a number in each byte, the lowest first
constexpr unsigned kMore = 1U << kBits;

}  // namespace

void Writer::put(std::uint64_t value) {
  for (; value >= kMore; value >>= kBits) bytes_.push_back(static_cast<char>(value | kMore));
  bytes_.push_back(static_cast<char>(value));
}

void Writer::text(std::string_view text) {
  number(text.size());
  bytes_.append(text);
}

void Writer::word(std::string_view text) {
  const auto* const found = std::ranges::find(kWords, text);
  number(found - std::begin(kWords));
  if (found == std::end(kWords)) this->text(text);
}

void Writer::map(const core::StringMap& map) {
  number(map.size());
  for (const auto& [key, value] : map) {
    word(key);
    word(value);
  }
}

std::string Writer::bytes() {
  bytes_.shrink_to_fit();
  return std::move(bytes_);
}

std::uint64_t Reader::take() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += kBits) {
    const auto byte = static_cast<unsigned char>(left_.front());
    left_.remove_prefix(1);
    value |= std::uint64_t{byte & (kMore - 1)} << shift;
    if (byte < kMore) return value;
  }
}

std::string_view Reader::text() {
  const std::size_t size = take();
  const std::string_view text = left_.substr(0, size);
  left_.remove_prefix(size);
  return text;
}

std::string_view Reader::word() {
  const std::uint64_t index = take();
  return index == kSpelled ? text() : kWords[index];
}

void Reader::map(core::StringMap& map) {
  for (std::uint64_t left = take(); left > 0; --left) {
    const std::string_view key = word();
    map.emplace_hint(map.end(), key, word());
  }
}

}  // namespace holdfast::generator
