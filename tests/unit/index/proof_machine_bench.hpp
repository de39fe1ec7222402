// A machine on a bench: a clock that the test moves, and what the machine asked for so far.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/index/proof/proof_machine.hpp"

namespace holdfast::index::test {

using namespace std::chrono_literals;

inline Fingerprint blobs(std::uint64_t names) { return {{names, names}, names, {1, 1}, std::nullopt}; }

/// A listing of what its `before` told of.
inline Reading exactly(std::shared_ptr<const core::Catalog> catalog) { return {std::move(catalog), true}; }

inline std::shared_ptr<const core::Catalog> empty_catalog() { return std::make_shared<const core::Catalog>(); }

struct ProofMachineBench {
  explicit ProofMachineBench(ProofMachine::Options options = {}) : machine(place(std::move(options))) {}

  static ProofMachine::Options place(ProofMachine::Options options) {
    options.place = "/repository";
    options.keep_warm = 30s;
    return options;
  }

  Now now() const { return {Moment(elapsed), core::Time(1000h + elapsed)}; }
  void pass(std::chrono::nanoseconds time) {
    elapsed += time;
    take(machine.tick(now()));
  }

  AskId ask(std::chrono::nanoseconds budget = 5s) { return ask_again(now().steady, budget); }
  AskId ask_again(Moment first, std::chrono::nanoseconds budget = 5s) {
    take(machine.ask(++last_id, now(), now().steady + budget, first));
    return last_id;
  }
  void probed(ProbeResult result) { take(machine.probe_done(probe.value(), result, now())); }
  void listed(ListingResult result) { take(machine.listing_done(listing.value().serial, std::move(result), now())); }

  void listed(std::shared_ptr<const core::Catalog> catalog) { listed(ListingResult(exactly(std::move(catalog)))); }

  /// Brings a catalog in, listed behind `fingerprint`; nobody asked.
  void warm_up(const Fingerprint& fingerprint, std::shared_ptr<const core::Catalog> catalog = empty_catalog()) {
    pass(0ns);
    probed(fingerprint);
    listed(std::move(catalog));
  }

  void take(const Actions& actions) {
    for (const Action& action : actions) {
      if (const auto* start = std::get_if<StartProbe>(&action)) probe = start->serial, ++probes;
      if (const auto* start = std::get_if<StartListing>(&action)) listing = *start, ++listings;
      if (const auto* report = std::get_if<ProofReport>(&action)) reports.push_back(*report);
      if (const auto* report = std::get_if<ListingReport>(&action)) listing_reports.push_back(*report);
      if (const auto* answer = std::get_if<Answer>(&action)) {
        for (const AskId id : answer->ids) answers[id].push_back(answer->evidence);
      }
    }
  }

  bool answered(AskId id) const { return answers.contains(id); }
  const core::Evidence& answer(AskId id) const {
    if (answers.at(id).size() != 1) throw std::logic_error("answered more than once");
    return answers.at(id).front();
  }
  /// The catalog that `id` was answered from; null: the answer is Unknown.
  std::shared_ptr<const core::Catalog> catalog(AskId id) const {
    const auto* current = std::get_if<core::Current>(&answer(id).state);
    return current ? current->catalog : nullptr;
  }
  std::string reason(AskId id) const { return std::get<core::Unknown>(answer(id).state).reason; }
  core::Unknown::Why why(AskId id) const { return std::get<core::Unknown>(answer(id).state).why; }

  ProofMachine machine;
  std::chrono::nanoseconds elapsed{1h};
  AskId last_id = 0;
  std::optional<Serial> probe;
  std::optional<StartListing> listing;
  int probes = 0;
  int listings = 0;
  std::vector<ProofReport> reports;
  std::vector<ListingReport> listing_reports;
  std::map<AskId, std::vector<core::Evidence>> answers;
};

}  // namespace holdfast::index::test
