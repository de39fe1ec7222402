// The proof that a catalog is current, as a state machine: told what happens and when, it says what to do next.
// No threads, no clock, no I/O. One thread.
//
// The rule it keeps: nobody is answered from a catalog unless a probe that began after the question saw the very
// fingerprint that was taken before the catalog's listing began. Who has asked before, and has no time for such a
// proof, is told of a listing that began after the first question, as what it is: core::Earlier.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "holdfast/core/evidence.hpp"
#include "src/index/proof/backend.hpp"

namespace holdfast::index {

using Moment = std::chrono::steady_clock::time_point;
using AskId = std::uint64_t;
using Serial = std::uint64_t;

/// One moment on both clocks: the steady one for deadlines, the other for what people read.
struct Now {
  Moment steady;
  core::Time system;
};

struct StartProbe {
  Serial serial;
};
struct StartListing {
  Serial serial;
  Fingerprint before;
  Moment deadline;
};
struct Answer {
  std::vector<AskId> ids;
  core::Evidence evidence;
};
/// A probe is over; for metrics and health.
struct ProofReport {
  enum class Result { Current, Changed, Unknown };
  Result result;
  std::string reason;  ///< of Unknown
  std::chrono::nanoseconds duration;
};
/// A listing is over; for metrics, health and the log.
struct ListingReport {
  ListingResult result;
  std::size_t blobs;
  core::Time finished;
  std::chrono::nanoseconds duration;
};
using Action = std::variant<StartProbe, StartListing, Answer, ProofReport, ListingReport>;
using Actions = std::vector<Action>;

class ProofMachine {
 public:
  struct Options {
    std::string place;
    std::string kind;                                                ///< of place
    std::vector<std::pair<std::string, std::string>> whereabouts{};  ///< Backend::whereabouts()
    std::optional<core::RepositoryId> pinned;                        ///< no other repository is ever listed
    std::chrono::milliseconds probe_timeout{8000};
    /// The first listing gets the probe's time-out; each that runs out of time doubles the limit up to this.
    std::chrono::milliseconds longest_listing{std::chrono::minutes{5}};
    std::chrono::milliseconds overrun{3000};  ///< how long after its deadline a listing may still say so itself
    std::chrono::milliseconds hold_off{1000};
    /// Nobody waits for a repository whose last look took so long to fail, until the next one is over.
    std::chrono::milliseconds slow_failure{1000};
    std::chrono::milliseconds keep_warm{10'000};
    std::size_t most_askers = 10'000;
  };

  explicit ProofMachine(Options options);

  /// A question, to be answered at the latest by `deadline` (or the first call after it). `id` is new. `first`: when
  /// the same was asked first, where that has not been answered; else now. From the end of a probe that was slow to
  /// fail to that of the next, the answer comes at once.
  [[nodiscard]] Actions ask(AskId id, Now now, Moment deadline, Moment first);
  /// Results of what was started; those given up on meanwhile are ignored.
  [[nodiscard]] Actions probe_done(Serial serial, const ProbeResult& result, Now now);
  [[nodiscard]] Actions listing_done(Serial serial, ListingResult result, Now now);
  /// Time has passed.
  [[nodiscard]] Actions tick(Now now);

  /// What the last look that is over has found; Current only where it saw the very catalog that is known.
  core::Evidence at_hand() const;

  /// When tick() has something to do.
  Moment next_wakeup() const;

 private:
  /// What a probe saw.
  struct Sight {
    Serial probe;
    Now began;
    Fingerprint fingerprint;
  };
  struct Asker {
    AskId id;
    Moment asked;
    Moment deadline;
    Moment first;
    Serial first_probe;         ///< the first probe that begins after the question
    std::optional<Sight> seen;  ///< by a probe that began after the question
  };
  using Askers = std::vector<Asker>;
  struct Probe {
    Serial serial;
    Now began;
  };
  struct Listing {
    Serial serial;
    Sight before;
    Now began;
    Moment deadline;
    bool outdated = false;  ///< other names than `before` were seen since: it answers who waits, and is not kept
  };
  /// Names come back where copies of the repository take each other's place. So a listing that is not exactly of
  /// `before` is never known, and what no later look has confirmed is forgotten once the names are others.
  struct Known {
    std::shared_ptr<const core::Catalog> catalog;
    Sight before;
    core::Time listing_began;
    Serial learned;  ///< probes of higher numbers began after the listing
    bool confirmed = false;
  };
  /// The last listing, whatever was seen since.
  struct LastListing {
    std::shared_ptr<const core::Catalog> catalog;
    Sight before;
    core::Time began;
    std::chrono::nanoseconds took;
  };

  void advance(Now now, Actions& out);
  void expire_askers(Now now, Actions& out);
  void expire(Askers& askers, Now now, Actions& out);
  void start_probe(Now now, Actions& out);
  void end_probe(const ProbeResult& result, Now now, Actions& out);
  void compare(const Sight& sight, Now now, std::chrono::nanoseconds took, Actions& out);
  void refresh(const Sight& sight, Now now, Actions& out);
  void end_listing(ListingResult result, Now now, Actions& out);
  void learn(Reading reading, Now now, Actions& out);
  void answer_current(AskId id, core::Time checked_at, Actions& out) const;
  bool may_have_earlier(const Asker& asker) const;
  bool has_time_for_proof(const Asker& asker, Now now) const;
  void answer_hopeless(Askers& askers, Now now, Actions& out) const;
  void hold_off(const Failure& failure, Now now, Actions& out);

  core::Evidence evidence(core::Time checked_at, const Fingerprint* seen) const;
  core::Evidence unknown(core::Unknown::Why why, std::string reason, core::Time checked_at,
                         const Fingerprint* seen = nullptr) const;
  core::Evidence current(core::Time checked_at) const;
  core::Evidence earlier(const Sight& sight) const;
  std::size_t askers() const { return waiting_.size() + probing_.size() + listing_askers_.size(); }

  Options options_;
  Askers waiting_;                            ///< for the next probe to begin
  Askers probing_;                            ///< for the probe under way
  Askers listing_askers_;                     ///< for the listing under way: each has `seen`
  Moment earliest_deadline_ = Moment::max();  ///< not after any asker's
  std::optional<Probe> probe_;
  std::optional<Listing> listing_;
  std::optional<Known> known_;
  std::optional<LastListing> last_listing_;
  std::string silence_;                 ///< why the last probe failed, where it was slow to; else empty
  std::optional<core::Time> known_at_;  ///< when the last look began, where it saw what is known
  Moment next_warm_ = Moment::min();
  Moment held_until_ = Moment::min();
  std::string held_reason_;
  std::chrono::nanoseconds listing_budget_;
  Serial last_serial_ = 0;
};

}  // namespace holdfast::index
