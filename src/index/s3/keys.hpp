// The keys of a bucket, read at the time of use: a rotated Secret needs no restart, and a missing one is told.
#pragma once

#include "holdfast/index/kopia_s3.hpp"
#include "src/index/s3/signature.hpp"

namespace holdfast::index {

/// The authorities to trust; empty: the system's own. Throws as the next.
std::string read_s3_ca(const std::string& file);

/// Any thread. Throws std::runtime_error naming the setting and the file, and never with what is in it.
S3Credentials read_s3_keys(const S3Options& options);

}  // namespace holdfast::index
