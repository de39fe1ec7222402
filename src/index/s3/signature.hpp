// AWS Signature Version 4 in the Authorization header, for requests without a body.
// Source: the "Signature Version 4" chapters of the AWS General Reference and of the Amazon S3 API reference.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "holdfast/core/time.hpp"
#include "holdfast/index/backends.hpp"

namespace holdfast::index {

/// What a signature is good for, beside the request.
struct SigningScope {
  std::string region;
  std::string service = "s3";
};

using Fields = std::vector<std::pair<std::string, std::string>>;

/// A request in its canonical form, the only one in which it is ever sent.
struct S3Request {
  std::string method = "GET";
  std::string path = "/";  ///< as it is, not encoded
  Fields query{};          ///< as it is; in any order
  Fields headers{};        ///< names in lower case, and `host` among them: all of them are signed
};

/// "/path?a=1&b=2" as it was signed: encoded, and the query in order.
std::string canonical_target(const S3Request& request);

/// Adds x-amz-date, the session token where there is one, and at last Authorization to the headers.
void sign(S3Request& request, const S3Credentials& credentials, const SigningScope& scope, core::Time now);

/// What S3 wants to be signed besides: the hash of the body that is not there.
std::pair<std::string, std::string> empty_body_hash();

}  // namespace holdfast::index
