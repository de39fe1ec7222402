#include "tests/property/model_truth.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::model {

void Witness::sees(const Repository& repository, const Subject& subject) {
  const Backup* newest = repository.newest(subject.sources);
  if (newest == nullptr) {
    was_without_ = true;
  } else if (repository.is_hollow(*newest)) {
    was_hollow_ = true;
  } else if (newest->source == subject.sources.front()) {
    newest_.insert(newest->id);
  }
}

void Witness::is_told(const Subject& subject, bool remembered, const std::string& tombstone) {
  told_ = true;
  was_without_ = false;
  was_backing_up_ = subject.backing_up;
  was_vanished_ = remembered && (accepted_.empty() || accepted_ != tombstone);
}

std::string Witness::fault_of_fresh() const {
  if (!told_) return "it starts empty and the cluster was not asked";
  if (!was_without_) return "it starts empty and a complete backup has been there all the time";
  if (was_backing_up_) return "it starts empty while it is being backed up";
  if (was_vanished_) return "it starts empty although backups of it were seen before";
  return {};
}

std::string Witness::fault_of_restore(const std::string& snapshot) const {
  if (newest_.contains(snapshot)) return {};
  return "it is to be restored from " + snapshot +
         ", which at no moment was its newest complete backup, or held no file while others did";
}

std::string Witness::fault_of_shrinking() const {
  return was_hollow_ ? "" : "it was said to have shrunk and never had";
}

void Constancy::sees(const Repository& repository, const std::vector<Subject>& subjects) {
  std::set<std::pair<std::string, std::string>> now;
  for (const Subject& subject : subjects) {
    for (const core::Identity& source : subject.sources) {
      for (const std::string& id : repository.complete(source)) now.emplace(core::to_string(source), id);
    }
  }
  if (!always_) {
    always_ = std::move(now);
    return;
  }
  std::erase_if(*always_, [&](const auto& backup) { return !now.contains(backup); });
}

std::set<std::string> Constancy::sources() const {
  std::set<std::string> sources;
  if (always_)
    std::transform(always_->begin(), always_->end(), std::inserter(sources, sources.end()),
                   [](const auto& backup) { return backup.first; });
  return sources;
}

}  // namespace holdfast::model
