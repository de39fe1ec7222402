// Requests to the Kubernetes API server. What goes in and comes out is JSON text; json/objects.hpp reads it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/kube/config.hpp"
#include "holdfast/kube/resource.hpp"
#include "holdfast/net/server.hpp"
#include "holdfast/ops/log.hpp"

namespace holdfast::kube {

/// No object has this resource version: an apply that carries it in its metadata makes a new object or fails with 409,
/// and never takes hold of one that somebody has made in the meantime. Seen on kube-apiserver 1.34.
inline constexpr std::string_view kVersionOfNone = "1";

/// What the API server said instead of yes, or that it said nothing.
struct ApiError {
  int code = 0;         ///< HTTP; 0: no answer
  std::string reason;   ///< "Conflict", "Forbidden", "NoAnswer", …
  std::string message;  ///< for people, at most 1 KiB; never a secret
  std::optional<std::chrono::seconds> retry_after;

  std::string text() const { return reason + ": " + message; }
  bool not_found() const { return code == 404; }
  bool conflict() const { return code == 409; }
  bool gone() const { return code == 410; }
  bool forbidden() const { return code == 401 || code == 403; }
  /// Trying again later may help.
  /// (500 is not among them: kube-apiserver answers it to an apply with a field that the kind does not have.)
  bool passing() const { return code == 0 || code == 429 || code > 500; }
};

/// The object or list as the API server sent it, or why not.
using Result = std::variant<std::string, ApiError>;
using Done = std::function<void(Result)>;
using Deadline = std::chrono::steady_clock::time_point;

/// The object that a write or delete is about.
struct Target {
  Resource resource;
  std::string ns;
  std::string name;
  std::string subresource = {};
};

struct Preconditions {
  std::string uid;               ///< empty: any
  std::string resource_version;  ///< empty: any
};

/// How often we asked, for measurements.
struct RequestCounts {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
};

/// Any thread. Callbacks run on the loop's threads, exactly once each, and must not block. 429 and 503 with Retry-After
/// are repeated by the client itself within the deadline (at most three times); everything else is the caller's matter.
class Client {
 public:
  struct Options {
    std::size_t connections = 8;
    std::string user_agent = "holdfast";
  };

  /// Makes no connection yet. Throws ConfigError where a file of the configuration cannot be read now.
  /// `loop` and `log` outlive the client.
  Client(net::Loop& loop, Config config, const Options& options, const ops::Logger& log);
  ~Client();  ///< stops
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Tells who still waits, and from now on whoever asks, that there is no answer. When it returns no other callback is
  /// under way. Not from a callback.
  void stop();

  void get(const Target& target, Deadline deadline, Done done);

  /// A page of the API server that is no object, as "/version" or "/apis/volsync.backube/v1alpha1".
  void get_page(std::string_view path, Deadline deadline, Done done);

  /// One page. `limit` 0: all. `continue_token` from the page before.
  struct ListOptions {
    std::string label_selector = {};
    std::string field_selector = {};
    std::size_t limit = 250;
    std::string continue_token = {};
    std::string resource_version = {};  ///< "0": from the API server's cache
    bool metadata_only = false;         ///< of each object no more than what every object has
  };
  void list(const Resource& resource, std::string_view ns, const ListOptions& options, Deadline deadline, Done done);

  /// Server-side apply as field manager `holdfast`, with fieldValidation=Strict. `force`: take the fields that others
  /// own; without it such a conflict is a 409 that names them.
  void apply(const Target& target, std::string body, bool force, Deadline deadline, Done done);
  void create(const Target& target, std::string body, Deadline deadline, Done done);
  void replace(const Target& target, std::string body, Deadline deadline, Done done);
  /// JSON merge patch; put metadata.resourceVersion into it to fail with 409 where the object has changed.
  void merge_patch(const Target& target, std::string body, Deadline deadline, Done done);
  /// JSON patch (RFC 6902): a replace of /metadata/resourceVersion makes it fail with 409 where the object has changed.
  void json_patch(const Target& target, std::string body, Deadline deadline, Done done);
  /// Background propagation. 404 counts as done.
  void remove(const Target& target, const Preconditions& preconditions, Deadline deadline, Done done);

  /// A watch as it comes: `begun` (may be empty) when the API server has accepted it, `line` for each line (at most
  /// 8 MiB), `end` exactly once: an ApiError of the answer, or with code 0 what broke it off (empty message: the server
  /// ended it).
  struct WatchCallbacks {
    std::function<void(std::string_view line)> line;
    std::function<void(ApiError)> end;
    std::function<void()> begun = {};
  };
  class Watch {
   public:
    virtual ~Watch() = default;  ///< ends it: no callback begins afterwards
  };
  struct WatchOptions {
    std::string label_selector = {};
    std::string resource_version = {};
    std::chrono::seconds timeout{290};  ///< after which the server ends it
  };
  std::unique_ptr<Watch> watch(const Resource& resource, std::string_view ns, const WatchOptions& options,
                               WatchCallbacks callbacks);

  RequestCounts counts() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace holdfast::kube
