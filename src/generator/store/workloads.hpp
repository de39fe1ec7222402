// What the watches of Jobs and Pods have told: how VolSync's movers fare, and whom the pods that use PVCs run as. Keeps
// of each the few fields that a plan asks about.
// One thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/core/workload.hpp"
#include "src/generator/store/store.hpp"

namespace holdfast::generator {

class Workloads {
 public:
  /// Told of each object whose mover fares otherwise now.
  using MoverChanged = std::function<void(Family family, const std::string& ns, const std::string& name)>;
  /// Told of each PVC that is used otherwise now.
  using UsersChanged = std::function<void(const core::PvcName& pvc)>;
  Workloads(MoverChanged mover_changed, UsersChanged users_changed);

  // The three verbs, for both kinds of thing; as those of the Store.
  /// `now` is when the watch told it.
  void apply_job(const core::Job& job, core::Time now);
  void remove_job(const std::string& ns, const std::string& name);
  void begin_jobs_reset();
  void end_jobs_reset();
  void apply_pod(const core::Pod& pod);
  void remove_pod(const std::string& ns, const std::string& name);
  void begin_pods_reset();
  void end_pods_reset();
  /// Before they were listed, and while they may not be, nothing is known of them. That there is no Job says something
  /// only while the watch of them is current.
  void set_jobs_state(const kube::WatchState& state);
  void set_pods_state(const kube::WatchState& state);

  /// Puts in what concerns the view's PVC and the objects that it shows. A Job counts that VolSync has made for this
  /// very object: by its label, its name, and an ownerReference with the object's uid.
  void add_to(View& view) const;

 private:
  using Name = std::pair<std::string, std::string>;  ///< namespace, name
  struct Job {
    Family family;
    std::string owner, owner_uid, uid;
    bool was_ready = false;
    Mover mover;
  };
  struct MoverPod {
    std::string job_uid;
    std::optional<core::Time> created;
    std::string failure, waiting;
    bool over = false, stuck = false;
  };
  using Uses = std::vector<core::Pod::Use>;

  void put_mover_pod(const core::Pod& pod, const std::string& job, const std::string& job_uid);
  void put_uses(const Name& place, Uses uses);
  void tell_mover(const Name& job) const;
  std::optional<Mover> mover_of(const core::Observed& object, Part part) const;
  Mover with_pods(const Name& place, const Job& job) const;
  Users users_of(const core::PvcName& pvc) const;

  const MoverChanged mover_changed_;
  const UsersChanged users_changed_;
  std::map<Name, Job> jobs_;
  std::set<Name> jobs_unseen_;
  std::map<Name, std::map<std::string, MoverPod>> mover_pods_;  ///< by Job, then by the pod's name
  std::map<Name, std::string> job_of_;                          ///< of a mover's pod
  std::map<Name, Uses> uses_;                                   ///< by pod
  std::map<core::PvcName, std::set<std::string>> users_;        ///< names of the pods that use a PVC
  std::set<Name> pods_unseen_;
  bool jobs_known_ = false;
  bool pods_known_ = false;
};

}  // namespace holdfast::generator
