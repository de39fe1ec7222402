// The watches that fill a Store and what is known of Workloads and StorageClasses.
// Belongs to the thread of the loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "holdfast/kube/reflector.hpp"
#include "src/generator/store/storage_classes.hpp"
#include "src/generator/store/store.hpp"
#include "src/generator/store/workloads.hpp"

namespace holdfast::generator {

class Observer {
 public:
  struct Options {
    bool external_secrets = true;  ///< false: they are looked for seldom, to clean up what an earlier setting made
    std::chrono::milliseconds retry{1000};  ///< of a watch that broke; doubled with each that follows
    std::string own_namespace = {};         ///< in it are objects of ours that belong to no PVC
    bool pods = false;                      ///< watch those too, which needs rights of its own
  };
  /// References outlive the observer.
  Observer(net::Loop& loop, kube::Client& client, Store& store, Workloads& workloads, StorageClasses& classes,
           const Options& options, const ops::Logger& log);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  void start();
  /// Every watch has said how it stands.
  bool settled() const;
  /// What is not known now, for people; empty: nothing.
  std::string problem() const;

 private:
  class Watched;
  std::vector<std::unique_ptr<Watched>> watched_;
};

}  // namespace holdfast::generator
