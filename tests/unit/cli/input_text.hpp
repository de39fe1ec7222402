// Files of claims, and what a repository holds of them, for tests of commands.
#pragma once

#include <string>

#include "src/cli/input/input.hpp"
#include "tests/fakes/fake_index.hpp"
#include "tests/unit/cli/temp_file.hpp"

namespace holdfast::test {

inline cli::Input input(const std::string& yaml) {
  const TempFile file(yaml);
  return cli::read_input({.files = {file.path()}}, core::Policy{});
}

/// A claim media/<name> with these further members of `metadata`, in flow style.
inline std::string claim(const std::string& name, const std::string& metadata) {
  return "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: " + name + ", namespace: media, " +
         metadata +
         "}\nspec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 10Gi}}}\n";
}

inline core::Evidence evidence(const std::vector<core::ListedSnapshot>& snapshots) {
  fakes::FakeIndex index;
  index.holds(snapshots);
  return index.evidence;
}

inline core::Policy with_catalog() {
  core::Policy policy;
  policy.pin = core::NoRepositoryId{};
  return policy;
}

inline const core::Time kNow = *core::parse_rfc3339("2026-11-21T08:00:00Z");

}  // namespace holdfast::test
