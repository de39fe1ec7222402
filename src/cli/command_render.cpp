#include <fmt/format.h>

#include "holdfast/base/clock.hpp"
#include "holdfast/cli/run.hpp"
#include "holdfast/core/mover_identity.hpp"
#include "holdfast/core/quantity.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/make_index.hpp"
#include "src/cli/output.hpp"
#include "src/cli/rendering.hpp"

namespace holdfast::cli {
namespace {

void say(const std::string& text) { fmt::print(stderr, "# {}\n", text); }

/// The repository's word, where one is configured. A repository that cannot be read is said, and changes the exit code.
std::optional<core::Evidence> ask(const Settings& settings) {
  if (settings.index.backend.empty()) return std::nullopt;
  return Look(settings).at_backups();
}

std::vector<Json::Value> bodies(const std::vector<volsync::Object>& objects) {
  std::vector<Json::Value> all;
  all.reserve(objects.size());
  for (const auto& object : objects) all.push_back(object.body);
  return all;
}

RestoreRequest to_request(const RenderRequest& asked) {
  const auto pvc = core::parse_pvc_name(asked.restore);
  if (!pvc) throw SettingsError(fmt::format("--restore: {:?} is not <namespace>/<pvc>", asked.restore));
  if (!asked.into.empty() && !core::parse_pvc_name(pvc->ns + "/" + asked.into)) {
    throw SettingsError(fmt::format("--into: {:?} is not a name for a PVC", asked.into));
  }
  if (!asked.size.empty() && !(core::parse_bytes(asked.size) > 0)) {
    throw SettingsError(fmt::format("--size: {:?} is not a quantity such as 20Gi", asked.size));
  }
  return {*pvc, asked.as_of, asked.into, asked.size};
}

void say_what_to_do(const RestoreRequest& request, const core::Restore& found, const Settings& settings) {
  const std::string name = restored_name(request);
  const std::string& ns = request.pvc.ns;
  const volsync::SecretOptions& secrets = settings.generator.secret;
  const std::string_view whence = secrets.writes_external()
                                      ? "; where it is gone, `holdfast render -f` prints its ExternalSecret"
                                  : secrets.copies() ? "; holdfast makes it beside a protected PVC of that name"
                                                     : "";
  say(fmt::format("snapshot {} of {}, begun {}, {} files", found.snapshot.id, to_string(found.source),
                  found.snapshot.start_time, found.snapshot.files));
  say(fmt::format("it needs the Secret {}/{}{}", ns, volsync::secret_name(secrets, request.pvc), whence));
  say("the volume gets the default storage class; pipe this to `kubectl apply -f -`, then see that the mover says "
      "\"Snapshot restore completed successfully\" and that all files came:");
  say(fmt::format("  kubectl -n {} get replicationdestination {} -o jsonpath='{{.status.latestMoverStatus}}'", ns,
                  name));
  say("and when the PVC is Bound and you have what you want:");
  say(fmt::format("  kubectl -n {} delete replicationdestination {}", ns, name));
}

int render_restore(const Settings& settings, const RenderRequest& asked, Output output) {
  const RestoreRequest request = to_request(asked);
  Look look_at(settings);
  const auto verdict = find_snapshot(request, look_at.at_backups(), settings.policy, base::utc_now());
  const auto* found = std::get_if<core::Restore>(&verdict.outcome);
  if (found == nullptr) {
    fmt::print(stderr, "holdfast: nothing to restore: {}\n", verdict.message);
    return std::holds_alternative<core::Wait>(verdict.outcome) ? kCannotTell : kCheckFailed;
  }
  const std::string problem = core::mover_problem(found->source);
  if (!problem.empty()) {
    fmt::print(stderr, "holdfast: {}\n", problem);
    return kCheckFailed;
  }
  print(manifests(restore_objects(request, *found, settings), output));
  say_what_to_do(request, *found, settings);
  return kOk;
}

int render_file(const Settings& settings, const InputRequest& request, Output output) {
  const Input input = read_input(request, settings.policy);
  tell_warnings(input);
  const auto evidence = ask(settings);
  const Rendering rendering = render_objects(input, evidence ? &*evidence : nullptr, settings);
  for (const std::string& text : rendering.skipped) say("skipped " + text);
  for (const std::string& text : rendering.problems) say("problem " + text);
  print(manifests(bodies(rendering.objects), output));
  const auto* unknown = evidence ? std::get_if<core::Unknown>(&evidence->state) : nullptr;
  if (unknown == nullptr) return kOk;
  say("the identities are guesses, because the backups are not known: " + unknown->reason);
  return kCannotTell;
}

}  // namespace

int render(const Settings& settings, const RenderRequest& request, Output output) {
  if (request.input.files.empty() == request.restore.empty()) {
    throw SettingsError("render: give either -f FILE or --restore NAMESPACE/PVC");
  }
  return request.restore.empty() ? render_file(settings, request.input, output)
                                 : render_restore(settings, request, output);
}

}  // namespace holdfast::cli
