#include "holdfast/certs/self_signer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "holdfast/base/latest.hpp"

namespace holdfast::certs {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestSettle{30'000}, kShortestSettle{1'000};
constexpr milliseconds kLongestPause{5'000}, kShortestPause{500};
constexpr milliseconds kSoon{300};  // after something was written, or somebody else was faster

/// What others may see at any time.
struct Shown {
  std::shared_ptr<const net::TlsContext> context;
  core::Time not_before, not_after;
  std::string distrust = "whom API servers believe has not been looked at yet";
  std::string trouble;
};

}  // namespace

milliseconds SelfSigner::Options::settle() const {
  return std::clamp<milliseconds>(milliseconds(lifetime) / 20, kShortestSettle, kLongestSettle);
}

milliseconds SelfSigner::Options::between_looks() const {
  return std::clamp<milliseconds>(milliseconds(lifetime) / 60, kShortestPause, kLongestPause);
}

/// The steps of a look follow each other, each called by the answer to the one before: no two at once, no lock.
struct SelfSigner::Impl : std::enable_shared_from_this<Impl> {
  using Done = std::function<void(milliseconds)>;

  Impl(Options o, SecretStore& s, BundlePublisher& p, Clock c, const ops::Logger& l)
      : options(std::move(o)),
        store(s),
        publisher(p),
        clock(std::move(c)),
        log(l),
        rotation({options.names, options.lifetime, options.settle()}, clock().utc) {
    serve();
  }

  void entries_seen(BundlePublisher::Found found);
  void secret_seen(const SecretStore::Found& found);
  void written(const SharedSecret& secret, const SecretStore::Written& result);
  void publish();
  void published(const std::optional<Problem>& problem);
  void end(milliseconds again, std::string problem = {});
  void serve();
  std::string distrust() const;

  /// `step` with the answer, unless we are gone by then.
  template <class Step>
  auto then(Step step) {
    return [weak = weak_from_this(), step](auto answer) {
      const auto self = weak.lock();
      if (!self) return;
      try {
        step(*self, std::move(answer));
      } catch (const std::exception& error) {
        self->end(self->options.between_looks(), error.what());
      }
    };
  }

  const Options options;
  SecretStore& store;
  BundlePublisher& publisher;
  const Clock clock;
  const ops::Logger& log;

  Rotation rotation;
  std::string served;                         ///< the chain that is
  std::optional<std::vector<Entry>> entries;  ///< as read last
  std::string entries_problem;                ///< why they were not, in this look
  Rotation::Steady began;                     ///< this look
  Done done;                                  ///< of this look
  base::Latest<Shown> shown;
};

void SelfSigner::Impl::entries_seen(BundlePublisher::Found found) {
  entries_problem.clear();
  if (auto* problem = std::get_if<Problem>(&found))
    entries_problem = std::move(problem->text);
  else
    entries = std::get<std::vector<Entry>>(std::move(found));
  store.read(then([](Impl& self, const SecretStore::Found& secret) { self.secret_seen(secret); }));
}

void SelfSigner::Impl::secret_seen(const SecretStore::Found& found) {
  if (const auto* problem = std::get_if<Problem>(&found)) return end(options.between_looks(), problem->text);
  const std::vector<Entry>* const seen = entries && entries_problem.empty() ? &*entries : nullptr;
  auto next = rotation.seen(std::get<std::optional<SharedSecret>>(found), seen, clock().utc, began);
  if (!next) return publish();
  if (!rotation.problem().empty()) log.warn("certificates are shared anew", {{"problem", rotation.problem()}});
  store.write(*next,
              then([next = *next](Impl& self, const SecretStore::Written& result) { self.written(next, result); }));
}

void SelfSigner::Impl::written(const SharedSecret& secret, const SecretStore::Written& result) {
  if (const auto* problem = std::get_if<Problem>(&result)) return end(options.between_looks(), problem->text);
  if (std::holds_alternative<SecretStore::Conflict>(result)) return end(kSoon);
  rotation.written({std::get<std::string>(result), true, secret.data});
  log.info("certificates shared", {{"notAfter", core::format_seconds(rotation.serving().not_after)},
                                   {"nextWaits", read_contents(secret.data).next.has_value()}});
  publish();
}

/// Whoever may be served is believed first: serve() comes after the authority of it has settled, see Rotation.
void SelfSigner::Impl::publish() {
  serve();
  const std::string bundle = rotation.bundle();
  const auto other = [&](const Entry& entry) { return entry.bundle != bundle; };
  const bool looked = entries && entries_problem.empty();
  const auto due = bundle.empty() || !looked ? 0 : std::ranges::count_if(*entries, other);
  if (due == 0) return end(options.between_looks(), rotation.problem());
  log.info("publishing the caBundle", {{"entries", due}});
  publisher.publish(bundle, then([](Impl& self, const std::optional<Problem>& problem) { self.published(problem); }));
}

void SelfSigner::Impl::published(const std::optional<Problem>& problem) {
  if (problem) return end(options.between_looks(), problem->text);
  end(kSoon);  // and see whether it stands there
}

void SelfSigner::Impl::end(milliseconds again, std::string problem) {
  if (problem.empty()) problem = entries_problem;
  Shown next = *shown.read();
  next.trouble = std::move(problem);
  next.distrust = distrust();
  shown.replace(std::move(next));
  if (done) std::exchange(done, nullptr)(again);
}

void SelfSigner::Impl::serve() {
  const Generation& generation = rotation.serving();
  if (generation.chain == served) return;
  Shown next = *shown.read();
  next.context = net::TlsContext::from_pem(generation.chain, generation.key);
  next.not_before = generation.not_before;
  next.not_after = generation.not_after;
  if (!served.empty()) {
    log.info("certificate replaced", {{"notAfter", core::format_seconds(generation.not_after)}});
  }
  served = generation.chain;
  shown.replace(std::move(next));
}

std::string SelfSigner::Impl::distrust() const {
  return entries ? certs::distrust(*entries, served) : shown.read()->distrust;
}

SelfSigner::SelfSigner(Options options, SecretStore& store, BundlePublisher& publisher, Clock clock,
                       const ops::Logger& log)
    : impl_(std::make_shared<Impl>(std::move(options), store, publisher, std::move(clock), log)) {}

SelfSigner::~SelfSigner() = default;

std::shared_ptr<const net::TlsContext> SelfSigner::current() const { return impl_->shown.read()->context; }

void SelfSigner::look(std::function<void(milliseconds again)> done) {
  impl_->began = impl_->clock().steady;
  impl_->done = std::move(done);
  impl_->publisher.look(
      impl_->then([](Impl& self, BundlePublisher::Found found) { self.entries_seen(std::move(found)); }));
}

std::string SelfSigner::problem_at(core::Time now) const {
  const auto shown = impl_->shown.read();
  const std::string invalid = validity_problem(shown->not_before, shown->not_after, now);
  return invalid.empty() ? shown->distrust : invalid;
}

std::string SelfSigner::trouble() const { return impl_->shown.read()->trouble; }
core::Time SelfSigner::not_after() const { return impl_->shown.read()->not_after; }

}  // namespace holdfast::certs
