// The names of a repository's index blobs, read from its folders without kopia.
// Source of the layout: kopia 0.22, repo/blob/sharded/sharded.go and repo/blob/filesystem/filesystem_storage.go.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "src/index/kopia/names.hpp"

namespace holdfast::index {

/// What the files of blobs end with.
inline constexpr std::string_view kBlobSuffix = ".f";

struct WalkLimits {
  std::size_t names = 1'000'000;
  std::size_t entries = 50'000'000;  ///< of folders, all together
  std::size_t depth = 32;            ///< folders below the root
};

/// The names of all index blobs, wherever the sharding puts them: a blob's name is what its path says without slashes
/// and without the final `.f`. Folders that cannot hold such a name are not opened, links to folders not followed, both
/// as kopia does it. Throws std::system_error or std::runtime_error, naming the path. Blocks for as long as the file
/// system does.
Names walk_names(const std::string& root, const Hasher& hasher, const WalkLimits& limits = {});

}  // namespace holdfast::index
