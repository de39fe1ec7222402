// What the API server's HTTP answers mean to us.
// Pure; any thread.
#pragma once

#include "holdfast/kube/client.hpp"
#include "holdfast/net/client.hpp"

namespace holdfast::kube {

inline constexpr const char* kNoAnswer = "NoAnswer";
/// An answer (code 0) that is over our limit: ask for less.
inline constexpr const char* kTooLarge = "TooLarge";
/// Ours: an answer with a good status that is no JSON.
inline constexpr const char* kNotJson = "NotJson";

/// An ApiError of ours, for what the API server did not say.
ApiError no_answer(const std::string& message);

/// Of an answer that is not 2xx: its metav1.Status where it is one. Other bodies (of proxies) are not repeated.
ApiError error_of(const net::Reply& reply);

/// The body where the status is 2xx and it is a JSON object by content type and both ends; whether all of it is JSON
/// is seen by who reads it.
Result result_of(net::CallResult answer);

}  // namespace holdfast::kube
