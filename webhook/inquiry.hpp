// One PVC's questions to the API server, and what their answers say together.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/core/cluster_facts.hpp"
#include "holdfast/core/intent.hpp"
#include "holdfast/core/policy.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/kube/client.hpp"
#include "holdfast/volsync/cluster_facts.hpp"
#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/seen.hpp"
#include "holdfast/webhook/cluster_questions.hpp"
#include "webhook/namespace_view.hpp"
#include "webhook/shared_question.hpp"

namespace holdfast::webhook {

/// A read object, that there is none, or why that is not known.
template <class Object>
using Found = std::variant<std::optional<Object>, core::NoAnswer>;

/// nullopt: there is no such object, or none of its kind.
std::optional<core::NoAnswer> why_no_answer(const kube::ApiError& error);

/// `read` is json::read_observed or another of its kind.
template <class Object>
Found<Object> read_object(const kube::Result& result,
                          std::variant<Object, json::ObjectFault> (*read)(std::string_view)) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) {
    if (auto silent = why_no_answer(*error)) return *std::move(silent);
    return std::optional<Object>();
  }
  auto object = read(std::get<std::string>(result));
  if (auto* fault = std::get_if<json::ObjectFault>(&object)) return core::NoAnswer{std::move(fault->problem)};
  return std::optional(std::get<Object>(std::move(object)));
}

/// The memory of seen backups as it stands.
struct Memory {
  Found<volsync::Seen> seen = std::optional<volsync::Seen>();  ///< nullopt: it is not there
  std::shared_ptr<const core::OwnerTable> owners = nullptr;    ///< whose they are
};

/// What the questions of all PVCs have in common. Outlives them.
struct Questions {
  kube::Client& client;
  const core::Policy policy;
  const Templates templates;  ///< all of the policy's
  const volsync::Adopts adopts;
  const std::chrono::milliseconds overlong;
  SharedQuestion<NamespaceView> views;           ///< about a namespace, PVCs too
  SharedQuestion<NamespaceView> sources;         ///< the same without PVCs
  std::optional<SharedQuestion<Memory>> memory;  ///< absent: none is kept
};

/// The answers come in any order on any thread; the facts are told when all are there.
class Inquiry : public std::enable_shared_from_this<Inquiry> {
 public:
  using Done = std::function<void(core::ClusterFacts)>;

  Inquiry(Questions& questions, core::WantsRestore wanted, index::Deadline deadline, Done done);

  /// What is known without a question; before ask(). `watched`: is current.
  void hear(std::shared_ptr<const volsync::WatchedOwners> watched) { watched_ = std::move(watched); }
  void hear(std::shared_ptr<const volsync::KnownSeen> known) { known_ = std::move(known); }

  /// Once.
  void ask(ClusterQuestions::About about);

 private:
  void open();
  void close();
  template <class F>
  void get(const kube::Target& target, F&& take);
  void ask_destination();
  void ask_view(const std::string& ns);
  void ask_own_source();
  void ask_memory();
  void ask_sync(const std::string& source);
  void take_view(const std::string& ns, const std::shared_ptr<const NamespaceView>& view);
  std::vector<std::string> sources_of(const NamespaceView& view);
  void note_problems(const NamespaceView& view);

  volsync::SyncTraces& sync(std::string_view source);
  template <class Object>
  void put(std::optional<Object>& place, Found<Object> found);

  core::Ownership all_owners() const;
  decltype(core::ClusterFacts::tombstone) tombstone(const core::Ownership& owners) const;
  core::ClusterFacts facts() const;

  Questions& questions_;
  const core::WantsRestore wanted_;
  const core::PvcName& pvc_;
  const core::PvcName& owner_;  ///< whose backups are wanted
  const volsync::Names names_;
  const index::Deadline deadline_;
  const Done done_;
  std::shared_ptr<const volsync::WatchedOwners> watched_;
  std::shared_ptr<const volsync::KnownSeen> known_;  ///< whatever the memory says now
  bool without_backup_ = false;                      ///< rules 8 and 9 matter, and of rule 7 whose backups are whose
  bool lists_claims_ = false;

  std::mutex mutex_;
  int open_ = 1;  ///< until everything is asked
  std::shared_ptr<const Memory> memory_ = std::make_shared<const Memory>();
  std::shared_ptr<const core::OwnerTable> owners_;  ///< as the namespace looks
  core::Ownership own_source_;                      ///< what the source of the PVC's name says
  std::string owners_problem_;
  Found<core::Observed> destination_ = core::NoAnswer{"not asked"};
  std::vector<volsync::SyncTraces> syncs_;
  std::set<std::string> asked_syncs_;
  std::string backup_problem_;
};

}  // namespace holdfast::webhook
