// What happens around holdfast.
#include "tests/property/model_world.hpp"

#include <algorithm>

namespace holdfast::model {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kMostCopies = 4;

std::vector<Subject> household() {
  const auto subject = [](core::PvcName name, std::initializer_list<const char*> sources) {
    Subject made;
    made.name = std::move(name);
    made.exists = made.existed = true;
    for (const char* source : sources) made.sources.push_back(*core::parse_identity(source));
    return made;
  };
  return {subject({"media", "photos"}, {"photos-backup@media:/data"}),
          // The second one is what VolSync's fork makes of the first, and could be another PVC's.
          subject({"media", "my.app"}, {"my.app-backup@media:/data", "myapp-backup@media:/data"}),
          subject({"tools", "photos"}, {"photos-backup@tools:/data"}),
          subject({"media", "db"}, {"db-backup@media:/data"})};
}

index::ProofMachine::Options brain_options(bool pinned, const Repository& right) {
  index::ProofMachine::Options options;
  options.place = "/repository";
  if (pinned) options.pinned = right.id();
  return options;
}

core::Policy policy(bool pinned, const Repository& right) {
  core::Policy policy;
  if (pinned) policy.pin = right.id();
  return policy;
}

}  // namespace

World::World(bool pinned, Counts& counts)
    : pinned_(pinned),
      counts_(counts),
      subjects_(household()),
      right_(std::make_shared<Repository>('a', numbers_)),
      other_(std::make_shared<Repository>('b', numbers_)),
      mount_(right_),
      last_mount_(right_),
      machine_(brain_options(pinned, *right_)),
      destination_({policy(pinned, *right_)}, *this, this, log_, metrics_) {}

bool World::backup_begins(std::size_t who) {
  Subject& pvc = subject(who);
  if (!pvc.exists || pvc.backing_up) return false;
  pvc.backing_up = true;
  pvc.backup_began = now().system;
  return true;
}

bool World::upload_is_cut_off(std::size_t who, std::size_t how) {
  Subject& pvc = subject(who);
  if (!pvc.backing_up || !mount_) return false;
  constexpr Backup::Flaw kFlaws[] = {Backup::Flaw::Checkpoint, Backup::Flaw::NoRootEntry, Backup::Flaw::NoEnd};
  mount_->add(pvc.sources.front(), pvc.backup_began, now().system, kFlaws[how % std::size(kFlaws)], 2);
  return true;
}

bool World::backup_completes(std::size_t who, std::size_t where, std::size_t how) {
  Subject& pvc = subject(who);
  if (!pvc.backing_up || !mount_) return false;
  const int files = how % 6 == 0 ? 0 : 2;
  if (files == 0) ++counts_["a backup without a file completes"];
  mount_->add(pvc.sources[where % pvc.sources.size()], pvc.backup_began, now().system, Backup::Flaw::None, files);
  if (!right_one_is_there()) return true;
  pvc.had_backup = true;
  copies_.push_back(*mount_);
  if (copies_.size() > kMostCopies) copies_.erase(copies_.begin());
  return true;
}

bool World::sync_ends(std::size_t who) {
  Subject& pvc = subject(who);
  if (!pvc.backing_up) return false;
  pvc.backing_up = false;
  pvc.last_backed_up = std::chrono::floor<std::chrono::seconds>(now().system);
  return true;
}

bool World::oldest_expires(std::size_t who) { return mount_ && mount_->expire_oldest(subject(who).sources.front()); }

bool World::backups_are_deleted(std::size_t who) {
  if (!mount_) return false;
  bool any = false;
  for (const core::Identity& source : subject(who).sources) any = mount_->remove_all(source) || any;
  return any;
}

bool World::indexes_are_compacted() {
  if (mount_) mount_->compact(now().steady);
  return mount_ != nullptr;
}

bool World::old_indexes_are_removed() { return mount_ && mount_->clean_up(now().steady); }

bool World::format_is_upgraded() {
  if (mount_) mount_->upgrade_format(now().steady);
  return mount_ != nullptr;
}

bool World::password_changes() {
  if (mount_) mount_->change_password();
  return mount_ != nullptr;
}

bool World::holdfast_gets_the_password() {
  if (!mount_ || mount_->password() == password_) return false;
  password_ = mount_->password();
  return true;
}

bool World::repository_vanishes() { return std::exchange(mount_, nullptr) != nullptr; }

bool World::repository_returns() {
  if (mount_) return false;
  mount_ = last_mount_;
  return true;
}

/// Not twice while one look is under way: a reader that finds the same repository at its beginning and its end has no
/// means to tell that another one was there in between.
bool World::may_be_swapped() const {
  const auto began_since = [this](const auto& look) { return look.swaps == swaps_; };
  return std::all_of(walks_.begin(), walks_.end(), began_since) &&
         std::all_of(readings_.begin(), readings_.end(), began_since);
}

bool World::swap(const std::shared_ptr<Repository>& repository) {
  if (last_mount_ == repository || !may_be_swapped()) return false;
  ++swaps_;
  mount_ = last_mount_ = repository;
  return true;
}

bool World::other_repository_comes() { return swap(other_); }

bool World::right_repository_comes() { return swap(right_); }

/// An older copy takes the place of the right one, for good.
bool World::repository_is_rolled_back(std::size_t how_far) {
  if (copies_.empty()) return false;
  const std::size_t at = how_far % copies_.size();
  auto older = std::make_shared<Repository>(copies_[at]);
  copies_.resize(at, copies_[at]);
  if (mount_ == right_) mount_ = older;
  if (last_mount_ == right_) last_mount_ = older;
  right_ = std::move(older);
  return true;
}

bool World::pvc_is_deleted(std::size_t who) { return std::exchange(subject(who).exists, false); }

bool World::time_passes(std::chrono::milliseconds time) {
  elapsed_ += time;
  return true;
}

bool World::clock_steps(std::chrono::seconds by) {
  clock_is_off_ += by;
  return true;
}

}  // namespace holdfast::model
