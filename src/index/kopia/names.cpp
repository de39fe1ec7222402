#include "src/index/kopia/names.hpp"

#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <new>
#include <optional>
#include <random>
#include <utility>

namespace holdfast::index {

namespace {

using Kind = IndexBlob::Kind;

/// A number that ends with `_`, taken off `text`.
std::optional<std::uint32_t> take_epoch(std::string_view& text) {
  std::uint32_t epoch = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), epoch);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || digits == text.size() || *end != '_') return std::nullopt;
  text.remove_prefix(digits + 1);
  return epoch;
}

/// `…-s<set>-c<count>`; a name without that is a set of its own.
void read_set(std::string_view name, const Hasher& hasher, IndexBlob& blob) {
  const std::size_t set = name.find("-s");
  const std::size_t count = set == name.npos ? set : name.find("-c", set + 2);
  if (count == name.npos) return;
  blob.set = hasher(name.substr(set, count - set)).low;
  std::from_chars(name.data() + count + 2, name.data() + name.size(), blob.set_of);
}

void read_epochs(std::string_view name, const Hasher& hasher, IndexBlob& blob) {
  std::string_view rest = name.substr(2);
  const bool is_range = name[1] == 'r';
  const auto first = take_epoch(rest);
  const auto last = is_range ? take_epoch(rest) : first;
  if (!first || !last) return;
  blob.first = *first;
  blob.last = *last;
  if (name[1] == 'n') return;
  blob.kind = Kind::Compaction;
  read_set(name, hasher, blob);
}

IndexBlob read_name(std::string_view name, const Hasher& hasher) {
  IndexBlob blob;
  blob.name = hasher(name);
  if (name.starts_with('n')) {
    blob.kind = Kind::Old;
  } else if (name.starts_with('m') || name.starts_with("xe") || name.starts_with("xw") || name.starts_with("xd")) {
    blob.kind = Kind::Aside;
  } else if (name.starts_with("xn") || name.starts_with("xs") || name.starts_with("xr")) {
    read_epochs(name, hasher, blob);
  }
  return blob;
}

Hash128 from(XXH128_hash_t hash) { return {hash.high64, hash.low64}; }

std::vector<Hash128> sorted_names(const Names& names) {
  std::vector<Hash128> sorted;
  sorted.reserve(names.blobs.size());
  std::ranges::transform(names.blobs, std::back_inserter(sorted), &IndexBlob::name);
  std::ranges::sort(sorted);
  return sorted;
}

/// The compactions of which every blob is there: kopia uses no other.
class WholeCompactions {
 public:
  explicit WholeCompactions(const Names& names) {
    for (const IndexBlob& blob : names.blobs) {
      if (blob.kind == Kind::Compaction) ++there_[blob.set];
    }
    for (const IndexBlob& blob : names.blobs) {
      if (holds(blob) && blob.first <= blob.last) epochs_.emplace_back(blob.first, blob.last);
    }
    merge();
  }

  bool holds(const IndexBlob& blob) const {
    if (blob.kind != Kind::Compaction) return false;
    const auto there = there_.find(blob.set);
    return blob.set == 0 || (there != there_.end() && there->second >= blob.set_of);
  }

  bool cover(const IndexBlob& blob) const {
    if (blob.first > blob.last) return false;
    return std::ranges::any_of(
        epochs_, [&](const Epochs& epochs) { return epochs.first <= blob.first && blob.last <= epochs.second; });
  }

 private:
  using Epochs = std::pair<std::uint64_t, std::uint64_t>;

  void merge() {
    std::ranges::sort(epochs_);
    std::vector<Epochs> merged;
    for (const Epochs& next : epochs_) {
      if (merged.empty() || next.first > merged.back().second + 1) {
        merged.push_back(next);
      } else {
        merged.back().second = std::max(merged.back().second, next.second);
      }
    }
    epochs_ = std::move(merged);
  }

  std::map<std::uint64_t, std::size_t> there_;
  std::vector<Epochs> epochs_;  ///< disjoint, in order
};

bool is_epoch_repository(const Names& names) {
  return std::ranges::any_of(
      names.blobs, [](const IndexBlob& blob) { return blob.kind == Kind::Entries || blob.kind == Kind::Compaction; });
}

}  // namespace

Hasher Hasher::seeded_randomly() {
  std::random_device random;
  return Hasher((std::uint64_t{random()} << 32) | random());
}

Hash128 Hasher::operator()(std::string_view bytes) const {
  return from(XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed_));
}

Hasher::Stream::Stream(const Hasher& hasher) : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_128bits_reset_withSeed(static_cast<XXH3_state_t*>(state_.get()), hasher.seed_);
}

void Hasher::Stream::add(std::string_view bytes) {
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state_.get()), bytes.data(), bytes.size());
}

Hash128 Hasher::Stream::digest() const { return from(XXH3_128bits_digest(static_cast<XXH3_state_t*>(state_.get()))); }

void Hasher::Stream::Free::operator()(void* state) const { XXH3_freeState(static_cast<XXH3_state_t*>(state)); }

void Names::add(std::string_view name, const Hasher& hasher) {
  blobs.push_back(read_name(name, hasher));
  sum += blobs.back().name;
  ++count;
}

std::size_t count_missing(const Names& before, const Names& read) {
  const std::vector<Hash128> known = sorted_names(read);
  const WholeCompactions compacted(read);
  const WholeCompactions compacted_before(before);
  const bool is_upgraded = is_epoch_repository(before);
  const auto is_needed = [&](const IndexBlob& blob) {
    switch (blob.kind) {
      case Kind::Entries:
        return true;
      case Kind::Compaction:
        return compacted_before.holds(blob);
      case Kind::Old:  // an upgrade leaves them where they are, and kopia reads them no more
        return !is_upgraded;
      case Kind::Aside:
        return false;
    }
    return true;
  };
  return static_cast<std::size_t>(std::ranges::count_if(before.blobs, [&](const IndexBlob& blob) {
    return is_needed(blob) && !std::ranges::binary_search(known, blob.name) && !compacted.cover(blob);
  }));
}

bool has_others(const Names& read, const Names& before) {
  const std::vector<Hash128> known = sorted_names(before);
  return std::ranges::any_of(read.blobs,
                             [&](const IndexBlob& blob) { return !std::ranges::binary_search(known, blob.name); });
}

}  // namespace holdfast::index
