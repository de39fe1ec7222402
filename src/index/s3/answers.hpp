// What an S3 server answers, understood. Source: the Amazon S3 API reference, ListObjectsV2 and "Error responses".
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/time.hpp"
#include "holdfast/net/client.hpp"
#include "src/index/s3/bucket.hpp"

namespace holdfast::index {

struct ListPage {
  std::vector<std::string> keys;  ///< URL-encoded, as we ask for them
  std::string continuation;       ///< empty: this was the last page
};

/// Throws std::runtime_error with what is wrong.
ListPage read_list_page(std::string_view xml);

/// An answer that is none. Codes are words of the server, cut down to letters and digits.
struct S3Error {
  int status = 0;
  std::string code;    ///< "AccessDenied"; empty: it said none
  std::string region;  ///< where the server says the bucket is; empty: it does not say
  std::string date;    ///< the server's clock, where it told it
};

/// Of a reply whose status is not 200.
S3Error read_error(const net::Reply& reply);

/// Whether it may be different a moment later.
bool is_passing(const S3Error& error);

/// For people, one line: what is wrong and which setting it is about.
std::string explain(const S3Error& error, const S3Address& address, core::Time now);

}  // namespace holdfast::index
