// Which index blobs a run of kopia has read, told by what it leaves in its cache: the listing is of the repository that
// these make, whatever stood at the path before and after it.
// Source: kopia 0.22, repo/content/committed_content_index_disk_cache.go and internal/listcache/listcache.go.
#pragma once

#include <filesystem>

#include "src/index/kopia/names.hpp"

namespace holdfast::index {

/// To be called before the run, or it would leave the traces of earlier ones. It also takes away the lists that kopia
/// would believe by the wall clock: after a step back it would list what was there before. Throws.
void forget_traces(const std::filesystem::path& cache);

/// The index blobs of an epoch repository that kopia opened. Of the old format, where kopia keeps to itself which ones
/// a compaction has replaced, those that it found and chose from. Throws std::runtime_error.
Names read_traces(const std::filesystem::path& cache, const Hasher& hasher);

}  // namespace holdfast::index
