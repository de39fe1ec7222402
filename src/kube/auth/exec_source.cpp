#include "src/kube/auth/exec_source.hpp"

#include <algorithm>

#include "holdfast/base/clock.hpp"

namespace holdfast::kube {

namespace {

constexpr std::chrono::seconds kRunTimeout{60};
constexpr std::chrono::seconds kMostMargin{60};
constexpr std::chrono::seconds kPause{1};  ///< after a run that failed

/// Before they expire, so that a request on its way does not come too late; at half of a short life.
core::Time renewal_of(const ExecCredential& credential, core::Time now) {
  if (!credential.expires) return core::Time::max();
  const auto life = *credential.expires - now;
  return *credential.expires - std::min<core::Time::duration>(kMostMargin, life / 2);
}

}  // namespace

void ExecSource::Run::post(std::function<void()> f) {
  const std::lock_guard lock(mutex);
  if (loop) loop->post(std::move(f));
}

ExecSource::ExecSource(net::Loop& loop, ExecPlugin plugin, std::vector<std::string> environment)
    : plugin_(std::move(plugin)), environment_(std::move(environment)), loop_(loop), run_(std::make_shared<Run>()) {
  run_->loop = &loop;
}

ExecSource::~ExecSource() { stop(); }

bool ExecSource::usable() const { return kept_ && base::utc_now() < renew_at_; }

/// The answer that needs no run. Call it locked.
std::optional<ExecSource::Found> ExecSource::at_once() const {
  if (stopped_) return ExecProblem{"the client is being closed"};
  if (usable()) return kept_;
  if (Deadline::clock::now() < problem_until_) return problem_;
  return std::nullopt;
}

void ExecSource::get(Deadline deadline, Done done) {
  std::unique_lock lock(mutex_);
  if (const auto found = at_once()) {
    lock.unlock();
    return done(*found);
  }
  const std::uint64_t id = ++last_id_;
  waiting_.push_back({id, std::move(done)});
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Deadline::clock::now());
  loop_.post(
      [weak = weak_from_this(), id] {
        if (const auto self = weak.lock()) self->give_up(id);
      },
      left);
  if (!running_) begin_run();
}

/// Call it locked.
void ExecSource::begin_run() {
  running_ = true;
  auto call = [weak = weak_from_this(), run = run_, plugin = plugin_, environment = environment_] {
    auto result = run_exec_plugin(run->runner, plugin, environment, Deadline::clock::now() + kRunTimeout, run->cancel);
    run->post([weak, result = std::move(result)] {
      if (const auto self = weak.lock()) self->ended(result);
    });
  };
  // The thread of the last run may need a moment to become free: then this run begins a little later.
  if (pool_.submit(std::move(call))) return;
  loop_.post(
      [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (!self) return;
        const std::lock_guard lock(self->mutex_);
        if (!self->stopped_) self->begin_run();
      },
      std::chrono::milliseconds(20));
}

void ExecSource::ended(std::variant<ExecCredential, ExecProblem> result) {
  std::unique_lock lock(mutex_);
  running_ = false;
  Found found = ExecProblem{};
  if (auto* problem = std::get_if<ExecProblem>(&result)) {
    problem_ = *problem;
    problem_until_ = Deadline::clock::now() + kPause;
    found = std::move(*problem);
  } else {
    auto& credential = std::get<ExecCredential>(result);
    renew_at_ = renewal_of(credential, base::utc_now());
    kept_ = std::make_shared<const Kept>(Kept{std::move(credential), ++last_serial_});
    found = kept_;
  }
  lock.unlock();
  answer_all(found);
}

void ExecSource::answer_all(const Found& found) {
  std::unique_lock lock(mutex_);
  const auto waiting = std::exchange(waiting_, {});
  lock.unlock();
  for (const Waiting& one : waiting) one.done(found);
}

void ExecSource::give_up(std::uint64_t id) {
  std::unique_lock lock(mutex_);
  const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.id == id; });
  if (at == waiting_.end()) return;
  const Done done = std::move(at->done);
  waiting_.erase(at);
  lock.unlock();
  done(ExecProblem{"credential plugin " + plugin_.command + ": no result in time"});
}

void ExecSource::refused(std::uint64_t serial) {
  const std::lock_guard lock(mutex_);
  if (kept_ && kept_->serial == serial) kept_.reset();
}

void ExecSource::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  run_->cancel = true;
  {
    const std::lock_guard lock(run_->mutex);
    run_->loop = nullptr;
  }
  answer_all(ExecProblem{"the client is being closed"});
}

}  // namespace holdfast::kube
