#include "holdfast/webhook/ops_routes.hpp"

#include "holdfast/base/clock.hpp"
#include "holdfast/core/decide.hpp"
#include "holdfast/json/tree.hpp"
#include "holdfast/net/url.hpp"
#include "webhook/answer.hpp"
#include "webhook/judgement.hpp"

namespace holdfast::webhook {
namespace {

constexpr std::chrono::seconds kHealthBudget{2};
constexpr std::chrono::seconds kExistsBudget{5};
constexpr std::chrono::seconds kAuditBudget{10};
constexpr std::string_view kExists = "/exists/";
constexpr std::string_view kAudit = "/audit";
constexpr std::string_view kPage = "/";

net::Response text(int status, std::string body) { return {.status = status, .body = std::move(body)}; }

net::Response json(int status, const Json::Value& value) {
  return {.status = status, .content_type = "application/json", .body = json::write_tree(value) + "\n"};
}

bool is_served(std::string_view path) {
  if (path.starts_with(kExists)) return core::parse_pvc_name(path.substr(kExists.size())).has_value();
  return path == kAudit || path == kPage || path == "/livez" || path == "/readyz" || path == "/healthz" ||
         path == "/metrics";
}

/// What a PVC of this name would be told, were it created now with a backup label and nothing else.
core::Intent plain_intent(const core::PvcName& name, core::Policy policy) {
  policy.simple_contract = true;
  core::Question question;
  question.pvc.ns = name.ns;
  question.pvc.name = name.name;
  question.pvc.labels.emplace(core::key::kBackup, "hourly");
  return core::read_intent(question, policy, base::utc_now());
}

net::Response exists_answer(const core::PvcName& name, const core::Intent& intent, const core::Verdict& verdict,
                            std::string_view backend) {
  const auto* restore = std::get_if<core::Restore>(&verdict.outcome);
  const bool fresh = std::holds_alternative<core::Fresh>(verdict.outcome);
  const bool known = restore != nullptr || fresh;
  std::string source;
  if (restore != nullptr)
    source = to_string(restore->source);
  else if (const auto* wanted = std::get_if<core::WantsRestore>(&intent))
    source = to_string(wanted->candidates[0].identity);

  Json::Value out;
  out["exists"] = !fresh;  // false is for what is proven
  out["decision"] = restore != nullptr ? "restore" : fresh ? "fresh" : "unknown";
  out["authoritative"] = known;
  out["namespace"] = name.ns;
  out["pvc"] = name.name;
  out["backend"] = std::string(backend);
  out["source"] = source;
  out["error"] = known ? "" : std::string(to_string(verdict.code));
  return json(known ? 200 : 503, out);
}

net::Response audit_answer(const AuditPage& page, bool as_html, int status) {
  if (as_html) return {.status = status, .content_type = "text/html; charset=utf-8", .body = audit_html(page)};
  Json::Value out;
  out["items"] = page.items;
  if (!page.unclaimed.empty()) out["unclaimed"] = page.unclaimed;
  if (!page.repository.isNull()) out["repository"] = page.repository;
  if (!page.problem.empty()) out["problem"] = page.problem;
  return json(status, out);
}

}  // namespace

OpsRoutes::OpsRoutes(const core::Policy& policy, index::Index& index, const ops::Health& health,
                     const ops::Metrics& metrics, AuditSource* audit, ClusterQuestions* cluster)
    : policy_(policy), index_(index), health_(health), metrics_(metrics), audit_(audit), cluster_(cluster) {}

void OpsRoutes::handle(const net::Request& request, const net::Respond& respond) const {
  if (!is_served(request.path)) {
    return respond(
        text(404, "no such path; there are / /audit /livez /readyz /healthz /metrics and /exists/{namespace}/{pvc}\n"));
  }
  if (request.method != "GET" && request.method != "HEAD") {
    return respond({.status = 405, .body = "only GET\n", .allow = "GET, HEAD"});
  }
  // A kubelet's probes are answered whatever the load.
  const std::string_view path = request.path;
  if (path == "/livez") return respond(text(200, "ok\n"));
  if (path == "/readyz") {
    const auto report = health_.report();
    return respond(text(report.ready ? 200 : 503, report.text));
  }
  if (request.overloaded) return respond(text(503, "too many connections\n"));
  if (path == "/healthz") return healthz(respond);
  if (path == "/metrics") {
    return respond(
        {.status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_.text()});
  }
  if (path == kAudit || path == kPage) return audit(request, respond);
  exists(*core::parse_pvc_name(path.substr(kExists.size())), respond);
}

void OpsRoutes::healthz(const net::Respond& respond) const {
  const auto place = questions_.take();
  if (!place) return respond(text(503, "too many questions are under way\n"));
  index_.prove(std::chrono::steady_clock::now() + kHealthBudget, [respond, place](const core::Evidence& evidence) {
    const auto* unknown = std::get_if<core::Unknown>(&evidence.state);
    respond(unknown == nullptr ? text(200, "ok\n") : text(503, unknown->reason + "\n"));
  });
}

void OpsRoutes::exists(const core::PvcName& name, const net::Respond& respond) const {
  core::Intent intent = plain_intent(name, policy_);
  const auto place = questions_.take();
  const auto answer = [respond, name, intent, place, backend = index_.backend()](const core::Verdict& verdict) {
    respond(exists_answer(name, intent, verdict, backend));
  };
  if (!place) return answer(overloaded_verdict());
  Judgement::begin(
      {index_, cluster_, policy_}, std::move(intent), std::chrono::steady_clock::now() + kExistsBudget,
      [answer](const core::Verdict& verdict, const core::Evidence&) { answer(verdict); },
      [answer](std::string_view) { answer({}); });
}

void OpsRoutes::audit(const net::Request& request, const net::Respond& respond) const {
  const bool as_html = request.path == kPage;
  const auto refuse = [&](std::string problem) {
    AuditPage page;
    page.problem = std::move(problem);
    respond(audit_answer(page, as_html, 503));
  };
  if (audit_ == nullptr) return refuse("there is no connection to the cluster: nothing is known of its PVCs");
  const auto place = audits_.take();
  if (!place) return refuse("too many audits are under way");
  audit_->audit(net::query_value(request.query, "namespace"), std::chrono::steady_clock::now() + kAuditBudget,
                [respond, as_html, place](const AuditPage& page) { respond(audit_answer(page, as_html, 200)); });
}

}  // namespace holdfast::webhook
