#include "src/index/proof/prover.hpp"

#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <future>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "holdfast/base/clock.hpp"
#include "holdfast/base/latest.hpp"
#include "holdfast/base/probe_pool.hpp"

namespace holdfast::index {

namespace {

constexpr std::chrono::seconds kStopPatience{2};
constexpr int kMostProbes = 4;
constexpr int kMostListings = 2;

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

}  // namespace

/// Outlives the prover as long as a call that hangs wants to report.
struct Prover::Inside : std::enable_shared_from_this<Inside> {
  using Done = std::function<void(core::Evidence)>;
  struct Told {
    Done done;
    core::Evidence evidence;
  };
  using News = std::vector<std::variant<Told, ProofReport, ListingReport>>;

  Inside(std::shared_ptr<Backend> b, ProofMachine::Options options, const ops::Logger& l, ops::Metrics& m)
      : backend(std::move(b)),
        log(l),
        metrics(m),
        status(not_looked_yet()),
        place(options.place),
        machine(std::move(options)) {}

  void prove(Moment first, Moment asked, Deadline deadline, Done done);
  void tell_time();
  void stop();

  /// `event` tells the machine what has happened. What others are told of it is told without the lock.
  template <class Event>
  void happen(Event&& event);

  // Locked.
  void execute(Actions actions);
  void execute(const StartProbe& start);
  void execute(const StartListing& start);
  void execute(const Answer& answer);
  void execute(const ProofReport& report) { news.emplace_back(report); }
  void execute(const ListingReport& report) { news.emplace_back(report); }

  // By one thread at a time.
  void tell_news();
  void tell(Told& told);
  void tell(const ProofReport& report);
  void tell(const ListingReport& report);
  void report_catalog(const ListingReport& report, const core::Catalog& catalog);
  void replace_status(bool current, std::string reason);
  void report_problem(std::string_view message, const std::string& reason);
  void report_no_problem();

  const std::shared_ptr<Backend> backend;
  const ops::Logger& log;
  ops::Metrics& metrics;
  base::Latest<Status> status;
  base::ProbePool threads{kMostProbes + kMostListings + 1};  ///< one more answers
  const std::string place;

  mutable std::mutex mutex;  ///< of all that follows
  std::condition_variable changed;
  bool stopping = false;
  bool telling = false;
  int probing = 0;  ///< calls of the backend that have not returned
  int listing = 0;  ///< likewise
  Moment sleeps_until = Moment::min();
  ProofMachine machine;
  std::unordered_map<AskId, Done> askers;
  AskId last_id = 0;
  News news;     ///< not told yet
  Actions next;  ///< of the machine, not executed yet
  std::shared_ptr<std::atomic<bool>> cancel_listing;

  std::string problem;  ///< of who tells: logged last and not over yet; empty: none
};

Prover::Prover(std::shared_ptr<Backend> backend, ProofMachine::Options options, const ops::Logger& log,
               ops::Metrics& metrics)
    : inside_(std::make_shared<Inside>(std::move(backend), std::move(options), log, metrics)),
      clock_([inside = inside_.get()] { inside->tell_time(); }) {}

void Prover::stop() {
  inside_->stop();
  if (clock_.joinable()) clock_.join();
  inside_->backend->stop();
}

// What is told does not throw, and its variants always hold something.
// NOLINTNEXTLINE(bugprone-exception-escape)
Prover::~Prover() {
  stop();
  const Moment patience = std::chrono::steady_clock::now() + kStopPatience;
  while (inside_.use_count() > 1 && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void Prover::prove(Deadline deadline, std::function<void(core::Evidence)> done) {
  prove_again(Moment::max(), deadline, std::move(done));
}

void Prover::prove_again(Moment first, Deadline deadline, std::function<void(core::Evidence)> done) {
  inside_->prove(first, std::chrono::steady_clock::now(), deadline, std::move(done));
}

core::Evidence Prover::at_hand() const {
  const std::lock_guard lock(inside_->mutex);
  return inside_->machine.at_hand();
}
Status Prover::status() const { return *inside_->status.read(); }
std::string_view Prover::backend() const { return inside_->backend->name(); }

void Prover::Inside::prove(Moment first, Moment asked, Deadline deadline, Done done) {
  auto dated = [asked, done = std::move(done)](core::Evidence evidence) {
    evidence.asked = asked;
    done(std::move(evidence));
  };
  bool too_late = true;
  happen([&] {
    too_late = false;
    askers.emplace(++last_id, std::move(dated));
    return machine.ask(last_id, now(), deadline, std::min(first, asked));
  });
  if (too_late) dated(index::stopping(place));
}

template <class Event>
void Prover::Inside::happen(Event&& event) {
  {
    const std::lock_guard lock(mutex);
    if (stopping) return;
    execute(event());
    execute(machine.tick(now()));
    if (machine.next_wakeup() < sleeps_until) changed.notify_all();
    if (news.empty() || telling) return;
  }
  tell_news();
}

/// By one thread for all, in the order in which it happened: the others have something better to do.
void Prover::Inside::tell_news() {
  std::unique_lock lock(mutex);
  if (telling) return;
  telling = true;
  while (!news.empty()) {
    News some = std::exchange(news, {});
    lock.unlock();
    for (auto& one : some) std::visit([this](auto& each) { tell(each); }, one);
    some.clear();  // what askers hold ends before stop() does
    lock.lock();
  }
  telling = false;
  if (stopping) changed.notify_all();
}

void Prover::Inside::tell(Told& told) { told.done(std::move(told.evidence)); }

void Prover::Inside::tell_time() {
  while (true) {
    happen([] { return Actions(); });
    std::unique_lock lock(mutex);
    const auto is_due = [&] { return stopping || machine.next_wakeup() < sleeps_until; };
    // No clock arithmetic overflows with this.
    sleeps_until = std::min(machine.next_wakeup(), std::chrono::steady_clock::now() + std::chrono::hours(1));
    changed.wait_until(lock, sleeps_until, is_due);
    if (stopping) return;
  }
}

void Prover::Inside::stop() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
    changed.notify_all();
    if (cancel_listing) *cancel_listing = true;
    for (auto& [id, done] : askers) news.emplace_back(Told{std::move(done), index::stopping(place)});
    askers.clear();
  }
  tell_news();
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return !telling; });
}

void Prover::Inside::execute(Actions actions) {
  while (!actions.empty()) {
    for (const Action& action : actions) {
      std::visit([this](const auto& one) { execute(one); }, action);
    }
    actions = std::exchange(next, {});
  }
}

void Prover::Inside::execute(const StartProbe& start) {
  auto call = [self = shared_from_this(), serial = start.serial] {
    const auto result = or_failure<ProbeResult>([&] { return self->backend->probe(); });
    self->happen([&] {
      --self->probing;
      return self->machine.probe_done(serial, result, now());
    });
  };
  if (probing < kMostProbes && threads.submit(std::move(call))) {
    ++probing;
    return;
  }
  const Failure hang{fmt::format("{} reads of {} hang", probing, place), true};
  for (Action& action : machine.probe_done(start.serial, hang, now())) next.push_back(std::move(action));
}

void Prover::Inside::execute(const StartListing& start) {
  if (cancel_listing) *cancel_listing = true;  // one that the machine gave up on
  cancel_listing = std::make_shared<std::atomic<bool>>(false);
  auto call = [self = shared_from_this(), cancel = cancel_listing, start] {
    auto result = or_failure<ListingResult>([&] { return self->backend->list(start.before, start.deadline, *cancel); });
    self->happen([&] {
      --self->listing;
      return self->machine.listing_done(start.serial, std::move(result), now());
    });
  };
  if (listing < kMostListings && threads.submit(std::move(call))) {
    ++listing;
    return;
  }
  const Failure hang{fmt::format("{} earlier readings of {} hang", listing, place)};
  for (Action& action : machine.listing_done(start.serial, hang, now())) next.push_back(std::move(action));
}

void Prover::Inside::execute(const Answer& answer) {
  for (const AskId id : answer.ids) {
    news.emplace_back(Told{std::move(askers.extract(id).mapped()), answer.evidence});
  }
}

void Prover::Inside::tell(const ProofReport& report) {
  using Result = ProofReport::Result;
  const bool current = report.result == Result::Current;
  metrics.index_proof(current ? "current" : report.result == Result::Changed ? "changed" : "unknown", report.duration);
  if (current) report_no_problem();
  if (report.result == Result::Unknown) report_problem("index proof failed", report.reason);
  const std::string why_not = problem.empty() ? "the repository has changed and is being read" : problem;
  replace_status(current, current ? "" : why_not);
}

/// What is known of the catalog stays.
void Prover::Inside::replace_status(bool current, std::string reason) {
  const auto before = status.read();
  if (before->current == current && before->reason == reason) return;
  Status after = *before;
  after.current = current;
  after.reason = std::move(reason);
  status.replace(std::move(after));
}

void Prover::Inside::tell(const ListingReport& report) {
  if (const auto* failure = std::get_if<Failure>(&report.result)) {
    metrics.index_refresh(failure->timed_out ? "timeout" : "error", report.duration);
    report_problem("index refresh failed", failure->reason);
    return replace_status(false, failure->reason);
  }
  report_catalog(report, *std::get<Reading>(report.result).catalog);
}

void Prover::Inside::report_catalog(const ListingReport& report, const core::Catalog& catalog) {
  metrics.index_refresh("ok", report.duration);
  metrics.index_catalog(catalog.snapshots(), catalog.identities(), report.blobs,
                        base::seconds(report.finished.time_since_epoch()));
  report_no_problem();
  log.info("index refreshed", {{"place", place},
                               {"snapshots", catalog.snapshots()},
                               {"identities", catalog.identities()},
                               {"incomplete", catalog.incomplete()},
                               {"blobs", report.blobs},
                               {"durationSeconds", base::seconds(report.duration)}});
  status.replace(Status{.loaded = true,
                        .current = true,
                        .reason = {},
                        .snapshots = catalog.snapshots(),
                        .identities = catalog.identities(),
                        .blobs = report.blobs,
                        .last_success = report.finished});
}

void Prover::Inside::report_problem(std::string_view message, const std::string& reason) {
  if (reason == problem) return;
  problem = reason;
  log.warn(message, {{"place", place}, {"reason", reason}});
}

void Prover::Inside::report_no_problem() {
  if (problem.empty()) return;
  log.info("index readable again", {{"place", place}});
  problem.clear();
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
