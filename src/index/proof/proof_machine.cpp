#include "src/index/proof/proof_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "holdfast/base/clock.hpp"

namespace holdfast::index {

using base::seconds;
using core::Evidence;
using core::Unknown;
using std::chrono::nanoseconds;

namespace {

std::vector<AskId> ids_of(const auto& askers) {
  std::vector<AskId> ids;
  ids.reserve(askers.size());
  for (const auto& asker : askers) ids.push_back(asker.id);
  return ids;
}

/// `text` with other words for these, the first that fits.
std::string without(const std::vector<std::pair<std::string, std::string>>& words, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto hit = std::ranges::find_if(
        words, [&](const auto& word) { return !word.first.empty() && text.starts_with(word.first); });
    out += hit == words.end() ? text.substr(0, 1) : std::string_view(hit->second);
    text.remove_prefix(hit == words.end() ? 1 : hit->first.size());
  }
  return out;
}

/// Empties `askers`; no action where there is nobody to answer.
void answer_all(auto& askers, Evidence evidence, Actions& out) {
  if (askers.empty()) return;
  out.push_back(Answer{ids_of(askers), std::move(evidence)});
  askers.clear();
}

}  // namespace

ProofMachine::ProofMachine(Options options) : options_(std::move(options)), listing_budget_(options_.probe_timeout) {}

Actions ProofMachine::ask(AskId id, Now now, Moment deadline, Moment first) {
  Actions out;
  if (askers() >= options_.most_askers) {
    out.push_back(Answer{{id}, unknown(Unknown::Why::Unavailable, "too many questions are waiting", now.system)});
    return out;
  }
  if (!silence_.empty()) {
    out.push_back(Answer{{id}, unknown(Unknown::Why::Unavailable, silence_, now.system)});
    if (!probe_) start_probe(now, out);
    return out;
  }
  waiting_.push_back({id, now.steady, deadline, first, last_serial_ + 1, std::nullopt});
  earliest_deadline_ = std::min(earliest_deadline_, deadline);
  advance(now, out);
  return out;
}

Actions ProofMachine::probe_done(Serial serial, const ProbeResult& result, Now now) {
  Actions out;
  if (probe_ && probe_->serial == serial) end_probe(result, now, out);
  advance(now, out);
  return out;
}

Actions ProofMachine::listing_done(Serial serial, ListingResult result, Now now) {
  Actions out;
  if (listing_ && listing_->serial == serial) end_listing(std::move(result), now, out);
  advance(now, out);
  return out;
}

Actions ProofMachine::tick(Now now) {
  Actions out;
  advance(now, out);
  return out;
}

Moment ProofMachine::next_wakeup() const {
  Moment next = earliest_deadline_;
  if (probe_) next = std::min(next, probe_->began.steady + options_.probe_timeout);
  if (listing_) next = std::min(next, listing_->deadline + options_.overrun);
  if (!probe_) next = std::min(next, next_warm_);
  return next;
}

void ProofMachine::advance(Now now, Actions& out) {
  if (probe_ && now.steady >= probe_->began.steady + options_.probe_timeout) {
    end_probe(Failure{fmt::format("no answer from {} within {:.3g} s", options_.place, seconds(options_.probe_timeout)),
                      true},
              now, out);
  }
  if (listing_ && now.steady >= listing_->deadline + options_.overrun) {
    end_listing(Failure{fmt::format("reading {} hangs", options_.place), true}, now, out);
  }
  expire_askers(now, out);
  if (!probe_ && (!waiting_.empty() || now.steady >= next_warm_)) start_probe(now, out);
}

void ProofMachine::expire_askers(Now now, Actions& out) {
  if (now.steady < earliest_deadline_) return;
  earliest_deadline_ = Moment::max();
  expire(waiting_, now, out);
  expire(probing_, now, out);
  expire(listing_askers_, now, out);
}

void ProofMachine::expire(Askers& askers, Now now, Actions& out) {
  const auto why = listing_ ? Unknown::Why::Refreshing : Unknown::Why::Unavailable;
  const auto due = [&](const Asker& asker) { return asker.deadline <= now.steady; };
  for (const Asker& asker : askers) {
    if (!due(asker)) {
      earliest_deadline_ = std::min(earliest_deadline_, asker.deadline);
      continue;
    }
    if (may_have_earlier(asker)) {
      out.push_back(Answer{{asker.id}, earlier(*asker.seen)});
      continue;
    }
    const double budget = seconds(asker.deadline - asker.asked);
    auto reason = listing_ ? fmt::format("{} is being read, for {:.1f} s so far", options_.place,
                                         seconds(now.steady - listing_->began.steady))
                           : fmt::format("no answer from {} within {:.1f} s", options_.place, budget);
    const Fingerprint* seen = asker.seen ? &asker.seen->fingerprint : nullptr;
    out.push_back(Answer{{asker.id}, unknown(why, std::move(reason), now.system, seen)});
  }
  std::erase_if(askers, due);
}

void ProofMachine::start_probe(Now now, Actions& out) {
  probe_ = Probe{++last_serial_, now};
  next_warm_ = now.steady + options_.keep_warm;
  probing_ = std::exchange(waiting_, {});
  out.push_back(StartProbe{probe_->serial});
}

void ProofMachine::end_probe(const ProbeResult& result, Now now, Actions& out) {
  const Probe probe = *std::exchange(probe_, std::nullopt);
  const nanoseconds took = now.steady - probe.began.steady;
  known_at_.reset();
  silence_.clear();
  if (const auto* failure = std::get_if<Failure>(&result)) {
    out.push_back(ProofReport{ProofReport::Result::Unknown, failure->reason, took});
    answer_all(probing_, unknown(Unknown::Why::Unavailable, failure->reason, probe.began.system), out);
    if (took < options_.slow_failure) return;
    silence_ = failure->reason;
    next_warm_ = std::min(next_warm_, now.steady + options_.hold_off);
    answer_all(waiting_, unknown(Unknown::Why::Unavailable, silence_, now.system), out);
    return;
  }
  compare({probe.serial, probe.began, std::get<Fingerprint>(result)}, now, took, out);
}

void ProofMachine::compare(const Sight& sight, Now now, nanoseconds took, Actions& out) {
  if (options_.pinned && sight.fingerprint.repository != options_.pinned) {
    const std::string reason = fmt::format("{} is another repository than the pinned one", options_.place);
    out.push_back(ProofReport{ProofReport::Result::Unknown, reason, took});
    answer_all(probing_, unknown(Unknown::Why::Unavailable, reason, sight.began.system, &sight.fingerprint), out);
    return;
  }
  if (listing_ && listing_->before.fingerprint != sight.fingerprint) listing_->outdated = true;
  if (known_ && known_->before.fingerprint == sight.fingerprint) {
    known_->confirmed = known_->confirmed || sight.probe > known_->learned;
    known_at_ = sight.began.system;
    out.push_back(ProofReport{ProofReport::Result::Current, {}, took});
    answer_all(probing_, current(sight.began.system), out);
    return;
  }
  if (known_ && !known_->confirmed) known_.reset();
  out.push_back(ProofReport{ProofReport::Result::Changed, {}, took});
  for (Asker& asker : probing_) asker.seen = sight;
  answer_hopeless(probing_, now, out);
  refresh(sight, now, out);
}

void ProofMachine::refresh(const Sight& sight, Now now, Actions& out) {
  if (!listing_ && now.steady < held_until_) {
    answer_all(probing_, unknown(Unknown::Why::Unavailable, held_reason_, sight.began.system, &sight.fingerprint), out);
    return;
  }
  std::ranges::move(std::exchange(probing_, {}), std::back_inserter(listing_askers_));
  if (listing_) return;
  listing_ = Listing{++last_serial_, sight, now, now.steady + listing_budget_};
  out.push_back(StartListing{listing_->serial, sight.fingerprint, listing_->deadline});
}

void ProofMachine::end_listing(ListingResult result, Now now, Actions& out) {
  const nanoseconds took = now.steady - listing_->began.steady;
  out.push_back(ListingReport{result, listing_->before.fingerprint.count, now.system, took});
  if (const auto* failure = std::get_if<Failure>(&result)) {
    hold_off(*failure, now, out);
  } else {
    listing_budget_ = std::clamp<nanoseconds>(4 * took, options_.probe_timeout,
                                              std::max(options_.longest_listing, options_.probe_timeout));
    learn(std::get<Reading>(std::move(result)), now, out);
  }
  listing_.reset();
  answer_hopeless(waiting_, now, out);
}

void ProofMachine::learn(Reading reading, Now now, Actions& out) {
  last_listing_ =
      LastListing{reading.catalog, listing_->before, listing_->began.system, now.steady - listing_->began.steady};
  known_ = Known{std::move(reading.catalog), listing_->before, listing_->began.system, last_serial_};
  const Sight& before = listing_->before;
  for (Asker& asker : std::exchange(listing_askers_, {})) {
    if (asker.first_probe <= before.probe) {
      answer_current(asker.id, before.began.system, out);
    } else if (asker.seen->fingerprint == before.fingerprint) {
      answer_current(asker.id, asker.seen->began.system, out);
    } else {
      waiting_.push_back(std::move(asker));
    }
  }
  if (listing_->outdated) known_.reset();
  if (!reading.exact) known_.reset();
  known_at_ = before.began.system;
}

/// The last listing holds all that was there at the asker's first question, and the repository is still the same one.
bool ProofMachine::may_have_earlier(const Asker& asker) const {
  if (!last_listing_ || !asker.seen || last_listing_->before.began.steady <= asker.first) return false;
  const Fingerprint& then = last_listing_->before.fingerprint;
  return then.repository == asker.seen->fingerprint.repository && then.format == asker.seen->fingerprint.format;
}

/// Where a listing takes as long as the last one did.
bool ProofMachine::has_time_for_proof(const Asker& asker, Now now) const {
  const nanoseconds took = last_listing_ ? last_listing_->took : nanoseconds{0};
  if (!listing_) return now.steady + took < asker.deadline;
  const bool serves = asker.seen && asker.seen->fingerprint == listing_->before.fingerprint;
  return listing_->began.steady + (serves ? 1 : 2) * took < asker.deadline;
}

void ProofMachine::answer_hopeless(Askers& askers, Now now, Actions& out) const {
  const auto hopeless = [&](const Asker& asker) { return may_have_earlier(asker) && !has_time_for_proof(asker, now); };
  for (const Asker& asker : askers) {
    if (hopeless(asker)) out.push_back(Answer{{asker.id}, earlier(*asker.seen)});
  }
  std::erase_if(askers, hopeless);
}

Evidence ProofMachine::earlier(const Sight& sight) const {
  if (!last_listing_) return {};
  Evidence result = evidence(last_listing_->before.began.system, &sight.fingerprint);
  result.state = core::Earlier{{last_listing_->catalog, last_listing_->began}};
  return result;
}

void ProofMachine::answer_current(AskId id, core::Time checked_at, Actions& out) const {
  auto* last = std::get_if<Answer>(&out.back());
  if (last && last->evidence.checked_at == checked_at) {
    last->ids.push_back(id);
  } else {
    out.push_back(Answer{{id}, current(checked_at)});
  }
}

void ProofMachine::hold_off(const Failure& failure, Now now, Actions& out) {
  held_until_ = now.steady + options_.hold_off;
  held_reason_ = failure.reason;
  if (failure.timed_out) listing_budget_ = std::min<nanoseconds>(2 * listing_budget_, options_.longest_listing);
  const Sight& before = listing_->before;
  answer_all(listing_askers_,
             unknown(Unknown::Why::Unavailable, failure.reason, before.began.system, &before.fingerprint), out);
}

Evidence ProofMachine::evidence(core::Time checked_at, const Fingerprint* seen) const {
  Evidence evidence;
  evidence.place = options_.place;
  evidence.kind = options_.kind;
  evidence.checked_at = checked_at;
  if (seen) evidence.repository = seen->repository;
  return evidence;
}

Evidence ProofMachine::unknown(Unknown::Why why, std::string reason, core::Time checked_at,
                               const Fingerprint* seen) const {
  Evidence result = evidence(checked_at, seen);
  std::string discreet = without(options_.whereabouts, reason);
  result.state = Unknown{why, std::move(reason), std::move(discreet)};
  return result;
}

Evidence ProofMachine::at_hand() const {
  if (known_ && known_at_) return current(*known_at_);
  return unknown(Unknown::Why::Unavailable, fmt::format("{} was not seen to be as it is known", options_.place), {});
}

Evidence ProofMachine::current(core::Time checked_at) const {
  Evidence result = evidence(checked_at, &known_->before.fingerprint);
  result.state = core::Current{known_->catalog, known_->listing_began};
  return result;
}

}  // namespace holdfast::index
