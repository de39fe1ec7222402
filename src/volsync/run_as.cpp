#include "holdfast/volsync/run_as.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "holdfast/base/text.hpp"
#include "holdfast/volsync/text.hpp"

namespace holdfast::volsync {
namespace {

using Kind = RepositoryOptions::Kind;
using Id = std::optional<std::int64_t>;

std::string to_text(const Id& id) { return id ? std::to_string(*id) : std::string(); }

}  // namespace

bool takes_any_user(const RepositoryOptions& repository) {
  return repository.kind == Kind::S3 || (repository.kind == Kind::Nfs && repository.all_squash);
}

core::RunsAs owner_of_root(const core::Snapshot& snapshot) {
  core::RunsAs owner;
  if (snapshot.uid.value_or(0) > 0) owner.user = *snapshot.uid;
  // kopia leaves a group of 0 out. Where the user is recorded, the group is known to be that.
  if (snapshot.gid.value_or(0) > 0 || owner.user) owner.group = owner.fs_group = snapshot.gid.value_or(0);
  return owner;
}

SecurityContext run_as(SecurityContext context, const core::RunsAs& found, const RepositoryOptions& repository) {
  if (!std::exchange(context.automatic, false)) return context;
  if (found.user.value_or(0) > 0 && takes_any_user(repository)) {
    context.run_as_user = found.user;
    // It is there for a user who does not own the files: it gives them all to a group, and makes them writable for it.
    context.fs_group.reset();
  }
  if (found.group) context.run_as_group = found.group;
  // A claim that holds the repository is a volume of the mover too, and would be given to another group each time.
  if (found.fs_group && repository.kind != Kind::Pvc) context.fs_group = found.fs_group;
  return context;
}

bool is_automatic(const BackupLayer& settings) {
  return settings.security_context && settings.security_context->automatic;
}

void take_ids(BackupLayer& settings, const core::RunsAs& found, const RepositoryOptions& repository,
              bool always_caches_on_volume) {
  if (!is_automatic(settings)) return;
  SecurityContext context = run_as(*settings.security_context, found, repository);
  const bool cache_is_volume = always_caches_on_volume || settings.cache_storage_class;
  if (cache_is_volume && !context.fs_group) context.fs_group = context.run_as_group;
  settings.security_context = std::move(context);
}

bool gives_privileges(std::string_view annotation) {
  static constexpr std::string_view kYes = "true";
  return std::ranges::equal(annotation, kYes, [](char found, char wanted) {
    return (found >= 'A' && found <= 'Z' ? found - 'A' + 'a' : found) == wanted;
  });
}

std::string to_text(const core::RunsAs& as) {
  return fmt::format("{}:{}:{}", to_text(as.user), to_text(as.group), to_text(as.fs_group));
}

core::RunsAs read_runs_as(std::string_view text) {
  const auto parts = base::split(text, ':');
  if (parts.size() != 3) return {};
  const auto id = [](std::string_view part) { return whole_number(part, 0, std::numeric_limits<std::int32_t>::max()); };
  return {id(parts[0]), id(parts[1]), id(parts[2])};
}

std::string unclear_users(const Users& users) {
  if (users.are == Users::Are::Different) return "the pods that use it run as several users";
  if (users.are != Users::Are::Alike) return {};
  if (!users.as.user) return "the pods that use it do not say whom they run as (securityContext.runAsUser)";
  return *users.as.user == 0 ? "the pods that use it run as root" : "";
}

}  // namespace holdfast::volsync
