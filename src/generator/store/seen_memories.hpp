// The memories of seen backups of every repository that was ever pinned here: a new repository knows nothing of what an
// earlier one held, of which the off-site copy may be the last that is left.
// Belongs to the thread of the client's loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "holdfast/ops/log.hpp"
#include "holdfast/volsync/seen.hpp"
#include "src/generator/later.hpp"

namespace holdfast::generator {
using namespace volsync;

class SeenMemories {
 public:
  using All = std::map<std::string, Seen>;  ///< by the ConfigMap's name

  /// `own_namespace` empty: there are none, and nothing is known. `changed` is called when they are others than before.
  /// References outlive it.
  SeenMemories(std::string own_namespace, kube::Client& client, const ops::Logger& log, std::function<void()> changed);

  /// Lists them, unless that is under way.
  void look();
  bool looked() const { return looked_ || own_namespace_.empty(); }
  /// As of the last look that succeeded; nullptr: none has.
  const All* all() const { return all_ ? &*all_ : nullptr; }
  std::string problem() const { return problem_; }  ///< for people; empty: none

 private:
  struct Page;
  void list(std::shared_ptr<Page> page, kube::Deadline deadline);
  void take(const std::shared_ptr<Page>& page, kube::Deadline deadline, const kube::Result& result);
  void end(const std::string& problem);

  const std::string own_namespace_;
  kube::Client& client_;
  const ops::Logger& log_;
  const std::function<void()> changed_;
  std::optional<All> all_;
  std::string problem_;
  bool looked_ = false;
  bool under_way_ = false;
  Alive alive_;
};

}  // namespace holdfast::generator
