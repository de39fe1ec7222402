// Holdfast in the world of the model: carries out what the machine says, asks the destination, judges its answers.
#include <fmt/format.h>
#include <json/reader.h>
#include <json/value.h>

#include <algorithm>
#include <memory>

#include "tests/property/model_world.hpp"

namespace holdfast::model {

using namespace std::chrono_literals;

namespace {

/// As many as holdfast lets hang.
constexpr std::size_t kMostWalks = 4;

std::string review_text(const core::PvcName& pvc, std::string_view labels, const std::string& accepted) {
  const std::string annotations =
      accepted.empty() ? ""
                       : fmt::format(R"(,"annotations":{{"holdfast.dev/accept-vanished":"{}: so be it"}})", accepted);
  return fmt::format(
      R"({{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","operation":"CREATE",)"
      R"("name":"{1}","namespace":"{0}","kind":{{"group":"","version":"v1","kind":"PersistentVolumeClaim"}},)"
      R"("resource":{{"group":"","version":"v1","resource":"persistentvolumeclaims"}},"object":{{"apiVersion":"v1",)"
      R"("kind":"PersistentVolumeClaim","metadata":{{"name":"{1}","namespace":"{0}","labels":{{{2}}}{3}}},)"
      R"("spec":{{"accessModes":["ReadWriteOnce"],"resources":{{"requests":{{"storage":"1Gi"}}}}}}}}}}}})",
      pvc.ns, pvc.name, labels, annotations);
}

Json::Value parse(const std::string& text) {
  Json::Value value;
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  reader->parse(text.data(), text.data() + text.size(), &value, nullptr);
  return value;
}

}  // namespace

bool World::pvc_is_created(std::size_t who, std::size_t manner, std::chrono::milliseconds budget) {
  const Subject& pvc = subject(who);
  const std::string accepted = manner == 1 ? "0123456789abcdef" : manner % 2 == 0 && manner > 0 ? pvc.told : "";
  const std::string_view labels = manner == 0 ? "" : R"("backup":"hourly")";
  budget_ = budget;
  current_review_ = ++last_review_;
  Witness& witness = witnesses_.try_emplace(current_review_, who % subjects_.size(), accepted).first->second;
  if (right_one_is_there()) witness.sees(*mount_, pvc);
  if (pvc.existed && !pvc.exists) ++counts_["a PVC is created again"];
  net::Request request{"POST", "/mutate/pvc", "", "application/json", review_text(pvc.name, labels, accepted), {}};
  request.arrived = std::chrono::steady_clock::now();
  destination_.handle(std::move(request), [this, review = current_review_](net::Response response) {
    answers_.emplace_back(review, std::move(response));
  });
  return true;
}

void World::prove(index::Deadline, std::function<void(core::Evidence)> done) {
  const index::Moment deadline = now().steady + budget_;
  proving_.emplace(++last_ask_, Proving{std::move(done), current_review_, deadline});
  take(machine_.ask(last_ask_, now(), deadline, now().steady));
}

void World::take(const index::Actions& actions) {
  for (const index::Action& action : actions) {
    std::visit([this](const auto& one) { take(one); }, action);
  }
}

void World::take(const index::StartProbe& start) {
  if (walks_.size() < kMostWalks) {
    walks_.push_back({Walk(start.serial), swaps_});
    return;
  }
  ++counts_["too many walks hang"];
  soon_.emplace_back([this, serial = start.serial] {
    take(machine_.probe_done(serial, index::Failure{"4 reads of /repository hang", true}, now()));
  });
}

void World::take(const index::StartListing& start) { readings_.push_back({Reading(start), swaps_at_walk_}); }

void World::take(const index::Answer& answer) {
  for (const index::AskId id : answer.ids) {
    const auto proving = proving_.extract(id);
    current_review_ = proving.mapped().review;
    proving.mapped().done(answer.evidence);
  }
}

bool World::walk_goes_on(std::size_t which, std::size_t parts) {
  if (walks_.empty()) return false;
  const auto at = walks_.begin() + static_cast<std::ptrdiff_t>(which % walks_.size());
  for (; parts > 0; --parts) {
    const auto result = at->walk.read_part(mount_);
    if (!result) continue;
    const index::Serial serial = at->walk.serial;
    swaps_at_walk_ = at->swaps;
    walks_.erase(at);
    take(machine_.probe_done(serial, *result, now()));
    return true;
  }
  return true;
}

bool World::walk_fails(std::size_t which) {
  if (walks_.empty()) return false;
  const auto at = walks_.begin() + static_cast<std::ptrdiff_t>(which % walks_.size());
  const index::Serial serial = at->walk.serial;
  walks_.erase(at);
  take(machine_.probe_done(serial, index::Failure{"/repository: Input/output error"}, now()));
  return true;
}

bool World::walk_hangs(std::size_t which) {
  if (walks_.empty()) return false;
  const auto at = walks_.begin() + static_cast<std::ptrdiff_t>(which % walks_.size());
  std::rotate(at, at + 1, walks_.end());
  return time_passes(9s);
}

bool World::kopia_reads(std::size_t which) {
  if (readings_.empty()) return false;
  Reading& reading = readings_[which % readings_.size()].reading;
  if (reading.has_read()) return false;
  reading.read(mount_, password_);
  return true;
}

bool World::kopia_reads_an_older_copy(std::size_t which, std::size_t how_far) {
  if (readings_.empty() || copies_.empty()) return false;
  Reading& reading = readings_[which % readings_.size()].reading;
  if (reading.has_read()) return false;
  reading.read(std::make_shared<const Repository>(copies_[how_far % copies_.size()]), password_);
  return true;
}

bool World::kopia_ends(std::size_t which, Conduct conduct, std::size_t where) {
  if (readings_.empty() || kopia_reads(which)) return false;
  const auto at = readings_.begin() + static_cast<std::ptrdiff_t>(which % readings_.size());
  index::ListingResult result = at->reading.end(conduct, where, mount_, now().steady);
  const auto* failure = std::get_if<index::Failure>(&result);
  if (failure != nullptr && failure->timed_out) ++counts_["kopia is too slow"];
  const index::Serial serial = at->reading.serial();
  readings_.erase(at);
  take(machine_.listing_done(serial, std::move(result), now()));
  return true;
}

void World::ask(const core::WantsRestore& wanted, About about, index::Deadline,
                std::function<void(core::ClusterFacts)> done) {
  asking_.push_back({wanted, about, std::move(done), current_review_});
}

std::optional<World::Asking> World::take_asking(std::size_t which) {
  if (asking_.empty()) return std::nullopt;
  const auto at = asking_.begin() + static_cast<std::ptrdiff_t>(which % asking_.size());
  Asking asking = std::move(*at);
  asking_.erase(at);
  current_review_ = asking.review;
  budget_ = 5s;
  return asking;
}

bool World::api_server_answers(std::size_t which) {
  const auto asking = take_asking(which);
  if (!asking) return false;
  asking->done(facts(*asking));
  return true;
}

bool World::api_server_fails(std::size_t which) {
  const auto asking = take_asking(which);
  if (!asking) return false;
  const core::NoAnswer silence{"connection refused"};
  asking->done({silence, silence, silence});
  return true;
}

/// What the API server says now, and its witness.
core::ClusterFacts World::facts(const Asking& asking) {
  Witness& witness = witnesses_.at(asking.review);
  Subject& pvc = subjects_[witness.subject()];
  core::ClusterFacts facts;
  if (asking.about == About::Empty)
    facts.destination = core::NoAnswer{"not asked"};
  else
    facts.destination = core::Destination{};
  facts.backup = core::BackupActivity{pvc.backing_up, pvc.last_backed_up, "ReplicationSource " + pvc.name.name};
  std::string tombstone;
  if (asking.about != About::Restore) {
    const auto found = volsync::tombstone(seen_, asking.wanted.candidates);
    if (found) tombstone = pvc.told = found->id;
    facts.tombstone = found;
  }
  const bool remembered = std::any_of(pvc.sources.begin(), pvc.sources.end(), [this](const core::Identity& source) {
    return remembered_.contains(core::to_string(source));
  });
  witness.is_told(pvc, remembered, tombstone);
  if (right_one_is_there()) witness.sees(*mount_, pvc);
  return facts;
}

bool World::leader_looks() {
  if (!pinned_ || leader_sees_) return false;  // without a pin there is no memory
  leader_sees_.emplace();
  if (right_one_is_there()) leader_sees_->sees(*mount_, subjects_);
  current_review_ = kLeader;
  budget_ = 120s;
  prove({}, [this](const core::Evidence& evidence) { leader_learns(evidence); });
  return true;
}

void World::leader_learns(const core::Evidence& evidence) {
  if (const auto* current = std::get_if<core::Current>(&evidence.state)) {
    volsync::add_seen(seen_, *current->catalog);
    remembered_.merge(leader_sees_->sources());
    ++counts_["the leader learns"];
  }
  leader_sees_.reset();
}

std::string World::moment() {
  const decltype(noted_) news{mount_, numbers_};
  if (std::exchange(noted_, news) != news && right_one_is_there()) {
    for (auto& [id, witness] : witnesses_) witness.sees(*mount_, subjects_[witness.subject()]);
    if (leader_sees_) leader_sees_->sees(*mount_, subjects_);
  }
  deliver();
  for (auto& [review, response] : std::exchange(answers_, {})) {
    std::string fault = judge(review, response);
    if (!fault.empty()) return fault;
  }
  return late_answers();
}

void World::deliver() {
  take(machine_.tick(now()));
  while (!soon_.empty()) {
    for (const auto& call : std::exchange(soon_, {})) call();
  }
}

std::string World::late_answers() const {
  if (machine_.next_wakeup() <= now().steady) return "the machine wants to be woken in the past";
  const bool late = std::any_of(proving_.begin(), proving_.end(),
                                [this](const auto& one) { return one.second.deadline <= now().steady; });
  return late ? "a question was not answered in time" : "";
}

std::string World::judge(int review, const net::Response& response) {
  const auto witness = witnesses_.extract(review);
  if (witness.empty()) return "a review was answered twice";
  const Json::Value answer = parse(response.body)["response"];
  const Json::Value& told = answer["auditAnnotations"];
  const std::string verdict = told["verdict"].asString(), code = told["code"].asString();
  ++counts_["verdict " + verdict];
  ++counts_["code " + code];
  std::string fault = judge(witness.mapped(), verdict, code, told["snapshot"].asString());
  if (answer["allowed"].asBool()) is_admitted(witness.mapped());
  if (fault.empty()) return fault;
  const core::PvcName& name = subjects_[witness.mapped().subject()].name;
  return fmt::format("{}: {} {}: {}", core::to_string(name), verdict, code, fault);
}

std::string World::judge(const Witness& witness, const std::string& verdict, const std::string& code,
                         const std::string& snapshot) {
  if (verdict == "fresh") return pinned_ ? witness.fault_of_fresh() : "it starts empty and nothing is pinned";
  if (code == "BackupShrunk") return witness.fault_of_shrinking();
  if (verdict == "restore") return witness.fault_of_restore(snapshot);
  const bool never = code == "BackupsVanished" && !subjects_[witness.subject()].had_backup;
  if (never) return "there never was a backup";
  return code == "InternalError" ? "something was thrown" : "";
}

/// An admitted PVC exists. Where it accepted that its backups are gone, the leader forgets them.
void World::is_admitted(const Witness& witness) {
  Subject& pvc = subjects_[witness.subject()];
  pvc.exists = pvc.existed = true;
  if (!witness.accepts_vanished()) return;
  ++counts_["a PVC goes on without its backups"];
  std::vector<core::Candidate> candidates;
  for (const core::Identity& source : pvc.sources) {
    candidates.push_back({source, false});
    remembered_.erase(core::to_string(source));
  }
  volsync::forget_seen(seen_, candidates);
}

std::string World::end() {
  while (!asking_.empty()) api_server_fails(0);
  time_passes(1h);
  std::string fault = moment();
  if (fault.empty() && !witnesses_.empty()) return "a review was never answered";
  return fault;
}

}  // namespace holdfast::model
