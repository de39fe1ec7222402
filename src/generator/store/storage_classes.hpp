// What the watches of StorageClasses and VolumeSnapshotClasses have told.
// One thread.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "holdfast/core/storage.hpp"
#include "holdfast/kube/reflector.hpp"
#include "holdfast/volsync/storage.hpp"

namespace holdfast::generator {
using namespace volsync;

class StorageClasses {
 public:
  enum class Kind { Storage, Snapshots };
  /// `changed`: what is known of the classes has changed, which may concern every PVC.
  explicit StorageClasses(std::function<void()> changed) : changed_(std::move(changed)) {}

  // The three verbs, for both kinds; as those of the Store.
  void apply(Kind kind, const core::DriverClass& one);
  void remove(Kind kind, const std::string& name);
  void begin_reset(Kind kind);
  void end_reset(Kind kind);
  void set_state(Kind kind, const kube::WatchState& state);

  const StorageDrivers& known() const { return known_; }

 private:
  Classes& classes(Kind kind) { return kind == Kind::Storage ? known_.storage : known_.snapshots; }
  std::set<std::string>& unseen(Kind kind) { return unseen_[kind == Kind::Storage ? 0 : 1]; }

  const std::function<void()> changed_;
  StorageDrivers known_;
  std::set<std::string> unseen_[2];  ///< of a reset under way: what was not applied again
};

}  // namespace holdfast::generator
