#include "src/generator/store/verified_memory.hpp"

#include <fmt/format.h>

#include <utility>

namespace holdfast::generator {
namespace {

constexpr MemoryConfigMap::Words kWords{"verified", "memory of verified restores", "pvcs"};

std::string uid_of(const VerifiedMark& mark) { return mark.restore.substr(0, mark.restore.find('/')); }

const VerifiedMark* find(const std::optional<VerifiedMarks>& marks, std::string_view uid) {
  if (!marks) return nullptr;
  const auto found = marks->find(uid);
  return found == marks->end() ? nullptr : &found->second;
}

/// Those of `known` that `found` has no line of.
VerifiedMarks missing_in(const VerifiedMarks& found, const VerifiedMarks& known) {
  VerifiedMarks missing;
  for (const auto& [uid, mark] : known) {
    if (!found.contains(uid)) missing.emplace(uid, mark);
  }
  return missing;
}

}  // namespace

VerifiedMemory::VerifiedMemory(const std::string& own_namespace, kube::Client& client, const ops::Logger& log,
                               ops::Metrics& metrics, std::function<void()> changed)
    : changed_(std::move(changed)) {
  if (!own_namespace.empty()) map_.emplace(verified_place(own_namespace), kWords, client, log, metrics);
}

bool VerifiedMemory::learn(const VerifiedMark& mark) {
  if (!map_ || !can_be_remembered(mark)) return false;
  const std::string uid = uid_of(mark);
  const VerifiedMark* stored = find(stored_, uid);
  if (stored != nullptr && *stored == mark) {
    learned_.erase(uid);
    return false;
  }
  learned_[uid] = mark;
  return true;
}

Remembered VerifiedMemory::of(std::string_view uid) const {
  Remembered remembered;
  remembered.known = !map_ || known_.has_value();
  if (looked()) remembered.problem = problem();
  const VerifiedMark* known = find(known_, uid);
  if (known == nullptr) return remembered;
  remembered.verified = *known;
  const VerifiedMark* stored = find(stored_, uid);
  remembered.stored = stored != nullptr && *stored == *known;
  return remembered;
}

void VerifiedMemory::begin(Round round) {
  if (!map_) return;
  tidies_ = tidies_ || round.tidies;
  map_->read([this, round = std::move(round)](const auto& object) { found(round, object); });
}

void VerifiedMemory::found(const Round& round, const std::optional<json::ConfigMap>& object) {
  if (!object) return absent(round);
  auto marks = read_verified(*object);
  if (const auto* fault = std::get_if<json::ObjectFault>(&marks)) {
    return map_->over(fault->problem + "; mend it, or delete it: it is written anew from the marks on destinations");
  }
  const auto& there = std::get<VerifiedMarks>(marks);
  compare(round, there, look_for_the_missing(round, there), object->resource_version);
}

/// This is its beginning, or it was lost.
void VerifiedMemory::absent(const Round& round) {
  if (!round.until) return map_->over("not written yet by the replica that leads", ops::Level::Info);
  if (known_ && !known_->empty()) map_->note_lost();
  compare(round, {}, known_.value_or(VerifiedMarks{}), {});
}

void VerifiedMemory::compare(const Round& round, const VerifiedMarks& found, const VerifiedMarks& missing,
                             const std::string& version) {
  VerifiedMarks wanted = found;
  std::size_t left_out = add_marks(wanted, missing);
  if (!version.empty()) know(wanted, found);
  if (!round.until) return map_->over();
  left_out += add_marks(wanted, learned_);
  const auto alive = tidies_ && round.alive ? round.alive() : std::nullopt;
  if (alive) {
    tidies_ = false;
    const auto is_gone = [&](const auto& line) { return !alive->contains(line.first); };
    std::erase_if(wanted, is_gone);
    std::erase_if(learned_, is_gone);
  }
  map_->note_left_out(left_out, fmt::format("full: that {} restores were verified is not remembered", left_out));
  if (!version.empty() && wanted == found) return map_->over();
  std::string body = write_verified(map_->place(), wanted, version);
  map_->write(*round.until, std::move(body), version, [this, wanted] { know(wanted, wanted); });
}

/// Of PVCs that live.
VerifiedMarks VerifiedMemory::look_for_the_missing(const Round& round, const VerifiedMarks& found) {
  VerifiedMarks missing = missing_in(found, known_.value_or(VerifiedMarks{}));
  const auto alive = missing.empty() || !round.alive ? std::nullopt : round.alive();
  if (alive) {
    const auto is_gone = [&](const auto& line) { return !alive->contains(line.first); };
    std::erase_if(*known_, is_gone);
    std::erase_if(missing, is_gone);
  }
  map_->note_shrunk(alive ? missing.size() : 0);
  return missing;
}

void VerifiedMemory::know(VerifiedMarks known, const VerifiedMarks& stored) {
  std::erase_if(learned_, [&](const auto& line) {
    const auto written = stored.find(line.first);
    return written != stored.end() && written->second == line.second;
  });
  if (known_ == known && stored_ == stored) return;
  known_ = std::move(known);
  stored_ = stored;
  if (changed_) changed_();
}

}  // namespace holdfast::generator
