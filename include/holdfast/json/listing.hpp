// `kopia snapshot list --all --json`, streamed into a catalog without holding the text.
// Source of the format: kopia 0.22, cli/command_snapshot_list.go and snapshot/manifest.go.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "holdfast/core/catalog.hpp"

namespace holdfast::json {

/// Fills the buffer with the next bytes and returns how many; 0 is the end. May block, may throw: the exception passes
/// through the reader.
using ByteSource = std::function<std::size_t(char* buffer, std::size_t size)>;

struct ListingLimits {
  std::size_t bytes = std::size_t{2} << 30;
  std::size_t snapshots = 5'000'000;
  std::size_t depth = 64;
  std::size_t text_bytes = 64 * 1024;  ///< one string or number; checked to within a few buffers of 16 KiB
};

/// Reads one complete JSON array of snapshots to the end of the source. Returns what is wrong, naming entry and field
/// ("[12].startTime: …"), or nothing: then, and only then, the builder holds the whole listing. A field of the wrong
/// type, a key that occurs twice, a null element, text after the array all spoil it; unknown fields are skipped.
/// kopia leaves out a uid or gid of 0: an absent one may be root's.
std::optional<std::string> read_listing(const ByteSource& source, core::Catalog::Builder& builder,
                                        const ListingLimits& limits = {});

}  // namespace holdfast::json
