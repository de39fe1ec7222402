#include "holdfast/volsync/storage.hpp"

#include <fmt/format.h>

#include <string_view>

namespace holdfast::volsync {
namespace {

/// Before CSI; kubelet and controllers hand such volumes on to a CSI driver, whose name is another one.
constexpr std::string_view kInTree = "kubernetes.io/";
constexpr std::string_view kByHand = "kubernetes.io/no-provisioner";

/// nullptr: not known.
const std::string* driver_of(const Classes& classes, const std::string& name) {
  const auto found = classes.drivers.find(name);
  return found == classes.drivers.end() ? nullptr : &found->second;
}

std::string own_class(const core::Claim& claim) { return claim.pvc.storage_class.value_or(""); }

/// Why volumes of the class `named` cannot be made from snapshots of the PVC; empty: they can.
std::string storage_problem(const core::Claim& claim, const std::string& named, const Classes& classes) {
  const std::string own = own_class(claim);
  if (named == own) return {};
  const auto unfit = [&](const std::string& why) { return fmt::format("StorageClass {} ({})", named, why); };
  if (!classes.listed) {
    return unfit(
        "holdfast may not list StorageClasses, so that its provisioner is not known; grant get, list and watch "
        "on storageclasses.storage.k8s.io");
  }
  const std::string* theirs = driver_of(classes, named);
  if (theirs == nullptr) return unfit("there is no such class");
  if (own.empty()) return unfit("the PVC names no class of its own, whose provisioner would have to be the same");
  const std::string* ours = driver_of(classes, own);
  if (ours == nullptr) return unfit(fmt::format("the PVC's own class {} is not there to compare with", own));
  if (*theirs == *ours) return {};
  return unfit(fmt::format("its provisioner is {}, that of the PVC's own class {} is {}", *theirs, own, *ours));
}

/// Likewise of its snapshots.
std::string snapshot_problem(const core::Claim& claim, const std::string& named, const StorageDrivers& drivers) {
  const std::string* theirs = driver_of(drivers.snapshots, named);
  const std::string* ours = driver_of(drivers.storage, own_class(claim));
  if (theirs == nullptr || ours == nullptr || ours->starts_with(kInTree) || *theirs == *ours) return {};
  return fmt::format("VolumeSnapshotClass {} (its driver is {}, the provisioner of the PVC's class {} is {})", named,
                     *theirs, own_class(claim), *ours);
}

/// Takes `named` unless there is a problem with it, which is added to those so far.
void take(std::string& to, const std::string& named, const std::string& problem, std::string& problems) {
  if (problem.empty())
    to = named;
  else
    problems += (problems.empty() ? "" : "; ") + problem;
}

void take_snapshot_class(TemporaryClasses& to, const core::Claim& claim, const BackupLayer& settings,
                         const StorageDrivers* drivers) {
  const std::string named = settings.snapshot_class.value_or("");
  if (named.empty()) return;
  take(to.snapshot, named, drivers == nullptr ? "" : snapshot_problem(claim, named, *drivers), to.problem);
}

}  // namespace

TemporaryClasses backup_classes(const core::Claim& claim, const BackupLayer& settings, const StorageDrivers* drivers) {
  TemporaryClasses classes{own_class(claim), {}, {}};
  const std::string named = settings.storage_class.value_or("");
  if (!named.empty()) {
    const std::string problem = drivers == nullptr ? "" : storage_problem(claim, named, drivers->storage);
    take(classes.storage, named, problem, classes.problem);
  }
  take_snapshot_class(classes, claim, settings, drivers);
  return classes;
}

TemporaryClasses restore_classes(const core::Claim& claim, const BackupLayer& settings, const StorageDrivers* drivers) {
  TemporaryClasses classes{own_class(claim), {}, {}};
  take_snapshot_class(classes, claim, settings, drivers);
  return classes;
}

bool can_judge(const core::Claim& claim, const BackupLayer& settings, const StorageDrivers& drivers) {
  const std::string storage = settings.storage_class.value_or("");
  const bool by_driver = !storage.empty() && storage != own_class(claim);
  const bool by_both = !settings.snapshot_class.value_or("").empty();
  return ((!by_driver && !by_both) || drivers.storage.asked) && (!by_both || drivers.snapshots.asked);
}

bool may_be_provisioned(const core::Claim& claim, const StorageDrivers* drivers) {
  const std::string own = own_class(claim);
  if (own.empty()) return false;
  if (drivers == nullptr || !drivers->storage.listed) return true;
  const std::string* driver = driver_of(drivers->storage, own);
  return driver != nullptr && *driver != kByHand;
}

}  // namespace holdfast::volsync
