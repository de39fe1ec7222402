// Everything that is remembered apart from the objects that it is about: seen backups, of this repository and of
// earlier ones, and verified restores. Every replica reads it, the leader writes it. Belongs to the thread of the
// client's loop.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "holdfast/generator/generator.hpp"
#include "src/generator/store/seen_memory.hpp"
#include "src/generator/store/store.hpp"
#include "src/generator/store/verified_memory.hpp"

namespace holdfast::generator {

class Memory {
 public:
  /// `look_at`: a PVC that waits for more to be remembered. References outlive it.
  Memory(const Generator::Setup& setup, kube::Client& client, const Store& store, const ops::Logger& log,
         ops::Metrics& metrics, std::function<void(const core::PvcName&)> look_at);

  /// We have come to lead, or lead no more.
  void lead(bool leads);
  /// A round of everything. `until`: we lead until then; nullopt: nothing is written. `last`: the newest evidence.
  void remember(std::optional<kube::Deadline> until, const core::Evidence* last);
  /// One of verified restores alone. `tidies`: PVCs that are gone are forgotten.
  void remember_verified(std::optional<kube::Deadline> until, bool tidies);
  bool busy_with_verified() const { return verified_.busy(); }

  /// What destinations say of a PVC that lives. Returns whether a round has something to write.
  bool learn(const View& view);
  void add_to(View& view) const;
  /// It is looked at when more is known, or written.
  void wait(const core::PvcName& pvc) { waiting_.insert(pvc); }

  bool keeps_seen() const { return seen_.has_place(); }
  const Seen* seen() const { return seen_.seen(); }
  /// Each part was looked at, or has no place.
  bool looked() const { return seen_.looked() && others_.looked() && verified_.looked(); }
  std::string problem() const;  ///< for people; empty: nothing

 private:
  void changed();
  void seen_changed(const Seen& seen);
  std::vector<core::WantsRestore> accepting() const;

  const Generator::Setup& setup_;
  const Store& store_;
  ops::Metrics& metrics_;
  const std::function<void(const core::PvcName&)> look_at_;
  KnownSeen known_;
  SeenMemory seen_;
  SeenMemories others_;
  VerifiedMemory verified_;
  std::set<core::PvcName> waiting_;
  std::chrono::steady_clock::time_point leads_since_{};
};

}  // namespace holdfast::generator
