#include <fmt/format.h>

#include "holdfast/certs/kube_cluster.hpp"
#include "holdfast/certs/rotation.hpp"
#include "holdfast/certs/store.hpp"
#include "src/cli/doctor/checks.hpp"
#include "src/cli/serve/serving_certificate.hpp"

namespace holdfast::cli::diagnosis {
namespace {

using Mode = Settings::Certs::Mode;

constexpr std::chrono::days kSoon{14};
constexpr const char* kNotRenewed = "see in the log of `serve` why it is not renewed, and that clocks are right";

std::string valid_until(core::Time end) { return "valid until " + core::format_seconds(end); }

std::string renewal_advice(const Settings& settings) {
  if (settings.certs.mode == Mode::CertManager) {
    return "see why cert-manager does not renew it: `kubectl describe certificate holdfast-webhook`";
  }
  return fmt::format("renew what lies in {}", settings.webhook.cert_dir);
}

/// What the replicas share. Throws std::runtime_error for what cannot be used.
certs::Contents contents_of(const Json::Value& document) {
  const auto secret = certs::read_shared_secret(document);
  if (!secret) throw std::runtime_error("it cannot be understood");
  return certs::read_contents(secret->data);
}

Answer ask_for_secret(const Settings& settings, ClusterClient& cluster) {
  return cluster.object(kube::kSecrets, settings.generator.own_namespace, settings.certs.secret);
}

/// A renewal is under way from two thirds of its lifetime on, and soon over.
void judge(const certs::Generation& served, const Settings& settings, core::Time now, Part& part) {
  const std::string valid = valid_until(served.not_after);
  const core::Time renewal = certs::renewal_of(served);
  if (now < served.not_before) {
    part.fail("not valid before " + core::format_seconds(served.not_before), kNotRenewed);
  } else if (now > served.not_after) {
    part.fail("expired at " + core::format_seconds(served.not_after), kNotRenewed);
  } else if (!certs::is_for(served, service_names(settings, settings.generator.own_namespace))) {
    part.fail(fmt::format("not for the Service {}", settings.certs.service), "set certs.service to the name it has");
  } else if (now > renewal + (served.not_after - renewal) / 4) {
    part.warn(valid + " and not renewed", kNotRenewed);
  } else {
    part.ok(valid);
  }
}

}  // namespace

void check_certificate(const Settings& settings, core::Time now, Part part) {
  if (!settings.webhook.enabled) return part.ok("not needed: the webhook is off");
  const std::string& folder = settings.webhook.cert_dir;
  if (folder.empty()) return part.fail("webhook.certDir (--webhook-cert-dir) is not set", "name the folder of tls.crt");
  try {
    certs::Store store(folder);
    if (const std::string problem = store.problem_at(now); !problem.empty()) {
      return part.fail(problem, renewal_advice(settings));
    }
    const core::Time end = store.reload_if_changed().not_after;
    if (end - now < kSoon) return part.warn(valid_until(end), renewal_advice(settings));
    part.ok(valid_until(end));
  } catch (const std::exception& e) {
    part.fail(e.what(), "`holdfast certs generate` makes certificates to try with");
  }
}

void check_own_certificate(const Settings& settings, ClusterClient& cluster, core::Time now, Part part) {
  if (!settings.webhook.enabled) return part.ok("not needed: the webhook is off");
  const std::string& ns = settings.generator.own_namespace;
  if (ns.empty()) return part.fail("holdfast's own namespace is not known", "set POD_NAMESPACE");
  const std::string name = fmt::format("Secret {}/{}", ns, settings.certs.secret);
  const Answer answer = ask_for_secret(settings, cluster);
  if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
    if (error->not_found()) return part.warn(name + " is not there yet", "start holdfast");
    return part.unknown(name + ": " + error->message, kLookElsewhere);
  }
  try {
    judge(contents_of(std::get<Json::Value>(answer)).current, settings, now, part);
  } catch (const std::runtime_error& e) {
    part.fail(fmt::format("{}: {}", name, e.what()), "delete it: holdfast writes it again");
  }
}

std::string served_chain(const Settings& settings, ClusterClient& cluster) try {
  if (settings.certs.mode != Mode::Self) {
    return settings.webhook.cert_dir.empty() ? std::string() : certs::Store(settings.webhook.cert_dir).chain();
  }
  const Answer answer = ask_for_secret(settings, cluster);
  const auto* document = std::get_if<Json::Value>(&answer);
  return document ? contents_of(*document).current.chain : std::string();
} catch (const std::exception&) {
  return {};
}

}  // namespace holdfast::cli::diagnosis
