// The names of a repository's index blobs at one moment, and whether what was read of them is all of them.
// Source of the names: kopia 0.22, internal/epoch/epoch_manager.go, internal/completeset/complete_set.go and
// repo/content/indexblob/index_blob_manager_v0.go.
// Values; one thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace holdfast::index {

/// A 128-bit hash with a secret seed: equal sums of names mean equal sets of names, and nobody outside can choose names
/// that collide.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Hash128&) const = default;

  /// Adds both halves modulo 2^64: the order of the addends does not matter.
  Hash128& operator+=(const Hash128& other) {
    high += other.high;
    low += other.low;
    return *this;
  }
};

/// A value to copy; any thread.
class Hasher {
 public:
  explicit Hasher(std::uint64_t seed) : seed_(seed) {}
  /// Seeded from the system's randomness.
  static Hasher seeded_randomly();

  Hash128 operator()(std::string_view bytes) const;

  /// Hashes bytes that come in pieces. One thread.
  class Stream {
   public:
    explicit Stream(const Hasher& hasher);
    void add(std::string_view bytes);
    Hash128 digest() const;

   private:
    struct Free {
      void operator()(void* state) const;
    };
    std::unique_ptr<void, Free> state_;
  };

 private:
  std::uint64_t seed_;
};

/// What the names of index blobs begin with: x (epoch repositories), n or m (the old format).
inline constexpr std::string_view kIndexPrefixes = "xnm";

/// One index blob, as its name tells. The name alone stands for its content: kopia never writes another under it.
struct IndexBlob {
  enum class Kind : std::uint8_t {
    Entries,     ///< of finished sessions (xn…), or unknown: whoever reads the repository needs it
    Compaction,  ///< of whole epochs (xs…, xr…), in the place of their entries
    Old,         ///< of the old format (n…)
    Aside,       ///< no entries: epoch markers (xe…), watermarks (xw…, xd…), the old format's logs (m…)
  };

  Hash128 name;
  std::uint64_t set = 0;     ///< the blobs of one compaction have it in common
  std::uint32_t set_of = 1;  ///< how many these are; with fewer it does not count
  std::uint32_t first = 1;   ///< the epochs that it is of; first > last: none
  std::uint32_t last = 0;
  Kind kind = Kind::Entries;
};

struct Names {
  Hash128 sum;            ///< of the hashes of all names
  std::size_t count = 0;  ///< of names
  std::vector<IndexBlob> blobs;

  void add(std::string_view name, const Hasher& hasher);
};

/// How many index blobs of `before` are unknown to who has read `read`: they are not in it, and no whole compaction in
/// it stands for them. 0: no session that was finished then is unknown. Both with the same hasher.
std::size_t count_missing(const Names& before, const Names& read);

/// Whether `read` holds a name that `before` does not.
bool has_others(const Names& read, const Names& before);

}  // namespace holdfast::index
