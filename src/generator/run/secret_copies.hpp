// The Secrets that movers read, where holdfast makes them itself (generator.secret.mode copy): beside every protected
// PVC, and for the maintenance, with what holdfast opens the repository with. In rounds: what should be there, what is,
// and one write after the other. Every replica looks; whoever leads writes. Secrets of others stay as they are.
// Belongs to the thread of the client's loop.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "holdfast/base/probe_pool.hpp"
#include "holdfast/generator/generator.hpp"
#include "holdfast/kube/client.hpp"
#include "src/generator/later.hpp"
#include "src/generator/store/store.hpp"

namespace holdfast::generator {

class SecretCopies {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  /// They outlive it.
  struct Parts {
    const Generator::Setup& setup;
    const Store& store;
    kube::Client& client;
    net::Loop& loop;
    std::shared_ptr<Return> way_back;
    const ops::Logger& log;
    ops::Metrics& metrics;
  };
  /// `leads_until`: nothing is written without it. `changed`: the Secret of this PVC stands otherwise than before.
  SecretCopies(Parts parts, std::function<std::optional<kube::Deadline>()> leads_until,
               std::function<void(const core::PvcName&)> changed);

  /// Begins a round where it is time for one.
  void look(Steady now);
  void look_now() {
    due_ = {};
    look(std::chrono::steady_clock::now());
  }
  /// Begins nothing more.
  void stop() { stopped_ = true; }
  /// This PVC is not as it was: one that no round has seen gets its Secret soon. Reads nothing yet.
  void notice(const core::PvcName& pvc);

  /// As View::secret_copy has it.
  std::string state_of(const core::PvcName& pvc) const;
  /// For people; empty: all is well, or no copies are wanted.
  const std::string& problem() const { return problem_; }

 private:
  /// A Secret that is there.
  struct There {
    core::Observed object;
    Json::Value data;
  };
  /// One that should be.
  struct Wish {
    core::PvcName pvc;  ///< without a name: the maintenance's
    std::string claim_uid;
    Object object;
  };
  /// How it stands with a PVC, in the words of View::secret_copy.
  struct State {
    std::string claim_uid;
    std::string text;
  };
  /// Of one round: what is known, and what is left to do.
  struct Round {
    Credentials credentials;
    std::size_t page;  ///< so many Secrets are asked for at a time
    std::string continue_token{};
    std::map<std::pair<std::string, std::string>, There> there{};  ///< copies, by namespace and name
    std::deque<std::function<void()>> steps{};
    std::map<core::PvcName, State> states{};
    std::string problem{};
    std::size_t troubles = 0;
    bool again = false;  ///< another round is wanted soon
  };

  bool enabled() const { return parts_.setup.options.secret.copies() && parts_.setup.credentials != nullptr; }
  std::ptrdiff_t forget_gone();
  bool is_seen(const core::PvcName& pvc, const core::Claim& claim) const;
  void tell_of_slow_reading(Steady now);
  void read(std::variant<Credentials, std::string> found);
  void list();
  void listed(const kube::Result& result);
  void keep(std::string_view secret);
  static std::optional<There> parsed(std::string_view secret);

  void sort_claim(const core::PvcName& pvc);
  void sort_maintenance();
  void settle(Wish wish);
  void set(const Wish& wish, std::string_view state) {
    round_->states[wish.pvc] = {wish.claim_uid, std::string(state)};
  }
  bool still_stands(const Wish& wish) const;
  void next();
  void pass();

  void ask(const Wish& wish);
  void asked(const Wish& wish, const kube::Result& result);
  void judge(const Wish& wish, const There& there);
  void write(const Wish& wish, const core::Observed* there);
  void written(const Wish& wish, std::string_view verb, const kube::Result& result);
  void ask_before_removal(const core::PvcName& pvc, const core::Observed& there);
  void remove(const core::Claim& claim, const core::Observed& there);

  void note(const Wish& wish, const std::string& trouble);
  void fail(const Wish& wish, const std::string& trouble);
  void fail(const std::string& problem);
  void add_failure(const std::string& problem, std::map<core::PvcName, State>& states) const;
  void end();
  void show(std::map<core::PvcName, State> states);

  const Parts parts_;
  const std::function<std::optional<kube::Deadline>()> leads_until_;
  const std::function<void(const core::PvcName&)> changed_;
  const std::chrono::milliseconds pause_;
  base::ProbePool pool_{1};
  std::optional<Round> round_;  ///< under way
  std::optional<Steady> reading_since_;
  Steady due_{};
  Steady ended_{};  ///< the last one
  std::set<core::PvcName> noticed_;
  bool soon_ = false;  ///< they are looked at
  bool stopped_ = false;
  std::map<core::PvcName, State> states_;
  std::map<core::PvcName, Steady>
      others_;  ///< whose Secret is somebody else's and whole, and how long that is believed
  std::string problem_;
  Later later_;
  Alive alive_;
};

}  // namespace holdfast::generator
