#include "webhook/namespace_view.hpp"

#include <mutex>
#include <utility>
#include <variant>

#include "holdfast/json/objects.hpp"
#include "holdfast/volsync/cluster_facts.hpp"

namespace holdfast::webhook {
namespace {

/// Whole, and as old as the API server's cache.
kube::Client::ListOptions cached(std::string label_selector, bool metadata_only) {
  kube::Client::ListOptions all;
  all.label_selector = std::move(label_selector);
  all.limit = 0;
  all.resource_version = "0";
  all.metadata_only = metadata_only;
  return all;
}

/// Hands over each member; returns what is wrong with the list. That there are no objects of a kind is a 404.
std::string read(const kube::Result& result, const std::function<void(std::string_view)>& each) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) return error->not_found() ? "" : error->message;
  const auto head = json::read_list(std::get<std::string>(result), each);
  const auto* fault = std::get_if<json::ObjectFault>(&head);
  return fault == nullptr ? "" : fault->problem;
}

NamespaceView::Names read_names(const kube::Result& result) {
  NamespaceView::Names names;
  std::string unread;
  names.problem = read(result, [&](std::string_view text) {
    auto meta = json::read_meta(text);
    if (const auto* fault = std::get_if<json::ObjectFault>(&meta))
      unread = fault->problem;
    else
      names.known.insert(std::move(std::get<core::Meta>(meta).name));
  });
  if (names.problem.empty()) names.problem = std::move(unread);
  return names;
}

void read_sources(NamespaceView& view, const kube::Result& result) {
  view.sources_problem = read(result, [&](std::string_view text) {
    auto source = json::read_observed(text);
    if (auto* fault = std::get_if<json::ObjectFault>(&source))
      view.unread_sources.push_back({std::string(text), std::move(fault->problem)});
    else
      view.sources.push_back(std::get<core::Observed>(std::move(source)));
  });
}

/// The lists under way, whose answers come in any order on any thread.
class Look : public std::enable_shared_from_this<Look> {
 public:
  Look(kube::Client& client, const std::string& ns, Templates templates, index::Deadline deadline, ViewTaker done)
      : client_(client), ns_(ns), templates_(std::move(templates)), deadline_(deadline), done_(std::move(done)) {}

  void ask(bool claims) {
    list(kube::kReplicationSources, cached("", false), [](auto& view, auto& result) { read_sources(view, result); });
    list(kube::kJobs, cached(volsync::kMadeByVolSync, true),
         [](auto& view, auto& result) { view.jobs = read_names(result); });
    if (claims) {
      list(kube::kClaims, cached("", true), [](auto& view, auto& result) { view.claims = read_names(result); });
    }
    close();
  }

 private:
  template <class Take>
  void list(const kube::Resource& resource, const kube::Client::ListOptions& options, Take take) {
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    client_.list(resource, ns_, options, deadline_, [self = shared_from_this(), take](const kube::Result& result) {
      {
        const std::lock_guard lock(self->mutex_);
        take(self->view_, result);
      }
      self->close();
    });
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      if (--open_ > 0) return;
    }
    view_.owners = owners();
    done_(std::make_shared<const NamespaceView>(std::move(view_)));
  }

  std::shared_ptr<const core::OwnerTable> owners() const {
    core::OwnerTable table;
    for (const std::string& name : view_.claims.known) table.knows({ns_, name});
    for (const core::Observed& source : view_.sources) {
      if (const auto said = volsync::said_by(source)) table.add(said->identity, said->pvc);
    }
    table.spell(*templates_);
    return std::make_shared<const core::OwnerTable>(std::move(table));
  }

  kube::Client& client_;
  const std::string ns_;
  const Templates templates_;
  const index::Deadline deadline_;
  const ViewTaker done_;
  std::mutex mutex_;
  int open_ = 1;  ///< until everything is asked
  NamespaceView view_;
};

}  // namespace

void look_at_namespace(kube::Client& client, const std::string& ns, bool claims, Templates templates,
                       index::Deadline deadline, ViewTaker done) {
  std::make_shared<Look>(client, ns, std::move(templates), deadline, std::move(done))->ask(claims);
}

}  // namespace holdfast::webhook
