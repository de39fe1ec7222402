#include "src/generator/run/secret_copies.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/json/objects.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/volsync/maintenance.hpp"
#include "holdfast/volsync/observed.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/hold.hpp"
#include "src/generator/plan/secret_wish.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kOneCall{10};
constexpr std::chrono::seconds kOneList{60};
constexpr std::chrono::milliseconds kTogether{200};  ///< PVCs that come together get theirs in one round
constexpr std::chrono::milliseconds kBetween{1000};  ///< the end of a round and the next that a PVC asks for
constexpr std::chrono::seconds kAgain{15};           ///< where something went wrong, or was written
constexpr std::chrono::seconds kBelieved{50};        ///< that a Secret of somebody else's is whole
constexpr std::size_t kPage = 250;
constexpr std::string_view kNotYet = "not looked at yet";
constexpr std::string_view kReady = "ready";
constexpr std::string_view kExternal = "external";
constexpr std::string_view kMissing = "missing";

std::string not_ready(std::string_view why) { return fmt::format("not ready: {}", cut(one_line(why), 512)); }

kube::Target target(const Object& object) { return {resource(object.part), object.ns, object.name}; }

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

/// The store is in the middle of a change when it says so: it is read later.
void SecretCopies::notice(const core::PvcName& pvc) {
  if (!enabled()) return;
  noticed_.insert(pvc);
  if (std::exchange(soon_, true)) return;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(ended_ + kBetween - steady_clock::now());
  later_.run(std::max(kTogether, wait), [this] {
    soon_ = false;
    if (forget_gone() > 0) look_now();
  });
}

/// How many of those that were noticed need a round.
std::ptrdiff_t SecretCopies::forget_gone() {
  const auto noticed = std::exchange(noticed_, {});
  return std::ranges::count_if(noticed, [this](const core::PvcName& pvc) {
    const auto claim = parts_.store.claim(pvc);
    if (claim != nullptr) return !is_seen(pvc, *claim);
    states_.erase(pvc);
    others_.erase(pvc);
    return false;
  });
}

/// A round has seen this very PVC, and it needs no Secret since that it did not need then.
bool SecretCopies::is_seen(const core::PvcName& pvc, const core::Claim& claim) const {
  const auto state = states_.find(pvc);
  if (state == states_.end() || state->second.claim_uid != claim.uid) return false;
  if (!state->second.text.empty() && state->second.text != kNotYet) return true;
  const StoredView stored = parts_.store.view(pvc);
  return !is_known(stored.view) || !wants_copy(stored.view, parts_.setup.policy);
}

std::string SecretCopies::state_of(const core::PvcName& pvc) const {
  if (!parts_.setup.options.secret.copies()) return {};
  const auto found = states_.find(pvc);
  return found == states_.end() ? std::string(kNotYet) : found->second.text;
}

void SecretCopies::look(Steady now) {
  if (!enabled() || stopped_) return;
  if (round_) return tell_of_slow_reading(now);
  if (now < due_) return;
  round_ = Round{.credentials = {}, .page = kPage};
  due_ = now + pause_;
  reading_since_ = now;
  auto arrive = alive_.guard([this](std::variant<Credentials, std::string> found) { read(std::move(found)); });
  const bool begun = pool_.submit([arrive, back = parts_.way_back, credentials = parts_.setup.credentials]() mutable {
    back->post([arrive, found = read_with(credentials)]() mutable { arrive(std::move(found)); });
  });
  if (!begun) read(std::string("what the repository is opened with cannot be read: the system gives no thread"));
}

/// The round goes on when the file is read; until then nothing is written, and that is not to go unseen.
void SecretCopies::tell_of_slow_reading(Steady now) {
  if (!reading_since_ || now < *reading_since_ + pause_ / 2 || !problem_.empty()) return;
  problem_ = "copies of the repository's Secret: what it is opened with cannot be read: the file does not answer";
  parts_.log.warn("secrets not complete", {{"error", problem_}});
  std::map<core::PvcName, State> states = states_;
  add_failure(problem_, states);
  show(std::move(states));
}

void SecretCopies::read(std::variant<Credentials, std::string> found) {
  reading_since_.reset();
  if (const auto* problem = std::get_if<std::string>(&found)) return fail(*problem);
  round_->credentials = std::get<Credentials>(std::move(found));
  list();
}

void SecretCopies::list() {
  kube::Client::ListOptions options;
  options.label_selector = fmt::format("{}={}", key::kManagedBy, kManager);
  options.limit = round_->page;
  options.continue_token = round_->continue_token;
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
    // Somebody may have put our label on large Secrets.
    if (error->reason != "TooLarge" || round_->page == 1) return fail("Secrets cannot be listed: " + error->message);
    round_->page /= 2;
    return list();
  }
  const auto list = json::read_list(std::get<std::string>(result), [this](std::string_view secret) { keep(secret); });
  if (const auto* fault = std::get_if<json::ObjectFault>(&list))
    return fail("Secrets cannot be read: " + fault->problem);
  round_->continue_token = std::get<json::ListHead>(list).continue_token;
  if (!round_->continue_token.empty()) return this->list();
  for (const core::PvcName& pvc : parts_.store.claims("")) sort_claim(pvc);
  sort_maintenance();
  next();
}

/// Only what stands where a copy may be.
void SecretCopies::keep(std::string_view secret) {
  const Options& options = parts_.setup.options;
  const auto meta = json::read_meta(secret);
  const auto* known = std::get_if<core::Meta>(&meta);
  if (known == nullptr) return;
  const core::PvcName pvc{known->ns, std::string(value_of(known->annotations, key::kPvc))};
  const bool is_maintenance = known->ns == options.own_namespace && known->name == options.maintenance.secret;
  const bool is_claims = !pvc.name.empty() && known->name == secret_name(options.secret, pvc);
  if (!is_maintenance && !is_claims) return;
  auto there = parsed(secret);
  if (there && is_ours(&there->object)) {
    round_->there.insert_or_assign(std::pair{known->ns, known->name}, *std::move(there));
  }
}

void SecretCopies::sort_claim(const core::PvcName& pvc) {
  const Generator::Setup& setup = parts_.setup;
  const StoredView stored = parts_.store.view(pvc);
  if (stored.view.claim == nullptr) return;
  const core::Claim& claim = *stored.view.claim;
  State& state = round_->states[pvc];
  state.claim_uid = claim.uid;
  if (!is_known(stored.view)) {
    state.text = kNotYet;
    round_->again = true;
    return;
  }
  if (wants_copy(stored.view, setup.policy)) {
    return settle({pvc, claim.uid, secret_copy(claim, setup.options, round_->credentials)});
  }
  const auto there = round_->there.find({pvc.ns, secret_name(setup.options.secret, pvc)});
  if (there == round_->there.end() || !may_lose_copy(stored.view, setup.policy)) return;
  round_->steps.emplace_back([this, pvc, object = there->second.object] { ask_before_removal(pvc, object); });
}

void SecretCopies::sort_maintenance() {
  const Options& options = parts_.setup.options;
  if (!maintenance_place(options)) return;
  settle({{options.own_namespace, ""}, "", maintenance_copy(options, round_->credentials)});
}

void SecretCopies::settle(Wish wish) {
  const auto found = round_->there.find({wish.object.ns, wish.object.name});
  if (found == round_->there.end()) {
    const auto other = others_.find(wish.pvc);
    if (other != others_.end() && steady_clock::now() < other->second) return set(wish, kExternal);
    round_->steps.emplace_back([this, wish = std::move(wish)] { ask(wish); });
    return;
  }
  const There& there = found->second;
  if (there.object.meta.deleting) {
    round_->again = true;
    return set(wish, kMissing);
  }
  if (same_copy(wish.object, there.object, there.data)) return set(wish, kReady);
  round_->steps.emplace_back([this, wish = std::move(wish), object = there.object] { write(wish, &object); });
}

/// As it was when the round began: a round may take a while.
bool SecretCopies::still_stands(const Wish& wish) const {
  if (wish.pvc.name.empty()) return true;
  const StoredView stored = parts_.store.view(wish.pvc);
  return stored.view.claim != nullptr && stored.view.claim->uid == wish.claim_uid && is_known(stored.view) &&
         wants_copy(stored.view, parts_.setup.policy);
}

void SecretCopies::next() {
  if (stopped_ || round_->steps.empty()) return end();
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
    fail(wish, "cannot be read: " + error->message);
  } else if (const auto there = parsed(std::get<std::string>(result))) {
    judge(wish, *there);
  } else {
    note(wish, "what is there cannot be read");
  }
  next();
}

/// One that was not among ours a moment ago.
void SecretCopies::judge(const Wish& wish, const There& there) {
  if (is_ours(&there.object)) {
    if (!is_copy_for(there.object, wish.pvc.name)) return note(wish, "it is made for something else");
    round_->again = true;
    return set(wish, kNotYet);
  }
  const auto missing = missing_keys(there.data);
  if (!missing.empty()) {
    return note(wish, fmt::format("it is not holdfast's, and has no {}", fmt::join(missing, " and no ")));
  }
  set(wish, kExternal);
  others_[wish.pvc] = steady_clock::now() + kBelieved;
}

void SecretCopies::write(const Wish& wish, const core::Observed* there) {
  const auto until = leads_until_();
  if (!until || !still_stands(wish)) {
    set(wish, kMissing);
    round_->again = true;  // the replica that leads is about to write it
    return pass();
  }
  Object object = wish.object;
  Json::Value& metadata = object.body["metadata"];
  if (there == nullptr) {
    metadata["resourceVersion"] = std::string(kube::kVersionOfNone);
  } else {
    metadata["uid"] = there->meta.uid;
    metadata["resourceVersion"] = there->meta.resource_version;
  }
  const std::string_view verb = there == nullptr ? "created" : "changed";
  parts_.client.apply(target(object), to_json(object), there != nullptr,
                      std::min<kube::Deadline>(*until, steady_clock::now() + kOneCall),
                      alive_.guard([this, wish, verb](const kube::Result& result) { written(wish, verb, result); }));
}

void SecretCopies::written(const Wish& wish, std::string_view verb, const kube::Result& result) {
  const Object& object = wish.object;
  round_->again = true;  // whether it stays
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    parts_.metrics.generator_apply(kube::kSecrets.kind, "failed");
    if (error->conflict())
      set(wish, kMissing);  // somebody was faster
    else
      fail(wish, "cannot be written: " + error->message);
    return next();
  }
  set(wish, kReady);
  parts_.log.info(verb, {{"kind", kube::kSecrets.kind}, {"namespace", object.ns}, {"name", object.name}});
  parts_.metrics.generator_apply(kube::kSecrets.kind, verb);
  next();
}

/// As before every removal: a watch may have fallen silent without a sign.
void SecretCopies::ask_before_removal(const core::PvcName& pvc, const core::Observed& there) {
  parts_.client.get({kube::kClaims, pvc.ns, pvc.name}, steady_clock::now() + kOneCall,
                    alive_.guard([this, pvc, there](const kube::Result& result) {
                      const auto* text = std::get_if<std::string>(&result);
                      const auto read = text == nullptr ? std::nullopt : std::optional(json::read_claim(*text));
                      const auto* claim = read ? std::get_if<core::Claim>(&*read) : nullptr;
                      if (claim == nullptr) return next();  // what is gone takes its Secret with it
                      remove(*claim, there);
                    }));
}

void SecretCopies::remove(const core::Claim& claim, const core::Observed& there) {
  const auto until = leads_until_();
  StoredView stored = parts_.store.view(claim.pvc.full_name());
  stored.view.claim = &claim;
  if (!until || !may_lose_copy(stored.view, parts_.setup.policy)) return next();
  parts_.client.remove({kube::kSecrets, there.meta.ns, there.meta.name}, {there.meta.uid, there.meta.resource_version},
                       std::min<kube::Deadline>(*until, steady_clock::now() + kOneCall),
                       alive_.guard([this, ns = there.meta.ns, name = there.meta.name](const kube::Result& result) {
                         if (std::holds_alternative<kube::ApiError>(result))
                           return next();  // the next round asks again
                         parts_.log.info("deleted", {{"kind", kube::kSecrets.kind}, {"namespace", ns}, {"name", name}});
                         parts_.metrics.generator_delete(kube::kSecrets.kind, kNotProtected);
                         next();
                       }));
}

/// A person must act.
void SecretCopies::note(const Wish& wish, const std::string& trouble) {
  const std::string text = fmt::format("Secret {}: {}", wish.object.name, trouble);
  set(wish, not_ready(text));
  if (++round_->troubles == 1) round_->problem = fmt::format("{}: {}", wish.object.ns, text);
}

/// It may succeed the next time.
void SecretCopies::fail(const Wish& wish, const std::string& trouble) {
  note(wish, trouble);
  round_->again = true;
}

/// The round cannot go on.
void SecretCopies::fail(const std::string& problem) {
  round_->states = states_;
  add_failure(problem, round_->states);
  round_->problem = problem;
  round_->troubles = 1;
  round_->again = true;
  end();
}

/// So it stands with every PVC that needs a Secret, and of which no round has seen one: a hiccup takes nothing away.
void SecretCopies::add_failure(const std::string& problem, std::map<core::PvcName, State>& states) const {
  for (const core::PvcName& pvc : parts_.store.claims("")) {
    const StoredView stored = parts_.store.view(pvc);
    if (stored.view.claim == nullptr || !is_known(stored.view)) continue;
    State& state = states[pvc];
    const bool was_seen =
        state.claim_uid == stored.view.claim->uid && (state.text == kReady || state.text == kExternal);
    if (was_seen) continue;
    const bool wanted = wants_copy(stored.view, parts_.setup.policy);
    state = {stored.view.claim->uid, wanted ? not_ready(problem) : std::string()};
  }
}

void SecretCopies::end() {
  std::string problem;
  if (round_->troubles > 0) problem = "copies of the repository's Secret: " + round_->problem;
  if (round_->troubles > 1) problem += fmt::format("; and {} more", round_->troubles - 1);
  if (problem != problem_ && !problem.empty()) parts_.log.warn("secrets not complete", {{"error", problem}});
  problem_ = std::move(problem);
  ended_ = steady_clock::now();
  if (round_->again) due_ = std::min(due_, ended_ + kAgain);
  std::map<core::PvcName, State> states = std::move(round_->states);
  round_.reset();
  show(std::move(states));
  std::erase_if(others_, [this](const auto& other) { return !states_.contains(other.first); });
}

void SecretCopies::show(std::map<core::PvcName, State> states) {
  const auto before = std::exchange(states_, std::move(states));
  for (const auto& [pvc, state] : states_) {
    const auto was = before.find(pvc);
    const bool is_same = was != before.end() && was->second.text == state.text;
    if (!pvc.name.empty() && !is_same && !stopped_) changed_(pvc);
  }
}

}  // namespace holdfast::generator
