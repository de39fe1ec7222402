#include "src/core/settling_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace holdfast::core {

std::string settling_line(const Located& found, const PvcName& owner, const Policy& policy, const Ownership& ownership,
                          const Catalog& catalog) {
  std::vector<IdentityTemplate> lines = every_template(policy);
  const auto gives = [&](const Identity& identity) {
    return std::ranges::any_of(lines, [&](const IdentityTemplate& line) {
      return line.expand(owner) == identity && !line.could_be_another(identity, owner);
    });
  };
  if (!gives(found.identity) || (found.newer && !gives(*found.newer))) return {};
  if (ownership.whose(found.identity, owner) == Whose::Disputed) return {};
  std::ranges::stable_sort(lines, std::ranges::greater(), [&](const IdentityTemplate& line) {
    const auto newest = catalog.newest(line.expand(owner));
    return newest ? newest->start : Time::min();
  });
  std::string text;
  for (const IdentityTemplate& line : lines) text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", line.text());
  return fmt::format(", or for all PVCs put `index: {{identities: [{}]}}` into holdfast's configuration", text);
}

}  // namespace holdfast::core
