// A cluster, its backups and holdfast in one, for stories of any order: the repository, the movers and the API server
// are models; the machine of the index, the listing reader, the admission destination and the decision are holdfast's
// own. Nothing waits and nothing is random here: the same steps give the same story.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/index/index.hpp"
#include "holdfast/ops/log.hpp"
#include "holdfast/ops/metrics.hpp"
#include "holdfast/volsync/seen.hpp"
#include "holdfast/webhook/admission.hpp"
#include "src/index/proof/proof_machine.hpp"
#include "tests/property/model_reader.hpp"
#include "tests/property/model_truth.hpp"

namespace holdfast::model {

/// How often what was seen, over all stories.
using Counts = std::map<std::string, std::size_t, std::less<>>;

/// Each step returns whether it really happened. A number that picks something is taken modulo what there is.
class World final : public index::Index, public webhook::ClusterQuestions {
 public:
  /// `pinned`: the repository's identity is in the settings. `counts` outlives the world.
  World(bool pinned, Counts& counts);

  bool backup_begins(std::size_t who);
  bool upload_is_cut_off(std::size_t who, std::size_t how);
  bool backup_completes(std::size_t who, std::size_t where, std::size_t how);
  bool sync_ends(std::size_t who);
  bool oldest_expires(std::size_t who);
  bool backups_are_deleted(std::size_t who);

  bool indexes_are_compacted();
  bool old_indexes_are_removed();
  bool format_is_upgraded();
  bool password_changes();
  bool holdfast_gets_the_password();

  bool repository_vanishes();
  bool repository_returns();
  bool other_repository_comes();
  bool right_repository_comes();
  bool repository_is_rolled_back(std::size_t how_far);

  /// `manner`: 0 without our label; 1 accepts what nobody has said; the other even ones accept that the backups
  /// vanished, where that was said before; else an ordinary PVC.
  bool pvc_is_created(std::size_t who, std::size_t manner, std::chrono::milliseconds budget);
  bool pvc_is_deleted(std::size_t who);

  bool walk_goes_on(std::size_t which, std::size_t parts);
  bool walk_fails(std::size_t which);
  /// Until holdfast has given it up; it may go on later.
  bool walk_hangs(std::size_t which);
  bool kopia_reads(std::size_t which);
  /// That stands there for as long as kopia reads it, and for nobody else.
  bool kopia_reads_an_older_copy(std::size_t which, std::size_t how_far);
  /// False where it had not read yet: then it has now.
  bool kopia_ends(std::size_t which, Conduct conduct, std::size_t where);
  bool api_server_answers(std::size_t which);
  bool api_server_fails(std::size_t which);
  bool leader_looks();

  bool time_passes(std::chrono::milliseconds time);
  bool clock_steps(std::chrono::seconds by);

  /// To be called after each step: notes what is true now, delivers, judges. Returns what is wrong; empty: nothing.
  std::string moment();
  /// Every question gets its answer, whatever hangs.
  std::string end();

 private:
  void prove(index::Deadline, std::function<void(core::Evidence)> done) override;
  index::Status status() const override { return {}; }
  std::string_view backend() const override { return "kopia-fs"; }
  void ask(const core::WantsRestore& wanted, About about, index::Deadline,
           std::function<void(core::ClusterFacts)> done) override;
  /// The contract that is on asks nothing of namespaces.
  void ask_namespace(const std::string&, index::Deadline, std::function<void(Labels)> done) override {
    done(core::NoAnswer{"nobody asks"});
  }

  static constexpr int kLeader = 0;
  struct Proving {
    std::function<void(core::Evidence)> done;
    int review;  ///< or kLeader
    index::Moment deadline;
  };
  struct Asking {
    core::WantsRestore wanted;
    About about;
    std::function<void(core::ClusterFacts)> done;
    int review;
  };

  index::Now now() const { return {index::Moment(elapsed_), core::Time(elapsed_ + clock_is_off_)}; }
  Subject& subject(std::size_t who) { return subjects_[who % subjects_.size()]; }
  bool right_one_is_there() const { return mount_ && (!pinned_ || mount_ == right_); }
  bool may_be_swapped() const;
  bool swap(const std::shared_ptr<Repository>& repository);

  void take(const index::Actions& actions);
  void take(const index::StartProbe& start);
  void take(const index::StartListing& start);
  void take(const index::Answer& answer);
  void take(const index::ProofReport&) {}
  void take(const index::ListingReport&) {}
  void deliver();

  core::ClusterFacts facts(const Asking& asking);
  std::optional<Asking> take_asking(std::size_t which);
  void leader_learns(const core::Evidence& evidence);
  std::string judge(int review, const net::Response& response);
  std::string judge(const Witness& witness, const std::string& verdict, const std::string& code,
                    const std::string& snapshot);
  void is_admitted(const Witness& witness);
  std::string late_answers() const;

  const bool pinned_;
  Counts& counts_;
  std::uint64_t numbers_ = 0;
  std::vector<Subject> subjects_;

  std::shared_ptr<Repository> right_;
  std::shared_ptr<Repository> other_;
  std::shared_ptr<Repository> mount_;       ///< null: not mounted
  std::shared_ptr<Repository> last_mount_;  ///< what is mounted, or returns
  std::vector<Repository> copies_;          ///< of the right one, oldest first
  std::uint64_t swaps_ = 0;
  int password_ = 1;  ///< that holdfast has

  std::chrono::nanoseconds elapsed_{std::chrono::hours(1)};
  std::chrono::nanoseconds clock_is_off_{std::chrono::hours(24 * 365 * 50)};

  index::ProofMachine machine_;
  index::AskId last_ask_ = 0;
  std::map<index::AskId, Proving> proving_;
  struct Walking {
    Walk walk;
    std::uint64_t swaps;  ///< there had been when it began
  };
  struct Listing {
    Reading reading;
    std::uint64_t swaps;  ///< there had been when the walk before it began
  };
  std::vector<Walking> walks_;
  std::vector<Listing> readings_;
  std::uint64_t swaps_at_walk_ = 0;  ///< of the walk whose result the machine is told
  std::vector<std::function<void()>> soon_;

  ops::Logger log_{ops::Logger::Sink::None, ops::Level::Error, ops::Format::Text};
  ops::Metrics metrics_{"model"};
  webhook::Admission destination_;
  int last_review_ = kLeader;
  int current_review_ = kLeader;  ///< on whose behalf the destination acts now
  std::chrono::milliseconds budget_{0};
  std::map<int, Witness> witnesses_;
  /// What was noted last: a repository that holds other backups has other numbers.
  std::pair<std::shared_ptr<const Repository>, std::uint64_t> noted_;
  std::vector<std::pair<int, net::Response>> answers_;  ///< not judged yet
  std::vector<Asking> asking_;

  volsync::Seen seen_;
  std::set<std::string> remembered_;  ///< what seen_ must hold at least
  std::optional<Constancy> leader_sees_;
};

}  // namespace holdfast::model
