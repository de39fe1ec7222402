#include "holdfast/generator/generator.hpp"

#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include "holdfast/net/server.hpp"
#include "src/generator/run/worker.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPoll{20};

/// An audit that somebody waits for. Whoever drops it on the way answers it too.
class Asked {
 public:
  explicit Asked(std::function<void(Generator::Audit)> done) : done_(std::move(done)) {}
  ~Asked() {
    if (done_) done_({"the generator has ended", {}});
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  void answer(Generator::Audit audit) { std::exchange(done_, nullptr)(std::move(audit)); }

 private:
  std::function<void(Generator::Audit)> done_;
};

/// A worker on its own thread: made by whoever starts it, and ended on the thread itself.
class Workshop {
 public:
  Workshop(const Generator::Setup& setup, const kube::Config& config, index::Index& index, const ops::Logger& log,
           ops::Metrics& metrics)
      : setup_(setup),
        index_(index),
        worker_(std::make_unique<Worker>(setup_, config, loop_, index, way_back_, shared_, log, metrics)) {}

  ~Workshop() {
    way_back_->close();
    std::promise<void> gone;
    loop_.post([this, &gone] {
      worker_.reset();
      gone.set_value();
    });
    gone.get_future().wait();
    loop_.stop();
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  void start(bool writes) {
    loop_.post([this, writes] { worker_->start(writes); });
  }

  /// Lets what is under way end, until `deadline`.
  void stop(steady_clock::time_point deadline) {
    const auto stopped = std::make_shared<std::promise<void>>();
    loop_.post([this, stopped] { worker_->stop([stopped] { stopped->set_value(); }); });
    stopped->get_future().wait_until(deadline);
  }

  void audit(std::string ns, steady_clock::time_point deadline, std::function<void(Generator::Audit)> done) {
    const auto asked = std::make_shared<Asked>(std::move(done));
    index_.prove(deadline, [this, asked, way_back = way_back_, ns = std::move(ns)](core::Evidence evidence) mutable {
      way_back->post([this, asked, ns = std::move(ns), evidence = std::move(evidence)] {
        if (worker_) asked->answer(worker_->audit(ns, evidence));
      });
    });
  }

  /// Whether every watch has said how it stands.
  bool settled() {
    std::promise<bool> answer;
    loop_.post([this, &answer] { answer.set_value(worker_->settled()); });
    return answer.get_future().get();
  }

  const Shared& shared() const { return shared_; }

 private:
  const Generator::Setup setup_;
  index::Index& index_;
  Shared shared_;
  net::Loop loop_{1};
  std::shared_ptr<Return> way_back_ = std::make_shared<Return>(loop_);
  std::unique_ptr<Worker> worker_;
};

}  // namespace

struct Generator::Impl {
  Workshop workshop;
  bool started = false;
  bool stopped = false;
};

Generator::Generator(Setup setup, const kube::Config& config, index::Index& index, const ops::Logger& log,
                     ops::Metrics& metrics)
    : impl_(new Impl{{setup, config, index, log, metrics}}) {}

Generator::~Generator() = default;

void Generator::start() {
  impl_->started = true;
  impl_->workshop.start(true);
}

void Generator::stop(steady_clock::time_point deadline) {
  if (!impl_->started || std::exchange(impl_->stopped, true)) return;
  impl_->workshop.stop(deadline);
}

void Generator::audit(std::string ns, steady_clock::time_point deadline, std::function<void(Audit)> done) {
  impl_->workshop.audit(std::move(ns), deadline, std::move(done));
}

std::string Generator::problem() const { return *impl_->workshop.shared().problem.read(); }

std::string Generator::memory_problem() const { return *impl_->workshop.shared().memory_problem.read(); }

std::string Generator::maintenance_problem() const { return *impl_->workshop.shared().maintenance_problem.read(); }

bool Generator::leads() const { return impl_->workshop.shared().leads; }

Generator::Audit audit_once(const Generator::Setup& setup, const kube::Config& config, index::Index& index,
                            const ops::Logger& log, steady_clock::time_point deadline, const std::string& ns) {
  ops::Metrics metrics("");
  Workshop workshop(setup, config, index, log, metrics);
  workshop.start(false);
  while (!workshop.settled()) {
    if (steady_clock::now() >= deadline) throw std::runtime_error("the API server did not list everything in time");
    std::this_thread::sleep_for(kPoll);
  }
  const auto answer = std::make_shared<std::promise<Generator::Audit>>();
  auto audit = answer->get_future();
  workshop.audit(ns, deadline, [answer](Generator::Audit found) { answer->set_value(std::move(found)); });
  if (audit.wait_until(deadline + std::chrono::seconds{1}) != std::future_status::ready) {
    throw std::runtime_error("the index gave no answer in time");
  }
  return audit.get();
}

}  // namespace holdfast::generator
