#include "src/generator/plan/hold.hpp"

#include <fmt/format.h>

#include "holdfast/base/text.hpp"
#include "holdfast/core/candidates.hpp"
#include "holdfast/volsync/observed.hpp"

namespace holdfast::generator {
namespace {

constexpr std::string_view kCut = "…";
constexpr std::size_t kMaxMessageBytes = 1024;

std::string with_placeholder(std::string text, std::string_view name, std::string_view placeholder) {
  const std::size_t at = text.find(name);
  return at == std::string::npos ? text : text.replace(at, name.size(), placeholder);
}

/// A template that gives this identity for this PVC; nullopt: there is none.
std::optional<core::IdentityTemplate> template_for(const core::Identity& identity, const core::PvcName& pvc) {
  const std::string user = with_placeholder(identity.user, pvc.name, "{pvc}");
  const std::string host = with_placeholder(identity.host, pvc.ns, "{namespace}");
  for (const std::string& path : {identity.path, with_placeholder(identity.path, pvc.name, "{pvc}")}) {
    auto found = core::IdentityTemplate::parse(core::to_string(core::Identity{user, host, path}));
    if (found && found->expand(pvc) == identity) return found;
  }
  return std::nullopt;
}

/// The whole list as it has to be: the setting takes the place of the one that is in force.
std::string remedy(const core::Identity& identity, const core::PvcName& pvc, const core::Policy& policy) {
  const auto further = template_for(identity, pvc);
  if (!further) return "no line of index.identities gives that name, so give it one of the PVC's own, or remove it";
  std::string line;
  for (const core::IdentityTemplate& known : core::identity_templates(policy))
    line += fmt::format("\"{}\", ", known.text());
  return fmt::format(
      "if those backups are this PVC's, put `index: {{identities: [{}\"{}\"]}}` into holdfast's configuration", line,
      further->text());
}

/// Somebody else's object under one of our names.
std::string what_to_do_with(const core::Observed& object, const core::PvcName& pvc) {
  const std::string backs_up = source_claim(object);
  if (!backs_up.empty() && backs_up != pvc.name) {
    return fmt::format("remove or rename it: it backs up the PVC {}", cut(one_line(backs_up), 253));
  }
  if (const std::string into = restores_into(object); !into.empty()) {
    return fmt::format("remove or rename it: it restores into the PVC {} by itself, over what is in it",
                       cut(one_line(into), 253));
  }
  if (is_owned_by_another(object, pvc.name))
    return "remove or rename it: an ownerReference says that it is another PVC's";
  if (has_other_mover(object)) {
    return fmt::format("remove or rename it: its mover is {}, which holdfast does not take over",
                       cut(movers_of(object), 64));
  }
  if (const std::string_view keeper = kept_by(object); !keeper.empty()) {
    return fmt::format(
        "remove or rename it, or take it out of {} without deleting it, and then over with `holdfast "
        "adopt --apply`",
        keeper);
  }
  const bool by_setting = is_adoptable_from(manager_of(object));
  return fmt::format("remove or rename it, or take it over with `holdfast adopt --apply`{}",
                     by_setting ? ", or with generator.adopt: true" : "");
}

}  // namespace

std::string cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  if (max_bytes < kCut.size()) return {};
  return std::string(base::cut_utf8(text, max_bytes - kCut.size())).append(kCut);
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || base::is_control(c);
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Hold make_hold(Part part, std::string_view code, std::string_view message, bool warning) {
  return {part, std::string(code), cut(message, kMaxMessageBytes), warning, std::nullopt};
}

Hold foreign_hold(Part part, const core::Observed& object, const core::PvcName& pvc) {
  const std::string manager = manager_of(object);
  const std::string_view blocked = part == Part::Destination || part == Part::RestoreRun
                                       ? "no restore of this PVC can go on"
                                       : "it is neither changed nor deleted";
  return make_warning(part, "ForeignObject", "{} {} exists and is not holdfast's ({}): {}; {}", resource(part).kind,
                      object.meta.name,
                      manager.empty() ? "it names no manager" : "it is managed by " + cut(manager, 64), blocked,
                      what_to_do_with(object, pvc));
}

Hold secret_elsewhere_hold(const core::Observed& source, std::string_view secret, bool writes) {
  if (writes) {
    return make_warning(
        Part::Source, "SecretElsewhere",
        "ReplicationSource {} is not taken over: its movers read the Secret {}, which no ExternalSecret "
        "of that name makes; holdfast's would replace what is in it, and could not give it back; set "
        "generator.secret.name to another name, or generator.secret.mode: none",
        source.meta.name, secret);
  }
  return make_warning(
      Part::Source, "SecretElsewhere",
      "ReplicationSource {} is not taken over: its movers read the Secret {}, and holdfast's would read "
      "{} and have the repository where generator.repository mounts it; led elsewhere they would back up into a folder "
      "of "
      "their own and report success; set generator.secret.name to theirs and "
      "generator.repository.inject: true where a policy mounted it, or generator.secret.mode: "
      "external-secret",
      source.meta.name, cut(repository_of(source), 128), secret);
}

Hold unavailable_hold(Part part, Known known) {
  const kube::Resource& kind = resource(part);
  if (known == Known::Forbidden) {
    return make_warning(part, "Forbidden",
                        "the {} of this PVC is not written: holdfast may not read {}.{}; give its service account get, "
                        "list, watch, create, patch and delete on them",
                        to_string(part), kind.plural, kind.group);
  }
  return make_warning(part, "KindNotInstalled",
                      "the {} of this PVC is not written: the cluster has no kind {} ({}); install it", to_string(part),
                      kind.kind, kind.api_version());
}

Hold rival_hold(const core::Observed& rival, bool beside_another, const core::PvcName& pvc,
                const core::Policy& policy) {
  const std::string manager = manager_of(rival);
  const auto identity = working_identity(rival);
  const bool looked_for = identity && core::contains(core::candidates(policy, pvc), *identity);
  std::string settles;
  if (identity && !looked_for) settles = remedy(*identity, pvc, policy) + "; then ";
  if (rival.meta.name == names(core::other(policy.naming), pvc.name).source && is_adoptable_from(manager)) {
    settles += fmt::format("take it over with generator.adopt: true and generator.naming: {}, or ",
                           core::to_string(core::other(policy.naming)));
  }
  return make_warning(Part::Source, "ForeignSource",
                      "{}: ReplicationSource {} ({}) backs the PVC up as {}, and two would each keep a part of its "
                      "backups; to leave it to holdfast {}delete ReplicationSource {}, and to leave it to the other "
                      "label the PVC `{}: \"true\"` with a reason",
                      beside_another ? "the PVC is backed up twice" : "no ReplicationSource is made for this PVC",
                      cut(rival.meta.name, 128),
                      manager.empty() ? "it names no manager" : "managed by " + cut(manager, 64),
                      identity ? cut(core::to_string(*identity), 256) : "nobody can tell", settles,
                      cut(rival.meta.name, 128), core::key::kBackupExempt);
}

Hold foreign_identity_hold(Part part, const core::Observed& object, const core::PvcName& pvc,
                           const core::Policy& policy) {
  const core::Identity identity = *working_identity(object);
  return make_warning(part, "ForeignIdentity",
                      "{} {} of {} is not taken over and nothing of it is changed: it {} {}, where holdfast does not "
                      "look for backups of this PVC; {}",
                      resource(part).kind, object.meta.name, cut(manager_of(object), 64),
                      part == Part::Source ? "backs up as" : "restores from", cut(core::to_string(identity), 256),
                      remedy(identity, pvc, policy));
}

}  // namespace holdfast::generator
