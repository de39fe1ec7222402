#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "holdfast/base/clock.hpp"
#include "holdfast/kube/election.hpp"
#include "src/kube/lease/lease_document.hpp"

namespace holdfast::kube {

namespace {

using std::chrono::milliseconds;

/// Reading and writing the Lease must both be over, even where both hang, before the time to write has run out.
milliseconds request_timeout(const Election::Options& options) {
  return std::max<milliseconds>(milliseconds(options.fence - options.renew) / 3, milliseconds(250));
}

}  // namespace

struct Elector::Impl : std::enable_shared_from_this<Impl> {
  Impl(net::Loop& l, Client& c, std::string ns, std::string name, Election::Options o,
       std::function<void(bool)> changed_to, const ops::Logger& g)
      : loop(l),
        client(c),
        target{kLeases, std::move(ns), std::move(name)},
        options(o),
        election(std::move(o)),
        changed(std::move(changed_to)),
        log(g) {}

  void look();
  void looked(const Result& result);
  void consider(const std::optional<json::Lease>& lease);
  void write(Election::Write write);
  void wrote(Steady began, const Result& result);
  void tell();
  void fail(std::string_view what, const std::string& problem);
  void release(std::function<void()> done);

  /// Unless we are gone or letting go by then.
  void later(void (Impl::*step)(), milliseconds delay) {
    loop.post(
        [weak = weak_from_this(), step] {
          const auto self = weak.lock();
          if (self && !self->stopped) ((*self).*step)();
        },
        delay);
  }
  template <class F>
  Done answer(F f) {
    return [weak = weak_from_this(), f](const Result& result) {
      const auto self = weak.lock();
      if (self && !self->stopped) f(*self, result);
    };
  }
  Steady deadline() const { return Steady::clock::now() + request_timeout(options); }

  net::Loop& loop;
  Client& client;
  const Target target;
  const Election::Options options;
  Election election;
  const std::function<void(bool)> changed;
  const ops::Logger& log;

  bool stopped = false;
  bool leads = false;        ///< as told last
  std::string acquired;      ///< when we came to hold it
  std::string last_problem;  ///< logged once
};

void Elector::Impl::look() {
  client.get(target, deadline(), answer([](Impl& self, const Result& result) { self.looked(result); }));
}

void Elector::Impl::looked(const Result& result) {
  if (const auto* error = std::get_if<ApiError>(&result)) {
    if (error->not_found()) return consider(std::nullopt);
    fail("read", error->text());
    return later(&Impl::look, std::max<milliseconds>(options.attempt / 2, milliseconds(250)));
  }
  const auto read = json::read_lease(std::get<std::string>(result));
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) {
    fail("read", fault->problem);
    return later(&Impl::look, options.attempt);
  }
  consider(std::get<json::Lease>(read));
}

void Elector::Impl::consider(const std::optional<json::Lease>& lease) {
  const auto step = election.seen(lease, Steady::clock::now());
  tell();
  if (lease && lease->holder != options.identity) acquired.clear();
  if (const auto* rest = std::get_if<Election::Rest>(&step)) return later(&Impl::look, rest->time);
  write(std::get<Election::Write>(step));
}

void Elector::Impl::write(Election::Write next) {
  const std::string now = micro_time(base::utc_now());
  if (acquired.empty()) acquired = now;
  next.lease.renew_time = now;
  const std::string body = lease_document(target.ns, target.name, next.lease, acquired);
  auto done = answer([began = Steady::clock::now()](Impl& self, const Result& result) { self.wrote(began, result); });
  next.create ? client.create(target, body, deadline(), std::move(done))
              : client.replace(target, body, deadline(), std::move(done));
}

void Elector::Impl::wrote(Steady began, const Result& result) {
  std::string problem;
  if (const auto* error = std::get_if<ApiError>(&result)) {
    problem = error->text();
  } else {
    const auto read = json::read_lease(std::get<std::string>(result));
    if (const auto* lease = std::get_if<json::Lease>(&read)) {
      last_problem.clear();
      election.written(*lease, began);
      return consider(*lease);
    }
    problem = std::get<json::ObjectFault>(read).problem;
  }
  election.refused();
  fail("write", problem);
  look();
}

/// Says whether we lead where that has changed, and looks again at the moment when it would end.
void Elector::Impl::tell() {
  const Steady now = Steady::clock::now();
  const auto until = election.leads_until(now);
  if (until) later(&Impl::tell, std::chrono::ceil<milliseconds>(*until - now));
  if (until.has_value() == leads) return;
  leads = until.has_value();
  log.info("leader election", {{"leads", leads}, {"lease", target.name}, {"holder", election.holder()}});
  changed(leads);
}

/// A conflict is another replica being faster: nothing to talk about.
void Elector::Impl::fail(std::string_view what, const std::string& problem) {
  const std::string text = fmt::format("cannot {} the Lease {}/{}: {}", what, target.ns, target.name, problem);
  if (std::exchange(last_problem, text) == text) return;
  log.log(
      problem.starts_with("Conflict") || problem.starts_with("AlreadyExists") ? ops::Level::Debug : ops::Level::Warn,
      "leader election", {{"problem", text}});
}

void Elector::Impl::release(std::function<void()> done) {
  auto lease = election.release();
  tell();
  stopped = true;
  if (!lease) return done();
  lease->renew_time = micro_time(base::utc_now());
  client.replace(target, lease_document(target.ns, target.name, *lease, {}), deadline(),
                 [done = std::move(done)](const Result&) { done(); });
}

Elector::Elector(net::Loop& loop, Client& client, std::string ns, std::string name, Election::Options options,
                 std::function<void(bool)> changed, const ops::Logger& log)
    : impl_(std::make_shared<Impl>(loop, client, std::move(ns), std::move(name), std::move(options), std::move(changed),
                                   log)) {}

Elector::~Elector() { impl_->stopped = true; }

void Elector::start() { impl_->later(&Impl::look, {}); }

std::optional<Steady> Elector::leads_until() const { return impl_->election.leads_until(Steady::clock::now()); }

std::string Elector::holder() const { return impl_->election.holder(); }

void Elector::release(std::function<void()> done) { impl_->release(std::move(done)); }

}  // namespace holdfast::kube
