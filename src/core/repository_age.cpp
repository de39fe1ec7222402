#include "holdfast/core/repository_age.hpp"

#include <fmt/format.h>

namespace holdfast::core {

RepositoryAge repository_age(const Catalog& catalog, const Policy& policy, Time now) {
  RepositoryAge age{.newest_end = catalog.newest_end()};
  age.outdated = policy.fresh_limit && age.newest_end && now - *age.newest_end > *policy.fresh_limit;
  return age;
}

std::optional<RepositoryAge> repository_age(const Evidence& evidence, const Policy& policy, Time now) {
  const auto* current = std::get_if<Current>(&evidence.state);
  return current == nullptr ? std::nullopt : std::optional(repository_age(*current->catalog, policy, now));
}

std::string describe(const RepositoryAge& age, const Policy& policy, Time now) {
  if (!age.newest_end) return "there is no snapshot";
  std::string text = fmt::format("the newest snapshot of all is {} old ({})", format_age(now - *age.newest_end),
                                 format_seconds(*age.newest_end));
  if (age.outdated) text += fmt::format(", over index.freshLimit ({})", format_duration(*policy.fresh_limit));
  return text;
}

}  // namespace holdfast::core
