// The requests that a Client makes, as HTTP: method, target, content type, body. Without credentials and deadline.
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

}  // namespace holdfast::kube
