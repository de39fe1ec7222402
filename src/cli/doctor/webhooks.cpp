#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "holdfast/certs/generation.hpp"
#include "holdfast/kube/base64.hpp"
#include "src/cli/doctor/checks.hpp"

namespace holdfast::cli::diagnosis {
namespace {

using Mode = Settings::Certs::Mode;

constexpr std::string_view kMutatesClaims = "/mutate/pvc";

struct Endpoint {
  kube::Resource resource;
  std::string_view path;
};

bool leads_to(const Json::Value& webhook, std::string_view path) {
  const std::string url = text_at(webhook, {"clientConfig", "url"});
  return text_at(webhook, {"clientConfig", "service", "path"}) == path || url.ends_with(path);
}

/// Who puts the authority into the caBundle.
std::string_view publishing_advice(Mode mode) {
  if (mode == Mode::CertManager) return "see that cert-manager's cainjector runs and may write it";
  if (mode == Mode::Self) return "see in the log of `serve` why it is not written";
  return "put ca.crt into its caBundle";
}

bool keeps_out(const Json::Value& webhook, const std::string& ns) {
  for (const Json::Value& term : at(webhook, {"namespaceSelector", "matchExpressions"})) {
    if (text_at(term, {"operator"}) != "NotIn") continue;
    const Json::Value& values = at(term, {"values"});
    if (std::find(values.begin(), values.end(), Json::Value(ns)) != values.end()) return true;
  }
  return false;
}

/// Some entry is asked about PVCs that are created.
bool sees_claims(const Json::Value& configuration) {
  const auto names = [](const Json::Value& list, std::string_view wanted) {
    return std::any_of(list.begin(), list.end(), [&](const Json::Value& one) {
      return one.isString() && (one.asString() == "*" || one.asString() == "*/*" || one.asString() == wanted);
    });
  };
  for (const Json::Value& webhook : at(configuration, {"webhooks"})) {
    for (const Json::Value& rule : at(webhook, {"rules"})) {
      const bool claims =
          names(at(rule, {"apiGroups"}), "") && names(at(rule, {"resources"}), "persistentvolumeclaims");
      if (claims && names(at(rule, {"operations"}), "CREATE")) return true;
    }
  }
  return false;
}

class Registration {
 public:
  Registration(const Settings& settings, std::string chain, Part& part)
      : mode_(settings.certs.mode), chain_(std::move(chain)), own_(settings.generator.own_namespace), part_(part) {}

  /// Looks at every entry that leads to an endpoint.
  void check(const Json::Value& list, const Endpoint& endpoint) {
    bool found = false;
    for (const Json::Value& configuration : at(list, {"items"})) {
      const std::string name = text_at(configuration, {"metadata", "name"});
      for (const Json::Value& webhook : at(configuration, {"webhooks"})) {
        if (!leads_to(webhook, endpoint.path)) continue;
        found = true;
        if (endpoint.path == kMutatesClaims) ours_.insert(name);
        check_entry(fmt::format("{} {}: {}", endpoint.resource.kind, name, text_at(webhook, {"name"})), webhook,
                    endpoint);
      }
    }
    if (found && endpoint.path == kMutatesClaims) check_order(list);
    if (found) return;
    part_.fail(fmt::format("no {} leads to {}", endpoint.resource.kind, endpoint.path),
               "register it (docs/webhooks.md)");
  }

 private:
  /// API servers ask mutating webhooks in the order of their configurations' names.
  void check_order(const Json::Value& list) {
    const std::string& last = *ours_.rbegin();
    for (const std::string& name : ours_) {
      if (name == last) break;
      part_.warn(
          fmt::format("PVCs are asked about twice: MutatingWebhookConfiguration {} is there besides {}", name, last),
          fmt::format("where it is an earlier version's, kubectl delete mutatingwebhookconfiguration {}", name));
    }
    for (const Json::Value& configuration : at(list, {"items"})) {
      const std::string name = text_at(configuration, {"metadata", "name"});
      if (name <= last || !sees_claims(configuration)) continue;
      part_.warn(fmt::format("MutatingWebhookConfiguration {} comes after {}: a PVC to which it adds a backup label is "
                             "not restored",
                             name, last),
                 "put backup labels into manifests, or give it a name that sorts before");
    }
  }

  void check_entry(const std::string& entry, const Json::Value& webhook, const Endpoint& endpoint) {
    if (text_at(webhook, {"failurePolicy"}) != "Fail") {
      part_.fail(entry + " is not asked while holdfast is away", "set failurePolicy: Fail");
    }
    if (!chain_.empty() && !trusts(webhook)) {
      part_.fail(entry + " does not trust the certificate that is served", std::string(publishing_advice(mode_)));
    }
    const bool about_claims = endpoint.path != "/mutate/job";
    if (about_claims && !own_.empty() && !keeps_out(webhook, own_)) {
      part_.fail(fmt::format("{} guards holdfast's own namespace {}: it could not start again", entry, own_),
                 "exclude it in the namespaceSelector");
    }
  }

  bool trusts(const Json::Value& webhook) const {
    const auto bundle = kube::decode_base64(text_at(webhook, {"clientConfig", "caBundle"}));
    return bundle && certs::trusts(*bundle, chain_);
  }

  const Mode mode_;
  const std::string chain_;
  const std::string own_;
  Part& part_;
  std::set<std::string> ours_;  ///< mutating configurations that lead to us
};

}  // namespace

void check_webhooks(const Settings& settings, ClusterClient& cluster, Part part) {
  if (!settings.webhook.enabled) return part.ok("not needed: the webhook is off");
  std::vector<Endpoint> endpoints = {{kube::kMutatingWebhooks, kMutatesClaims},
                                     {kube::kValidatingWebhooks, "/validate/pvc"}};
  if (settings.generator.repository.inject) endpoints.push_back({kube::kMutatingWebhooks, "/mutate/job"});
  Registration registration(settings, served_chain(settings, cluster), part);
  for (const Endpoint& endpoint : endpoints) {
    const Answer answer = cluster.list(endpoint.resource);
    if (const auto* error = std::get_if<kube::ApiError>(&answer)) {
      part.unknown(fmt::format("{} cannot be listed: {}", endpoint.resource.plural, error->message), kLookElsewhere);
    } else {
      registration.check(std::get<Json::Value>(answer), endpoint);
    }
  }
  if (part.silent()) part.ok("registered, fail closed, and trusting our certificate");
}

}  // namespace holdfast::cli::diagnosis
