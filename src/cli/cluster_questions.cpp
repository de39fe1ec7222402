#include "src/cli/cluster_questions.hpp"

#include <memory>
#include <mutex>
#include <optional>

#include "holdfast/generator/cluster_facts.hpp"
#include "holdfast/generator/desired.hpp"
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

bool is_running_mover_of(std::string_view job, std::string_view source) {
  const auto meta = json::read_meta(job);
  const auto state = json::read_job(job);
  const bool readable = std::holds_alternative<core::Meta>(meta) && std::holds_alternative<json::JobState>(state);
  if (!readable || !std::get<json::JobState>(state).running) return false;
  for (const auto& owner : std::get<core::Meta>(meta).owners) {
    if (owner.kind == kube::kReplicationSources.kind && owner.name == source) return true;
  }
  return false;
}

/// The three answers, coming in any order on any thread.
class Collector {
 public:
  Collector(std::string source, bool adopt, std::function<void(core::ClusterFacts)> done)
      : source_(std::move(source)), adopt_(adopt), done_(std::move(done)) {}

  void destination(const kube::Result& result) {
    take([&] { destination_ = read_object(result); });
  }
  void source(const kube::Result& result) {
    take([&] { backup_ = read_object(result); });
  }
  void jobs(const kube::Result& result) {
    take([&] {
      if (const auto* error = std::get_if<kube::ApiError>(&result)) {
        if (!error->not_found()) jobs_problem_ = error->message;
        return;
      }
      const auto head = json::read_list(std::get<std::string>(result), [this](std::string_view job) {
        mover_runs_ = mover_runs_ || is_running_mover_of(job, source_);
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
    if (const auto* silent = std::get_if<core::NoAnswer>(&destination_)) {
      facts.destination = *silent;
    } else {
      const auto& object = std::get<0>(destination_);
      facts.destination = generator::destination_facts(object ? &*object : nullptr, adopt_);
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

  const std::string source_;
  const bool adopt_;
  const std::function<void(core::ClusterFacts)> done_;
  std::mutex mutex_;
  int missing_ = 3;
  Found destination_ = core::NoAnswer{"not asked"};
  Found backup_ = core::NoAnswer{"not asked"};
  bool mover_runs_ = false;
  std::string jobs_problem_;
};

}  // namespace

ClusterQuestions::ClusterQuestions(kube::Client& client, core::Naming naming, bool adopt)
    : client_(client), naming_(naming), adopt_(adopt) {}

void ClusterQuestions::ask(const core::PvcName& pvc, index::Deadline deadline,
                           std::function<void(core::ClusterFacts)> done) {
  const generator::Names names = generator::names(naming_, pvc.name);
  const auto collector = std::make_shared<Collector>(names.source, adopt_, std::move(done));
  client_.get({kube::kReplicationDestinations, pvc.ns, names.door}, deadline,
              [collector](const kube::Result& result) { collector->destination(result); });
  client_.get({kube::kReplicationSources, pvc.ns, names.source}, deadline,
              [collector](const kube::Result& result) { collector->source(result); });
  kube::Client::ListOptions movers;
  movers.label_selector = kMoverJobs;
  movers.limit = 0;
  client_.list(kube::kJobs, pvc.ns, movers, deadline,
               [collector](const kube::Result& result) { collector->jobs(result); });
}

}  // namespace holdfast::cli
