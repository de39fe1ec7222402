#include "src/index/proof/prover.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <utility>
#include <vector>

#include "holdfast/base/clock.hpp"

namespace holdfast::index {

namespace {

constexpr std::chrono::seconds kStopPatience{2};

struct Asked {
  Deadline deadline;
  Moment first;
  std::function<void(core::Evidence)> done;
};
struct Probed {
  Serial serial;
  ProbeResult result;
};
struct Listed {
  Serial serial;
  ListingResult result;
};
using Event = std::variant<Asked, Probed, Listed>;

Now now() { return {std::chrono::steady_clock::now(), base::utc_now()}; }

core::Evidence stopping(std::string place) {
  core::Evidence evidence;
  evidence.state = core::Unknown{core::Unknown::Why::Unavailable, "holdfast is stopping", "holdfast is stopping"};
  evidence.place = std::move(place);
  evidence.checked_at = base::utc_now();
  return evidence;
}

Status not_looked_yet() {
  Status status;
  status.reason = "the repository was not looked at yet";
  return status;
}

template <class Result, class Call>
Result or_failure(Call&& call) {
  try {
    return call();
  } catch (const std::exception& error) {
    return Failure{error.what()};
  }
}

/// The time of a wait that no clock arithmetic overflows.
Moment at_most_an_hour_from(Moment from, Moment moment) { return std::min(moment, from + std::chrono::hours(1)); }

}  // namespace

/// What has happened since the thread last looked. Outlives the prover as long as a call that hangs wants to report.
struct Prover::Inbox {
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<Event> events;
  bool stopping = false;

  /// False, and `event` is untouched: nobody will look at it any more.
  bool put(Event&& event) {
    {
      const std::lock_guard lock(mutex);
      if (stopping) return false;
      events.push_back(std::move(event));
    }
    wake.notify_one();
    return true;
  }

  /// Waits until `until` at the longest; nullopt: stop.
  std::optional<std::vector<Event>> take(Moment until) {
    std::unique_lock lock(mutex);
    wake.wait_until(lock, until, [this] { return stopping || !events.empty(); });
    if (stopping) return std::nullopt;
    return std::exchange(events, {});
  }
};

Prover::Prover(std::shared_ptr<Backend> backend, ProofMachine::Options options, const ops::Logger& log,
               ops::Metrics& metrics)
    : backend_(std::move(backend)),
      log_(log),
      metrics_(metrics),
      status_(not_looked_yet()),
      inbox_(std::make_shared<Inbox>()),
      machine_(options),
      place_(std::move(options.place)),
      thread_([this] { run(); }) {}

void Prover::stop() {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->stopping = true;
  }
  inbox_->wake.notify_one();
  if (thread_.joinable()) thread_.join();
  backend_->stop();
}

Prover::~Prover() {
  stop();
  const Moment patience = std::chrono::steady_clock::now() + kStopPatience;
  while (backend_.use_count() > 1 && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void Prover::prove(Deadline deadline, Done done) { prove_again(Moment::max(), deadline, std::move(done)); }

void Prover::prove_again(Moment first, Deadline deadline, Done done) {
  const Moment asked_at = std::chrono::steady_clock::now();
  auto dated = [asked_at, done = std::move(done)](core::Evidence evidence) {
    evidence.asked = asked_at;
    done(std::move(evidence));
  };
  Event asked = Asked{deadline, std::min(first, asked_at), std::move(dated)};
  if (!inbox_->put(std::move(asked))) std::get<Asked>(asked).done(stopping(place_));
}

void Prover::run() {
  execute(machine_.tick(now()));
  while (true) {
    auto events = inbox_->take(at_most_an_hour_from(now().steady, machine_.next_wakeup()));
    if (!events) break;
    for (Event& event : *events) {
      if (auto* asked = std::get_if<Asked>(&event)) {
        askers_.emplace(++last_id_, std::move(asked->done));
        execute(machine_.ask(last_id_, now(), asked->deadline, asked->first));
      } else if (auto* probed = std::get_if<Probed>(&event)) {
        execute(machine_.probe_done(probed->serial, probed->result, now()));
      } else if (auto* listed = std::get_if<Listed>(&event)) {
        execute(machine_.listing_done(listed->serial, std::move(listed->result), now()));
      }
    }
    execute(machine_.tick(now()));
  }
  if (cancel_listing_) *cancel_listing_ = true;
  answer_everyone();
}

void Prover::answer_everyone() {
  for (auto& [id, done] : askers_) done(stopping(place_));
  askers_.clear();
  std::vector<Event> rest;  // not left to a probe that hangs and keeps the inbox: the callbacks end with us
  {
    const std::lock_guard lock(inbox_->mutex);
    rest.swap(inbox_->events);
  }
  for (Event& event : rest) {
    if (auto* asked = std::get_if<Asked>(&event)) asked->done(stopping(place_));
  }
}

void Prover::execute(const Actions& actions) {
  for (const Action& action : actions) {
    std::visit([this](const auto& one) { execute(one); }, action);
  }
}

void Prover::execute(const StartProbe& start) {
  auto call = [backend = backend_, inbox = inbox_, serial = start.serial] {
    inbox->put(Probed{serial, or_failure<ProbeResult>([&] { return backend->probe(); })});
  };
  if (!probes_.submit(std::move(call))) {
    inbox_->put(Probed{start.serial, Failure{fmt::format("{} reads of {} hang", probes_.busy(), place_), true}});
  }
}

void Prover::execute(const StartListing& start) {
  if (cancel_listing_) *cancel_listing_ = true;  // one that the machine gave up on
  cancel_listing_ = std::make_shared<std::atomic<bool>>(false);
  auto call = [backend = backend_, inbox = inbox_, cancel = cancel_listing_, start] {
    inbox->put(Listed{start.serial,
                      or_failure<ListingResult>([&] { return backend->list(start.before, start.deadline, *cancel); })});
  };
  if (!listings_.submit(std::move(call))) {
    inbox_->put(Listed{start.serial, Failure{fmt::format("{} earlier readings of {} hang", listings_.busy(), place_)}});
  }
}

void Prover::execute(const Answer& answer) {
  for (const AskId id : answer.ids) {
    const auto asker = askers_.extract(id);
    asker.mapped()(answer.evidence);
  }
}

void Prover::execute(const ProofReport& report) {
  using Result = ProofReport::Result;
  const bool current = report.result == Result::Current;
  at_hand_.replace(machine_.at_hand());
  metrics_.index_proof(current ? "current" : report.result == Result::Changed ? "changed" : "unknown", report.duration);
  if (current) report_no_problem();
  if (report.result == Result::Unknown) report_problem("index proof failed", report.reason);
  const std::string why_not = problem_.empty() ? "the repository has changed and is being read" : problem_;
  replace_status(current, current ? "" : why_not);
}

/// What is known of the catalog stays.
void Prover::replace_status(bool current, std::string reason) {
  Status status = *status_.read();
  status.current = current;
  status.reason = std::move(reason);
  status_.replace(std::move(status));
}

void Prover::execute(const ListingReport& report) {
  at_hand_.replace(machine_.at_hand());
  if (const auto* failure = std::get_if<Failure>(&report.result)) {
    metrics_.index_refresh(failure->timed_out ? "timeout" : "error", report.duration);
    report_problem("index refresh failed", failure->reason);
    return replace_status(false, failure->reason);
  }
  report_catalog(report, *std::get<Reading>(report.result).catalog);
}

void Prover::report_catalog(const ListingReport& report, const core::Catalog& catalog) {
  metrics_.index_refresh("ok", report.duration);
  metrics_.index_catalog(catalog.snapshots(), catalog.identities(), report.blobs,
                         base::seconds(report.finished.time_since_epoch()));
  report_no_problem();
  log_.info("index refreshed", {{"place", place_},
                                {"snapshots", catalog.snapshots()},
                                {"identities", catalog.identities()},
                                {"incomplete", catalog.incomplete()},
                                {"blobs", report.blobs},
                                {"durationSeconds", base::seconds(report.duration)}});
  status_.replace(Status{.loaded = true,
                         .current = true,
                         .reason = {},
                         .snapshots = catalog.snapshots(),
                         .identities = catalog.identities(),
                         .blobs = report.blobs,
                         .last_success = report.finished});
}

void Prover::report_problem(std::string_view message, const std::string& reason) {
  if (reason == problem_) return;
  problem_ = reason;
  log_.warn(message, {{"place", place_}, {"reason", reason}});
}

void Prover::report_no_problem() {
  if (problem_.empty()) return;
  log_.info("index readable again", {{"place", place_}});
  problem_.clear();
}

std::unique_ptr<Index> make_prover(std::shared_ptr<Backend> backend, std::chrono::milliseconds timeout,
                                   std::optional<core::RepositoryId> pinned, const ops::Logger& log,
                                   ops::Metrics& metrics) {
  ProofMachine::Options options;
  options.place = backend->place();
  options.kind = backend->kind();
  options.whereabouts = backend->whereabouts();
  options.pinned = std::move(pinned);
  options.probe_timeout = timeout;
  return std::make_unique<Prover>(std::move(backend), std::move(options), log, metrics);
}

core::Evidence prove_now(Index& index, Deadline deadline) {
  const auto answer = std::make_shared<std::promise<core::Evidence>>();
  auto future = answer->get_future();
  index.prove(deadline, [answer](core::Evidence evidence) { answer->set_value(std::move(evidence)); });
  return future.get();
}

}  // namespace holdfast::index
