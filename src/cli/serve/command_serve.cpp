#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <ctime>
#include <memory>
#include <optional>
#include <thread>

#include "holdfast/base/clock.hpp"
#include "holdfast/certs/client_authorities.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/core/repository_age.hpp"
#include "holdfast/net/server.hpp"
#include "holdfast/ops/health.hpp"
#include "holdfast/volsync/seen.hpp"
#include "holdfast/webhook/admission.hpp"
#include "holdfast/webhook/live_questions.hpp"
#include "holdfast/webhook/ops_routes.hpp"
#include "src/cli/cluster.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/serve/generator_for_webhook.hpp"
#include "src/cli/serve/serving_certificate.hpp"

namespace holdfast::cli {
namespace {

constexpr std::chrono::seconds kDrainRequests{5};
constexpr std::chrono::seconds kStopGenerator{5};
constexpr std::size_t kQuestionsAtOnce = 16;
constexpr int kLeastThreads = 1;
constexpr int kMostThreads = 8;

/// Nothing but short GETs comes to the ops listener.
net::Limits ops_limits() {
  net::Limits limits;
  limits.body_bytes = 1024;
  limits.connections = 256;
  return limits;
}

/// Handlers never block, and proofs have threads of their own: half of the processors leave room for those. The number
/// that a host has says nothing about the share of a container, hence the upper bound.
int thread_count() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 2, kLeastThreads, kMostThreads);
}

std::chrono::milliseconds left_until(std::chrono::steady_clock::time_point moment) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(moment - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

/// The texts of listings come and go. glibc would move them to the heap after the first one was freed, and what is made
/// from them meanwhile would keep the gaps from ever being given back: half as much again as all that is held.
void keep_large_texts_off_the_heap() {
  constexpr int kLarge = 128 * 1024;
  // NOLINTBEGIN(concurrency-mt-unsafe): `serve` says this first, when there is no other thread
  mallopt(M_MMAP_THRESHOLD, kLarge);  // a threshold that is set does not grow any more
  mallopt(M_TRIM_THRESHOLD, kLarge);
  // NOLINTEND(concurrency-mt-unsafe)
}

/// SIGTERM and SIGINT, for one thread to wait for. Must be made before any other thread, which inherits the mask.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  int wait() const {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0) {
    }
    return signal;
  }

  /// Returns whether one came within `time`.
  bool wait_for(std::chrono::milliseconds time) const {
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec limit{whole.count(), std::chrono::nanoseconds(time - whole).count()};
    return sigtimedwait(&set_, nullptr, &limit) >= 0;
  }

 private:
  sigset_t set_;
};

/// Everything that runs, in the order in which it depends on each other.
class Program {
 public:
  explicit Program(const Settings& settings)
      : settings_(settings),
        log_(ops::Logger::Sink::Stdout, settings.log_level.value_or(ops::Level::Info), settings.log_format),
        metrics_(HOLDFAST_VERSION),
        index_(make_index(settings, log_, metrics_)),
        cluster_(cluster_config(settings)),
        loop_(thread_count()),
        certificate_(make_certificate({settings_, cluster_, loop_, log_, metrics_})),
        clients_(make_client_authorities()),
        questions_(make_questions()),
        generator_(make_generator()),
        admission_({.policy = settings.policy, .injection = mover_injection(settings.generator.repository)}, *index_,
                   questions_ ? &questions_->questions : nullptr, log_, metrics_),
        audit_(generator_ ? std::make_unique<GeneratorAudit>(*generator_) : nullptr),
        ops_routes_(settings.policy, *index_, health_, metrics_, audit_.get(),
                    questions_ ? &questions_->questions : nullptr) {}

  /// Requests first, then who calls back. What is asked for a review lets it ask the next thing, so the index and the
  /// client of the questions say no more before either of them is gone.
  ~Program() {
    webhook_.reset();
    ops_.reset();
    generator_.reset();
    loop_.stop();
    index_->stop();
    if (questions_) questions_->client.stop();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void run(const StopSignals& signals) {
    log_start();
    add_health();
    if (certificate_) certificate_->start();
    listen();
    if (generator_) generator_->start();
    const int signal = signals.wait();
    stopping_ = true;
    log_.info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"},
                           {"drainSeconds", base::seconds(settings_.webhook.drain)}});
    // The API server does not repeat a call that was reset: go on serving until it has found another replica.
    const auto drained = std::chrono::steady_clock::now() + settings_.webhook.drain;
    if (webhook_) webhook_->announce_close();
    // Another replica may lead from now on, it need not wait for the drain.
    if (generator_) generator_->stop(std::chrono::steady_clock::now() + kStopGenerator);
    signals.wait_for(left_until(drained));
    const auto deadline = std::chrono::steady_clock::now() + kDrainRequests;
    if (webhook_) webhook_->drain(deadline);
    ops_->drain(deadline);
    log_.info("stopped");
  }

 private:
  /// The client that admission asks with, apart from the generator's: neither waits for the other.
  struct Questions {
    Questions(net::Loop& loop, const kube::Config& config, const Settings& settings,
              webhook::LiveQuestions::Known known, const ops::Logger& log)
        : client(loop, config, {kQuestionsAtOnce, "holdfast-webhook"}, log),
          questions(client, settings.policy, settings.generator, memory_place(settings, config), std::move(known)) {}
    kube::Client client;
    webhook::LiveQuestions questions;
  };

  std::shared_ptr<certs::ClientAuthorities> make_client_authorities() {
    const Settings::Webhook& webhook = settings_.webhook;
    if (!webhook.enabled || webhook.client_ca_file.empty()) return nullptr;
    try {
      return std::make_shared<certs::ClientAuthorities>(webhook.client_ca_file, webhook.client_names, log_, metrics_);
    } catch (const std::exception& e) {
      throw SettingsError(std::string("webhook.clientCaFile: ") + e.what());
    }
  }

  std::unique_ptr<Questions> make_questions() {
    if (!cluster_) return nullptr;
    return with_kubeconfig([&] { return std::make_unique<Questions>(loop_, *cluster_, settings_, known_, log_); });
  }

  std::unique_ptr<generator::Generator> make_generator() {
    if (!cluster_ || !settings_.generator.enabled) return nullptr;
    return with_kubeconfig([&] {
      generator::Generator::Setup setup = generator_setup(settings_, *cluster_);
      setup.shared = known_;
      setup.credentials = [settings = settings_] { return read_credentials(settings); };
      return std::make_unique<generator::Generator>(std::move(setup), *cluster_, *index_, log_, metrics_);
    });
  }

  void log_start() const {
    const core::Policy& policy = settings_.policy;
    const bool unpinned = std::holds_alternative<core::Unpinned>(policy.pin);
    log_.info("starting", {{"version", HOLDFAST_VERSION},
                           {"mode", to_string(policy.mode)},
                           {"backend", settings_.index.backend},
                           {"pinned", !unpinned}});
    const bool lenient = policy.mode == core::Mode::Permissive || policy.mode == core::Mode::Audit;
    if (lenient) log_.warn("nothing is denied in this mode", {{"mode", to_string(policy.mode)}});
    if (unpinned) log_.warn("no repository is pinned: nothing may start empty", {{"key", "index.repositoryId"}});
    if (settings_.index.allow_cached_mount) {
      log_.warn("a cached mount is trusted: backups of the last minute may be missed",
                {{"key", "index.allowCachedMount"}});
    }
    if (cluster_)
      log_.info("cluster",
                {{"host", cluster_->host}, {"source", cluster_->source}, {"generator", generator_ != nullptr}});
    else
      log_.warn("no connection to a cluster: a plain webhook, nothing is generated", {{"key", "kubeconfig"}});
    if (generator_) log_own_namespace();
  }

  /// In it is the Lease: without one nobody leads.
  void log_own_namespace() const {
    const std::string ns = generator_setup(settings_, *cluster_).options.own_namespace;
    if (ns.empty())
      log_.warn("our own namespace is not known: nothing is generated, and no memory of backups is kept",
                {{"key", "POD_NAMESPACE"}});
    else if (settings_.generator.own_namespace.empty())
      log_.info("our own namespace is that of the account", {{"namespace", ns}, {"source", cluster_->source}});
  }

  void add_health() {
    const auto webhook_state = [this]() -> std::string {
      if (!settings_.webhook.enabled) return "off";
      if (stopping_) return "stopping";
      return listening_ ? "" : "not listening yet";
    };
    health_.add("webhook", settings_.webhook.enabled, webhook_state);
    health_.add("certificate", settings_.webhook.enabled, [this] {
      return certificate_ ? certificate_->problem_at(base::utc_now()) : std::string("not needed");
    });
    health_.add("rotation", false,
                [this] { return certificate_ ? certificate_->trouble() : std::string("not needed"); });
    health_.add("clients", false, [this] { return clients_ ? clients_->problem() : std::string("not checked"); });
    health_.add("index", false, [this] {
      const index::Status status = index_->status();
      return status.current ? std::string() : status.reason.empty() ? "not proven current yet" : status.reason;
    });
    health_.add("repository", false, [this] { return repository_state(); });
    health_.add("cluster", false, [this] {
      return cluster_ ? std::string() : std::string("no connection: rules 7 (destination) and 8 do not apply");
    });
    health_.add("generator", false, [this]() -> std::string {
      if (!generator_) return "off";
      const std::string problem = generator_->problem();
      return problem.empty() && !generator_->leads() ? "standing by" : problem;
    });
    health_.add("tombstones", false, [this] {
      return generator_ ? generator_->memory_problem() : std::string("not kept: rule 9 does not apply");
    });
    health_.add("maintenance", false, [this] {
      return generator_ ? generator_->maintenance_problem() : std::string("off: the generator is off");
    });
  }

  /// How old what it holds is, also where that is as it should be.
  std::string repository_state() const {
    const core::Time now = base::utc_now();
    const auto age = core::repository_age(index_->at_hand(), settings_.policy, now);
    if (!age) return "not known";
    const std::string text = describe(*age, settings_.policy, now);
    return age->outdated ? "nothing may start empty: " + text : "ok, " + text;
  }

  void listen() {
    ops_.emplace(
        loop_, net::Listener::Options{.name = "ops", .port = settings_.ops_port, .limits = ops_limits()},
        [this](const net::Request& request, const net::Respond& respond) { ops_routes_.handle(request, respond); });
    log_.info("listening", {{"listener", "ops"}, {"address", ops_->address()}});
    if (!settings_.webhook.enabled) return;
    webhook_.emplace(loop_,
                     net::Listener::Options{.name = "webhook",
                                            .port = settings_.webhook.port,
                                            .body_mark = "AdmissionReview",
                                            .tls = certificate_->source(),
                                            .clients = clients_},
                     [this](net::Request request, net::Respond respond) {
                       admission_.handle(std::move(request), std::move(respond));
                     });
    listening_ = true;
    log_.info("listening", {{"listener", "webhook"}, {"address", webhook_->address()}});
  }

  const Settings& settings_;
  ops::Logger log_;
  ops::Metrics metrics_;
  ops::Health health_;
  std::unique_ptr<index::Index> index_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> listening_ = false;
  const std::optional<kube::Config> cluster_;  ///< nullopt: no connection to one
  net::Loop loop_;
  std::unique_ptr<ServingCertificate> certificate_;
  std::shared_ptr<certs::ClientAuthorities> clients_;  ///< nullptr: whoever can connect may call
  /// What the generator knows, for questions that may still be under way when it ends.
  const std::shared_ptr<volsync::Knowledge> known_ = std::make_shared<volsync::Knowledge>();
  std::unique_ptr<Questions> questions_;
  std::unique_ptr<generator::Generator> generator_;
  webhook::Admission admission_;
  std::unique_ptr<GeneratorAudit> audit_;
  webhook::OpsRoutes ops_routes_;
  std::optional<net::Listener> ops_;
  std::optional<net::Listener> webhook_;
};

}  // namespace

int serve(const Settings& settings) {
  keep_large_texts_off_the_heap();
  const StopSignals signals;
  Program(settings).run(signals);
  return kOk;
}

}  // namespace holdfast::cli
