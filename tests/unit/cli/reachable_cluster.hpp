// A cluster that commands reach with --kubeconfig, and everybody else in it.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fake_cluster.hpp"
#include "tests/unit/cli/program.hpp"
#include "tests/unit/json/jsoncpp.hpp"

namespace holdfast::test {

/// A kubeconfig that leads to this server, or without a port to one that nobody has: nobody listens at port 1.
inline std::string kubeconfig_text(int port = 1) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
         "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:" +
         std::to_string(port) +
         "'}}]\n"
         "users: [{name: u, user: {}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n";
}

class ReachableCluster {
  std::mutex mutex_;  // the two before the server that uses them
  std::function<void(const fakes::ApiRequest&)> others_;

 public:
  ReachableCluster() { objects.create_namespace("media"); }

  /// `holdfast <words> --kubeconfig …`.
  Ending run(std::vector<std::string> words) const {
    words.insert(words.end(), {"--kubeconfig", kubeconfig_.path()});
    return run_program(std::move(words));
  }

  /// What others do right before a call gets its answer, on the server's threads; between two runs too.
  void set_afterwards(std::function<void(const fakes::ApiRequest&)> others) {
    const std::lock_guard lock(mutex_);
    others_ = std::move(others);
  }

  fakes::FakeCluster objects;
  fakes::FakeApiServer server{[this](const fakes::ApiRequest& request) {
    fakes::ApiAnswer answer = objects(request);
    const std::lock_guard lock(mutex_);
    if (others_) others_(request);
    return answer;
  }};

 private:
  const TempFile kubeconfig_{kubeconfig_text(server.config().port)};
};

}  // namespace holdfast::test
