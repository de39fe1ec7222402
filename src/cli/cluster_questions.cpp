#include "src/cli/cluster_questions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "holdfast/generator/cluster_facts.hpp"
#include "holdfast/generator/desired.hpp"
#include "holdfast/generator/seen.hpp"
#include "holdfast/json/objects.hpp"

namespace holdfast::cli {
namespace {

constexpr const char* kMoverJobs = "app.kubernetes.io/created-by=volsync";

/// A read object, that there is none, or why that is not known.
using Found = std::variant<std::optional<core::Observed>, core::NoAnswer>;

Found read_object(const kube::Result& result) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    if (error->not_found()) return std::optional<core::Observed>();
    return core::NoAnswer{error->message};
  }
  auto object = json::read_observed(std::get<std::string>(result));
  if (auto* fault = std::get_if<json::ObjectFault>(&object)) return core::NoAnswer{std::move(fault->problem)};
  return std::optional(std::get<core::Observed>(std::move(object)));
}

/// Whether this Job is a mover of `source` that has not ended; a fault where that cannot be told.
std::variant<bool, json::ObjectFault> is_running_mover_of(std::string_view job, std::string_view source) {
  auto read = json::read_job(job);
  if (auto* fault = std::get_if<json::ObjectFault>(&read)) return std::move(*fault);
  const auto& found = std::get<core::Job>(read);
  return found.running && std::ranges::any_of(found.meta.owners, [&](const auto& owner) {
           return owner.kind == kube::kReplicationSources.kind && owner.name == source;
         });
}

using Remembered = decltype(core::ClusterFacts::tombstone);

/// Where a memory is kept, not finding it is no proof that nothing was seen: the leader writes it as soon as it can.
Remembered read_memory(const kube::Result& result, std::span<const core::Candidate> candidates) {
  const auto no_answer = [](std::string_view why) {
    return core::NoAnswer{fmt::format("the memory of seen backups: {}", why)};
  };
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    return no_answer(error->not_found() ? "it is not written yet" : error->message);
  }
  const auto object = json::read_config_map(std::get<std::string>(result));
  if (const auto* fault = std::get_if<json::ObjectFault>(&object)) return no_answer(fault->problem);
  const auto seen = generator::read_seen(std::get<json::ConfigMap>(object));
  if (const auto* fault = std::get_if<json::ObjectFault>(&seen)) return no_answer(fault->problem);
  return generator::tombstone(std::get<generator::Seen>(seen), candidates);
}

/// The answers, `expected` of them, coming in any order on any thread.
class Collector {
 public:
  Collector(core::PvcName pvc, std::shared_ptr<const core::Policy> policy, bool adopt, int expected,
            std::function<void(core::ClusterFacts)> done)
      : pvc_(std::move(pvc)),
        policy_(std::move(policy)),
        source_(generator::names(policy_->naming, pvc_.name).source),
        adopt_(adopt),
        done_(std::move(done)),
        missing_(expected) {}

  void destination(const kube::Result& result) {
    take([&] { destination_ = read_object(result); });
  }
  void source(const kube::Result& result) {
    take([&] { backup_ = read_object(result); });
  }
  void memory(const kube::Result& result, std::span<const core::Candidate> candidates) {
    take([&] { tombstone_ = read_memory(result, candidates); });
  }
  void jobs(const kube::Result& result) {
    take([&] {
      if (const auto* error = std::get_if<kube::ApiError>(&result)) {
        if (!error->not_found()) jobs_problem_ = error->message;
        return;
      }
      const auto head = json::read_list(std::get<std::string>(result), [this](std::string_view text) {
        const auto runs = is_running_mover_of(text, source_);
        if (const auto* fault = std::get_if<json::ObjectFault>(&runs))
          jobs_problem_ = fault->problem;
        else
          mover_runs_ = mover_runs_ || std::get<bool>(runs);
      });
      if (const auto* fault = std::get_if<json::ObjectFault>(&head)) jobs_problem_ = fault->problem;
    });
  }

 private:
  template <class F>
  void take(F&& f) {
    {
      const std::lock_guard lock(mutex_);
      f();
      if (--missing_ > 0) return;
    }
    done_(facts());
  }

  core::ClusterFacts facts() const {
    core::ClusterFacts facts;
    facts.tombstone = tombstone_;
    if (const auto* silent = std::get_if<core::NoAnswer>(&destination_)) {
      facts.destination = *silent;
    } else {
      const auto& object = std::get<0>(destination_);
      facts.destination = generator::destination_facts(object ? &*object : nullptr, adopt_, pvc_, *policy_);
    }
    if (const auto* silent = std::get_if<core::NoAnswer>(&backup_)) {
      facts.backup = *silent;
    } else if (!jobs_problem_.empty()) {
      facts.backup = core::NoAnswer{jobs_problem_};
    } else {
      const auto& object = std::get<0>(backup_);
      facts.backup = generator::backup_facts(object ? &*object : nullptr, mover_runs_);
    }
    return facts;
  }

  const core::PvcName pvc_;
  const std::shared_ptr<const core::Policy> policy_;
  const std::string source_;
  const bool adopt_;
  const std::function<void(core::ClusterFacts)> done_;
  std::mutex mutex_;
  int missing_;
  Remembered tombstone_;
  Found destination_ = core::NoAnswer{"not asked"};
  Found backup_ = core::NoAnswer{"not asked"};
  bool mover_runs_ = false;
  std::string jobs_problem_;
};

}  // namespace

ClusterQuestions::ClusterQuestions(kube::Client& client, core::Policy policy, bool adopt,
                                   std::optional<kube::Target> memory)
    : client_(client),
      policy_(std::make_shared<const core::Policy>(std::move(policy))),
      adopt_(adopt),
      memory_(std::move(memory)) {}

void ClusterQuestions::ask(const core::WantsRestore& wanted, bool without_backup, index::Deadline deadline,
                           std::function<void(core::ClusterFacts)> done) {
  const core::PvcName& pvc = wanted.pvc;
  const bool remembers = memory_ && without_backup;
  const generator::Names names = generator::names(policy_->naming, pvc.name);
  const auto collector = std::make_shared<Collector>(pvc, policy_, adopt_, remembers ? 4 : 3, std::move(done));
  client_.get({kube::kReplicationDestinations, pvc.ns, names.door}, deadline,
              [collector](const kube::Result& result) { collector->destination(result); });
  client_.get({kube::kReplicationSources, pvc.ns, names.source}, deadline,
              [collector](const kube::Result& result) { collector->source(result); });
  kube::Client::ListOptions movers;
  movers.label_selector = kMoverJobs;
  movers.limit = 0;
  client_.list(kube::kJobs, pvc.ns, movers, deadline,
               [collector](const kube::Result& result) { collector->jobs(result); });
  if (!remembers) return;
  client_.get(*memory_, deadline, [collector, candidates = wanted.candidates](const kube::Result& result) {
    collector->memory(result, candidates);
  });
}

}  // namespace holdfast::cli
