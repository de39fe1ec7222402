#include "tests/property/model_repository.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::model {

core::RepositoryId Repository::id() const { return *core::RepositoryId::parse(std::string(64, digit_)); }

std::string Repository::format_text() const {
  return fmt::format(R"({{"tool":"kopia","uniqueID":"{}","version":"{}","encryptedBlockFormat":"key {}"}})",
                     std::string(64, digit_), format_, password_);
}

void Repository::new_name() {
  const std::uint64_t number = ++*numbers_;
  // Spread over the shards that a walk reads one after the other.
  const std::uint64_t mixed = number * 0x9e3779b97f4a7c15;
  names_.insert(format_ == 1 ? fmt::format("n{:016x}{:016x}", mixed, number)
                             : fmt::format("xn0_{:016x}{:016x}-s1-c1", mixed, number));
}

void Repository::add(core::Identity source, core::Time start, core::Time end, Backup::Flaw flaw, int files) {
  const std::uint64_t number = ++*numbers_;
  // No two backups begin in the same nanosecond.
  const std::chrono::nanoseconds apart(number % 1'000'000);
  backups_.push_back({fmt::format("{:031x}{}", number, digit_), source, start + apart, end + apart, flaw, files});
  if (complete(source).size() > kKept) expire_oldest(source);
  new_name();
}

bool Repository::expire_oldest(const core::Identity& source) {
  const auto oldest = std::find_if(backups_.begin(), backups_.end(),
                                   [&](const Backup& one) { return one.complete() && one.source == source; });
  if (oldest == backups_.end()) return false;
  backups_.erase(oldest);
  new_name();
  return true;
}

bool Repository::remove_all(const core::Identity& source) {
  const auto gone = std::erase_if(backups_, [&](const Backup& one) { return one.source == source; });
  if (gone > 0) new_name();
  return gone > 0;
}

void Repository::compact(Steady now) {
  for (const std::string& name : names_) superseded_.try_emplace(name, now);
  new_name();
}

bool Repository::clean_up(Steady now) {
  const auto removed = std::erase_if(superseded_, [&](const auto& old) {
    const bool may_go = now - old.second >= kSafety;
    if (may_go) names_.erase(old.first);
    return may_go;
  });
  return removed > 0;
}

void Repository::upgrade_format(Steady now) {
  ++format_;
  compact(now);
}

const Backup* Repository::newest(const std::vector<core::Identity>& sources) const {
  for (const core::Identity& source : sources) {
    const Backup* best = nullptr;
    for (const Backup& one : backups_) {
      if (one.complete() && one.source == source && (best == nullptr || one.start > best->start)) best = &one;
    }
    if (best != nullptr) return best;
  }
  return nullptr;
}

bool Repository::is_hollow(const Backup& backup) const {
  return backup.files == 0 && std::any_of(backups_.begin(), backups_.end(), [&](const Backup& one) {
           return one.complete() && one.source == backup.source && one.files > 0;
         });
}

std::set<std::string> Repository::complete(const core::Identity& source) const {
  std::set<std::string> ids;
  for (const Backup& one : backups_) {
    if (one.complete() && one.source == source) ids.insert(one.id);
  }
  return ids;
}

std::string listing_entry(const Backup& backup) {
  using Flaw = Backup::Flaw;
  std::string text = fmt::format(
      R"({{"id":"{}","source":{{"host":"{}","userName":"{}","path":"{}"}},"description":"","startTime":"{}")",
      backup.id, backup.source.host, backup.source.user, backup.source.path, core::format_nanoseconds(backup.start));
  if (backup.flaw != Flaw::NoEnd) text += fmt::format(R"(,"endTime":"{}")", core::format_nanoseconds(backup.end));
  if (backup.flaw == Flaw::Checkpoint) text += R"(,"incomplete":"checkpoint")";
  if (backup.flaw != Flaw::NoRootEntry) {
    text += fmt::format(
        R"(,"rootEntry":{{"name":"data","type":"d","uid":1000,"summ":{{"size":10,"files":{},"numFailed":0}}}})",
        backup.files);
  }
  return text + "}";
}

}  // namespace holdfast::model
