// An index that says what a test tells it to.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "holdfast/index/index.hpp"

namespace holdfast::fakes {

class FakeIndex : public index::Index {
 public:
  /// What every proof finds; by default nothing.
  core::Evidence evidence;
  /// Keep the callbacks instead of calling them.
  bool silent = false;
  /// Thrown by prove().
  std::function<void()> before;
  std::vector<std::function<void(core::Evidence)>> waiting;
  std::vector<index::Deadline> deadlines;
  /// Of each question: when the same was asked first; max: now.
  std::vector<std::chrono::steady_clock::time_point> firsts;

  void prove_again(std::chrono::steady_clock::time_point first, index::Deadline deadline,
                   std::function<void(core::Evidence)> done) override {
    firsts.push_back(first);
    prove(deadline, std::move(done));
  }
  void prove(index::Deadline deadline, std::function<void(core::Evidence)> done) override {
    deadlines.push_back(deadline);
    if (before) before();
    if (silent)
      waiting.push_back(std::move(done));
    else
      done(evidence);
  }
  core::Evidence at_hand() const override { return evidence; }
  index::Status status() const override { return {}; }
  std::string_view backend() const override { return "catalog"; }

  /// A catalog that is proven current and holds these.
  void holds(const std::vector<core::ListedSnapshot>& snapshots) {
    core::Catalog::Builder builder;
    for (const auto& snapshot : snapshots) builder.add(snapshot);
    evidence.state = core::Current{std::make_shared<const core::Catalog>(std::move(builder).build()), {}};
    evidence.place = "catalog.json";
    evidence.checked_at = *core::parse_rfc3339("2026-11-21T08:00:00Z");
  }
};

/// A complete snapshot of 1 MiB.
inline core::ListedSnapshot listed(const std::string& id, const std::string& source,
                                   const std::string& start = "2026-11-20T01:00:00Z") {
  core::ListedSnapshot snapshot;
  snapshot.id = id;
  snapshot.source = *core::parse_identity(source);
  snapshot.start_time = start;
  snapshot.end_time = start;
  snapshot.has_root_entry = true;
  snapshot.size_bytes = 1 << 20;
  snapshot.files = 3;
  return snapshot;
}

}  // namespace holdfast::fakes
