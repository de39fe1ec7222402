// What says how to read a kopia repository, and which one it is: the blobs kopia.repository and kopia.blobcfg.
// Source of the format: kopia 0.22, repo/format/format_blob.go.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/evidence.hpp"
#include "src/index/kopia/names.hpp"

namespace holdfast::index {

struct RepositoryFormat {
  Hash128 hash;  ///< changes with a format upgrade and with the password, while `id` stays
  core::RepositoryId id;
};

/// From the text of the blobs kopia.repository and kopia.blobcfg; nullopt: there is none. `name` is the first one's,
/// for people. Throws std::runtime_error naming it.
RepositoryFormat make_format(std::string_view repository, const std::optional<std::string>& settings,
                             const Hasher& hasher, std::string_view name);

/// Of a repository in a folder. Throws std::system_error or std::runtime_error, naming the path. Blocks for as long as
/// the file system does.
RepositoryFormat read_format(const std::string& root, const Hasher& hasher);

/// Throws std::runtime_error where a repository, whose format could be read, holds no index blob at all. kopia writes
/// the first one together with the repository (its global policy; seen with 0.22 in formats 1 to 3), so that one
/// without any is not empty: it is being copied, its format files first, or has lost them. kopia itself lists it as
/// empty.
void require_index(std::size_t blobs, std::string_view place);

/// The `uniqueID` of the text of a kopia.repository blob; nullopt: not one.
std::optional<core::RepositoryId> parse_unique_id(std::string_view json);

}  // namespace holdfast::index
