// The objects behind a fake API server, kept as kube-apiserver keeps them: resource versions, uids, preconditions,
// server-side apply of one manager, watches. A test plays everybody else in the cluster, and makes calls fail.
// Any thread.
#pragma once

#include <json/value.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/kube/resource.hpp"
#include "tests/fakes/fake_api_server.hpp"

namespace holdfast::fakes {

/// What goes wrong with a call.
struct Fault {
  enum class Kind {
    None,
    Refused,  ///< `answer` is what it gets, and nothing is done
    Lost,     ///< the connection breaks before it is done
    Unheard,  ///< it is done, and the connection breaks before the answer
    Silent    ///< no answer at all, and nothing is done
  };
  Kind kind = Kind::None;
  ApiAnswer answer{};
  std::chrono::milliseconds delay{};  ///< of the answer
};

class FakeCluster {
 public:
  /// The objects live in namespaces: "holdfast" and those that the test creates.
  FakeCluster();
  FakeCluster(const FakeCluster&) = delete;
  FakeCluster& operator=(const FakeCluster&) = delete;

  /// The script of a FakeApiServer.
  ApiAnswer operator()(const ApiRequest& request);

  /// Asked for every call, on the server's threads, one at a time.
  void set_faults(std::function<Fault(const ApiRequest&)> faults);
  /// The API server does not know this resource, as without its definition: 404.
  void hide(const kube::Resource& resource);

  // Everybody else.
  /// Creates it, or replaces what is there; uid, version and creation time are filled in. Returns it as stored.
  Json::Value put(const kube::Resource& resource, Json::Value object);
  /// Where it is there.
  void edit(const kube::Resource& resource, const std::string& ns, const std::string& name,
            const std::function<void(Json::Value&)>& change);
  void erase(const kube::Resource& resource, const std::string& ns, const std::string& name);
  void create_namespace(const std::string& name);
  /// With everything in it.
  void erase_namespace(const std::string& name);
  /// Null where it is not there.
  Json::Value find(const kube::Resource& resource, const std::string& ns, const std::string& name) const;
  std::vector<Json::Value> all(const kube::Resource& resource) const;

  // The watches under way.
  void end_watches();
  void cut_watches();
  void cut_watches_of(const kube::Resource& resource);
  /// Versions that a watch could go on from are gone: 410.
  void expire_watches();

  /// A call that was meant to change something, as it came in.
  struct Write {
    std::string method;
    std::string path;
    std::string body;
    int status = 0;  ///< that it got, or would have got
    bool changed = false;
  };
  /// Without those of Leases, Events and ConfigMaps.
  std::vector<Write> writes() const;

 private:
  struct Key {
    std::string resource;  ///< "/apis/volsync.backube/v1alpha1/replicationsources"
    std::string ns;
    std::string name;
    bool operator<(const Key& other) const;
  };
  struct Address {
    Key key;
    std::string subresource;
  };
  struct Change {
    std::uint64_t version = 0;
    Key key;
    std::string line;
  };
  struct Watcher {
    std::string resource;
    std::shared_ptr<ApiStream> stream;
  };
  struct Stored {
    Json::Value object;
    Json::Value applied;  ///< what the manager applied last
  };

  static Address address(const std::string& path);
  static Key key(const kube::Resource& resource, const std::string& ns, const std::string& name);

  ApiAnswer perform(const ApiRequest& request);
  ApiAnswer read(const ApiRequest& request, const Key& key);
  ApiAnswer list(const Key& key) const;
  ApiAnswer watch(const ApiRequest& request, const Key& key);
  ApiAnswer write(const ApiRequest& request, const Address& address, Json::Value body);
  ApiAnswer create(Key key, Json::Value body);
  ApiAnswer apply(const Key& key, const Json::Value& body);
  ApiAnswer change(const Key& key, const std::string& subresource, const std::string& type, const Json::Value& body);
  ApiAnswer remove(const Key& key, const Json::Value& options);
  std::optional<ApiAnswer> refused(const Key& key, const Json::Value& conditions) const;

  /// Gives it a version and tells the watches; false: it is as it was.
  bool store(const Key& key, Json::Value object);
  void drop(const Key& key);
  void tell(const char* type, const Key& key, const Json::Value& object);
  std::string next_version() { return std::to_string(++version_); }

  mutable std::mutex mutex_;
  std::map<Key, Stored> objects_;
  std::vector<std::string> hidden_;
  std::vector<Change> changes_;
  std::vector<Watcher> watchers_;
  std::vector<Write> writes_;
  std::function<Fault(const ApiRequest&)> faults_;
  std::uint64_t version_ = 1000;
  std::uint64_t oldest_ = 0;  ///< watches can go on from here
  int uids_ = 0;
};

}  // namespace holdfast::fakes
