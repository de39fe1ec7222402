// What is known, at one moment, about the backups: the input of a decision that comes from the repository.
// Values; any thread. The default is to know nothing.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "holdfast/core/catalog.hpp"
#include "holdfast/core/time.hpp"

namespace holdfast::core {

/// The identity of a kopia repository (`uniqueID` in its format file), whichever way it was written.
class RepositoryId {
 public:
  /// Reads hexadecimal or base64; nullopt: neither, or not 8 to 64 bytes long.
  static std::optional<RepositoryId> parse(std::string_view hex_or_base64);

  std::string hex() const;
  bool operator==(const RepositoryId&) const = default;

 private:
  std::string bytes_;
};

/// Nothing is proven.
struct Unknown {
  enum class Why {
    Unavailable,  ///< the index cannot be read
    Refreshing,   ///< it is being read, and the request's time was up first
  };
  Why why = Why::Unavailable;
  std::string reason = "the repository was not looked at";
  std::string discreet = "it cannot be read now";  ///< the reason, without the words that tell where it is
};

/// The catalog holds every backup that was finished when the question was asked.
struct Current {
  std::shared_ptr<const Catalog> catalog;  ///< never null
  Time listing_began;                      ///< when the listing behind the catalog began
};

/// The repository has gone on since it was read, but it was read after the first of the tries of one PVC that have
/// waited for it: enough for a Restore, which is not of less than was there when it was asked for first; never enough
/// to say that there is no backup.
struct Earlier {
  Current listing;
};

struct Evidence {
  std::variant<Unknown, Current, Earlier> state;
  std::optional<RepositoryId> repository;  ///< as read for this evidence; absent: unreadable, or a backend without one
  std::string place;                       ///< what was looked at, for people: "/repository", "s3://bucket/prefix"
  std::string kind;                        ///< the same for whoever need not know where: "the repository in a bucket"
  Time checked_at{};                       ///< when the proof began
  /// When it was asked for, by a clock that nobody sets: every backup that was finished then is in it.
  std::chrono::steady_clock::time_point asked{};
};

}  // namespace holdfast::core
