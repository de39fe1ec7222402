#include "src/generator/run/secret_copies.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/core/protection.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/maintenance.hpp"
#include "holdfast/volsync/observed.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/hold.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kOneCall{10};
constexpr std::chrono::seconds kOneList{60};
constexpr std::chrono::milliseconds kTogether{200};  ///< PVCs that come together get theirs in one round
constexpr std::chrono::seconds kAgain{15};           ///< where something went wrong
constexpr std::chrono::minutes kBelieved{10};        ///< that a Secret of somebody else's is whole
constexpr std::string_view kReady = "ready";
constexpr std::string_view kExternal = "external";
constexpr std::string_view kMissing = "missing";

std::string not_ready(std::string_view why) { return fmt::format("not ready: {}", cut(one_line(why), 512)); }

kube::Target target(const Object& object) { return {resource(object.part), object.ns, object.name}; }

bool protects(const View& view, const core::Policy& policy) {
  return view.namespace_labels != nullptr &&
         core::protection(view.claim->pvc, *view.namespace_labels, policy).protects();
}

/// Not where movers of a source that stays somebody else's may read a Secret of that name.
bool wants_copy(const View& view, const core::Policy& policy) {
  const bool leaves = view.claim->deleting || view.namespace_deleting;
  const core::Observed* source = object_of(view, Part::Source);
  return !leaves && protects(view, policy) && (source == nullptr || is_ours(source));
}

/// Something of ours is there that may read it.
bool is_read(const View& view) {
  const auto may_be_there = [&](Part part) {
    return known_of(view, part) != Known::Current || object_of(view, part) != nullptr;
  };
  return !view.strays.empty() || may_be_there(Part::Source) || may_be_there(Part::Destination) ||
         may_be_there(Part::RestoreRun) || may_be_there(Part::Drill);
}

/// Nothing is protected any more, and nothing of ours is left that reads it.
bool may_go(const View& view, const core::Policy& policy) {
  return view.watches_current && !protects(view, policy) && !is_read(view);
}

bool is_copy_for(const core::Observed& object, std::string_view pvc) {
  return is_ours(&object) && value_of(object.meta.annotations, key::kPvc) == pvc;
}

std::variant<Credentials, std::string> read_with(const std::function<Credentials()>& read) {
  try {
    return read();
  } catch (const std::exception& error) {
    return std::string(error.what());
  }
}

}  // namespace

SecretCopies::SecretCopies(Parts parts, std::function<std::optional<kube::Deadline>()> leads_until,
                           std::function<void(const core::PvcName&)> changed)
    : parts_(std::move(parts)),
      leads_until_(std::move(leads_until)),
      changed_(std::move(changed)),
      pause_(std::min<std::chrono::milliseconds>(parts_.setup.tempo.maintenance, parts_.setup.sweep)),
      later_(parts_.loop) {}

void SecretCopies::look_now() {
  due_ = {};
  look(steady_clock::now());
}

void SecretCopies::notice(const core::PvcName& pvc) {
  if (!enabled() || soon_ || states_.contains(pvc) || parts_.store.claim(pvc) == nullptr) return;
  soon_ = true;
  later_.run(kTogether, [this] {
    soon_ = false;
    look_now();
  });
}

std::string SecretCopies::state_of(const core::PvcName& pvc) const {
  if (!parts_.setup.options.secret.copies()) return {};
  const auto found = states_.find(pvc);
  return found == states_.end() ? "not looked at yet" : found->second;
}

void SecretCopies::look(Steady now) {
  if (!enabled() || round_ || now < due_) return;
  round_.emplace();
  due_ = now + pause_;
  auto arrive = alive_.guard([this](std::variant<Credentials, std::string> found) { read(std::move(found)); });
  const bool begun = pool_.submit([arrive, back = parts_.way_back, credentials = parts_.setup.credentials]() mutable {
    back->post([arrive, found = read_with(credentials)]() mutable { arrive(std::move(found)); });
  });
  if (!begun) fail("what the repository is opened with cannot be read: an earlier attempt hangs");
}

void SecretCopies::read(std::variant<Credentials, std::string> found) {
  if (const auto* problem = std::get_if<std::string>(&found)) return fail(*problem);
  round_->credentials = std::get<Credentials>(std::move(found));
  list();
}

void SecretCopies::list() {
  kube::Client::ListOptions options;
  options.label_selector = fmt::format("{}={}", key::kManagedBy, kManager);
  options.limit = 0;
  parts_.client.list(kube::kSecrets, "", options, steady_clock::now() + kOneList,
                     alive_.guard([this](const kube::Result& result) { listed(result); }));
}

std::optional<SecretCopies::There> SecretCopies::parsed(std::string_view secret) {
  auto read = json::read_observed(secret);
  auto* object = std::get_if<core::Observed>(&read);
  const auto tree = json::read_tree(secret);
  if (object == nullptr || !tree) return std::nullopt;
  return There{std::move(*object), json::at(*tree, {"data"})};
}

void SecretCopies::listed(const kube::Result& result) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    return fail("Secrets cannot be listed: " + error->message);
  }
  const auto list = json::read_list(std::get<std::string>(result), [this](std::string_view secret) {
    auto there = parsed(secret);
    if (!there || !is_ours(&there->object)) return;
    std::pair place{there->object.meta.ns, there->object.meta.name};
    round_->there.insert_or_assign(std::move(place), *std::move(there));
  });
  if (const auto* fault = std::get_if<json::ObjectFault>(&list))
    return fail("Secrets cannot be read: " + fault->problem);
  for (const core::PvcName& pvc : parts_.store.claims("")) sort_claim(pvc);
  sort_maintenance();
  next();
}

void SecretCopies::sort_claim(const core::PvcName& pvc) {
  const Generator::Setup& setup = parts_.setup;
  const StoredView stored = parts_.store.view(pvc);
  if (stored.view.claim == nullptr) return;
  const bool is_known =
      stored.view.namespace_labels != nullptr && known_of(stored.view, Part::Source) == Known::Current;
  if (!is_known) {
    due_ = std::min(due_, steady_clock::now() + kAgain);
    return;
  }
  round_->states[pvc];
  if (wants_copy(stored.view, setup.policy)) {
    return settle({pvc, secret_copy(*stored.view.claim, setup.options, round_->credentials)});
  }
  const auto there = round_->there.find({pvc.ns, secret_name(setup.options.secret, pvc)});
  if (there == round_->there.end() || !is_copy_for(there->second.object, pvc.name)) return;
  if (!may_go(stored.view, setup.policy)) return;
  round_->steps.emplace_back([this, pvc, object = there->second.object] { remove(pvc, object); });
}

void SecretCopies::sort_maintenance() {
  const Options& options = parts_.setup.options;
  if (!maintenance_place(options)) return;
  settle({{options.own_namespace, ""}, maintenance_copy(options, round_->credentials)});
}

void SecretCopies::settle(Wish wish) {
  const auto found = round_->there.find({wish.object.ns, wish.object.name});
  if (found == round_->there.end()) {
    const auto other = others_.find(wish.pvc);
    if (other != others_.end() && steady_clock::now() < other->second) {
      round_->states[wish.pvc] = kExternal;
      return;
    }
    round_->steps.emplace_back([this, wish = std::move(wish)] { ask(wish); });
    return;
  }
  const There& there = found->second;
  if (!is_copy_for(there.object, wish.pvc.name)) return note(wish, "it is made for something else");
  if (there.object.meta.deleting) return note(wish, "it is being deleted");
  if (same_copy(wish.object, there.object, there.data)) {
    round_->states[wish.pvc] = kReady;
    return;
  }
  round_->steps.emplace_back([this, wish = std::move(wish), object = there.object] { write(wish, &object); });
}

void SecretCopies::next() {
  if (round_->steps.empty()) return end();
  const auto step = std::move(round_->steps.front());
  round_->steps.pop_front();
  step();
}

/// As next(), for whoever had nothing to wait for: many of those must not call each other.
void SecretCopies::pass() {
  later_.run({}, [this] { next(); });
}

/// It does not carry our label, or is not there.
void SecretCopies::ask(const Wish& wish) {
  others_.erase(wish.pvc);
  parts_.client.get(target(wish.object), steady_clock::now() + kOneCall,
                    alive_.guard([this, wish](const kube::Result& result) { asked(wish, result); }));
}

void SecretCopies::asked(const Wish& wish, const kube::Result& result) {
  const auto* error = std::get_if<kube::ApiError>(&result);
  if (error != nullptr && error->not_found()) return write(wish, nullptr);
  if (error != nullptr) {
    note(wish, "cannot be read: " + error->message);
    return next();
  }
  const auto there = parsed(std::get<std::string>(result));
  const auto missing = there ? missing_keys(there->data) : std::vector<std::string>{"data that can be read"};
  if (missing.empty()) {
    round_->states[wish.pvc] = kExternal;
    others_[wish.pvc] = steady_clock::now() + kBelieved;
  } else {
    note(wish, fmt::format("it is not holdfast's, and has no {}", fmt::join(missing, " and no ")));
  }
  next();
}

void SecretCopies::write(const Wish& wish, const core::Observed* there) {
  const auto until = leads_until_();
  if (!until) {
    round_->states[wish.pvc] = kMissing;
    return pass();
  }
  Object object = wish.object;
  Json::Value& metadata = object.body["metadata"];
  if (there == nullptr)
    metadata["resourceVersion"] = std::string(kube::kVersionOfNone);
  else
    metadata["uid"] = there->meta.uid;
  const std::string_view verb = there == nullptr ? "created" : "changed";
  parts_.client.apply(target(object), to_json(object), there != nullptr,
                      std::min<kube::Deadline>(*until, steady_clock::now() + kOneCall),
                      alive_.guard([this, wish, verb](const kube::Result& result) { written(wish, verb, result); }));
}

void SecretCopies::written(const Wish& wish, std::string_view verb, const kube::Result& result) {
  const Object& object = wish.object;
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    note(wish, "cannot be written: " + error->message);
    parts_.metrics.generator_apply(kube::kSecrets.kind, "failed");
    return next();
  }
  round_->states[wish.pvc] = kReady;
  parts_.log.info(verb, {{"kind", kube::kSecrets.kind}, {"namespace", object.ns}, {"name", object.name}});
  parts_.metrics.generator_apply(kube::kSecrets.kind, verb);
  next();
}

void SecretCopies::remove(const core::PvcName& pvc, const core::Observed& there) {
  const auto until = leads_until_();
  if (!until) return pass();
  const kube::Target target{kube::kSecrets, there.meta.ns, there.meta.name};
  parts_.client.remove(
      target, {there.meta.uid, there.meta.resource_version},
      std::min<kube::Deadline>(*until, steady_clock::now() + kOneCall),
      alive_.guard([this, pvc, name = there.meta.name](const kube::Result& result) {
        if (std::holds_alternative<kube::ApiError>(result)) return next();  // the next round asks again
        parts_.log.info("deleted", {{"kind", kube::kSecrets.kind}, {"namespace", pvc.ns}, {"name", name}});
        parts_.metrics.generator_delete(kube::kSecrets.kind, kNotProtected);
        next();
      }));
}

void SecretCopies::note(const Wish& wish, const std::string& trouble) {
  const std::string text = fmt::format("Secret {}: {}", wish.object.name, trouble);
  round_->states[wish.pvc] = not_ready(text);
  if (++round_->troubles == 1) round_->problem = fmt::format("{}: {}", wish.object.ns, text);
}

/// The round cannot go on: so it stands with every PVC that needs one.
void SecretCopies::fail(const std::string& problem) {
  for (const core::PvcName& pvc : parts_.store.claims("")) {
    const StoredView stored = parts_.store.view(pvc);
    if (stored.view.claim == nullptr) continue;
    round_->states[pvc] = wants_copy(stored.view, parts_.setup.policy) ? not_ready(problem) : std::string();
  }
  round_->problem = problem;
  round_->troubles = 1;
  end();
}

void SecretCopies::end() {
  std::string problem;
  if (round_->troubles > 0) {
    problem = "copies of the repository's Secret: " + round_->problem;
    if (round_->troubles > 1) problem += fmt::format("; and {} more", round_->troubles - 1);
    due_ = std::min(due_, steady_clock::now() + kAgain);
  }
  if (problem != problem_ && !problem.empty()) parts_.log.warn("secrets not complete", {{"error", problem}});
  problem_ = std::move(problem);
  const auto before = std::exchange(states_, std::move(round_->states));
  round_.reset();
  for (const auto& [pvc, state] : states_) {
    const auto was = before.find(pvc);
    if (pvc.name.empty() || (was != before.end() && was->second == state)) continue;
    changed_(pvc);
  }
  std::erase_if(others_, [this](const auto& other) { return !states_.contains(other.first); });
}

}  // namespace holdfast::generator
