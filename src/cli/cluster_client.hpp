// The API server as commands ask it: one question after the other, each waited for, ten seconds at most.
// One thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "holdfast/core/claim.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/net/server.hpp"

namespace holdfast::cli {

using json::at;
using json::text_at;

/// What the API server said, or why not.
using Answer = std::variant<Json::Value, kube::ApiError>;

/// An object that the API server said. Throws std::runtime_error: what cannot be read is neither missing nor somebody
/// else's.
core::Observed observed_in(const Json::Value& object);

class ClusterClient {
 public:
  /// Throws kube::ConfigError.
  ClusterClient(const kube::Config& config, const ops::Logger& log);

  Answer page(std::string_view path);
  Answer object(const kube::Resource& resource, const std::string& ns, const std::string& name);
  /// In `ns`, or where that is empty in all namespaces.
  Answer list(const kube::Resource& resource, const std::string& ns = {}, const std::string& label_selector = {});
  /// Those that carry our label.
  Answer list_ours(const kube::Resource& resource, const std::string& ns = {});
  /// As a JSON merge patch.
  Answer patch(const kube::Resource& resource, const std::string& ns, const std::string& name,
               const Json::Value& changes);
  /// Whether we may; in `ns`, or where that is empty in all namespaces; the object `name`, or where that is empty all
  /// of them. "<plural>/<subresource>" is understood.
  std::variant<bool, kube::ApiError> may(const std::string& verb, std::string_view group, std::string_view resource,
                                         const std::string& ns, const std::string& name = {});

 private:
  Answer wait(const std::function<void(kube::Deadline, kube::Done)>& ask);

  net::Loop loop_{1};
  kube::Client client_;
};

}  // namespace holdfast::cli
