// The requests that a Client makes, as HTTP: method, target, content type, body, without credentials and deadline. And
// what the API server's answers mean.
// Pure; any thread. Source: the Kubernetes API conventions, and k8s.io/apimachinery (ListOptions, PatchOptions,
// DeleteOptions).
#pragma once

#include <string>
#include <string_view>

#include "holdfast/kube/client.hpp"
#include "holdfast/net/client.hpp"

namespace holdfast::kube {

net::Call get_call(const Config& config, const Target& target);
net::Call get_page_call(const Config& config, std::string_view path);
net::Call list_call(const Config& config, const Resource& resource, std::string_view ns,
                    const Client::ListOptions& options);
net::Call watch_call(const Config& config, const Resource& resource, std::string_view ns,
                     const Client::WatchOptions& options);
net::Call apply_call(const Config& config, const Target& target, std::string body, bool force);
net::Call create_call(const Config& config, const Target& target, std::string body);
net::Call replace_call(const Config& config, const Target& target, std::string body);
net::Call merge_patch_call(const Config& config, const Target& target, std::string body);
net::Call json_patch_call(const Config& config, const Target& target, std::string body);
net::Call remove_call(const Config& config, const Target& target, const Preconditions& preconditions);

// What the answers mean to us.

inline constexpr const char* kNoAnswer = "NoAnswer";
/// An answer (code 0) that is over our limit: ask for less.
inline constexpr const char* kTooLarge = "TooLarge";
/// Ours: an answer with a good status that is no JSON.
inline constexpr const char* kNotJson = "NotJson";

/// `text` or as many of its whole UTF-8 characters as fit into `max_bytes`.
std::string cut(std::string_view text, std::size_t max_bytes);

/// An ApiError of ours, for what the API server did not say.
ApiError no_answer(const std::string& message);

/// Of an answer that is not 2xx: its metav1.Status where it is one. Other bodies (of proxies) are not repeated.
ApiError error_of(const net::Reply& reply);

/// The body where the status is 2xx and it is a JSON object by content type and both ends; whether all of it is JSON
/// is seen by who reads it.
Result result_of(net::CallResult answer);

}  // namespace holdfast::kube
