#include "holdfast/webhook/admission.hpp"

#include <algorithm>
#include <cctype>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/base/clock.hpp"
#include "holdfast/core/decide.hpp"
#include "holdfast/core/time.hpp"
#include "holdfast/json/review.hpp"
#include "holdfast/net/url.hpp"
#include "webhook/answer.hpp"
#include "webhook/job_review.hpp"
#include "webhook/judgement.hpp"

namespace holdfast::webhook {
namespace {

using std::chrono::milliseconds;

// The API server allows 1 to 30 s, and asks for 10 s where a webhook configuration does not say.
constexpr milliseconds kUnsaid{10'000};
constexpr milliseconds kLongest{30'000};
constexpr milliseconds kLeastMargin{50};
constexpr milliseconds kMostMargin{500};

net::Response refuse_http(int status, std::string text, std::string allow = {}) {
  return {.status = status, .body = std::move(text) + "\n", .allow = std::move(allow)};
}

std::optional<core::Webhook> webhook_of(std::string_view path) {
  if (path == "/mutate/pvc") return core::Webhook::Mutate;
  if (path == "/validate/pvc") return core::Webhook::Validate;
  return std::nullopt;
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  std::string name(type.substr(0, type.find_last_not_of(" \t") + 1));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name == "application/json";
}

}  // namespace

/// One review from its arrival to its answer. Shared by the callbacks that bring its inputs; they follow each other, so
/// it is never used by two threads at once.
class Review : public std::enable_shared_from_this<Review> {
 public:
  Review(Admission& admission, core::Webhook webhook, net::Request request, net::Respond respond)
      : admission_(admission), webhook_(webhook), request_(std::move(request)), respond_(std::move(respond)) {
    ++admission_.under_way_;
  }
  ~Review() { --admission_.under_way_; }
  Review(const Review&) = delete;
  Review& operator=(const Review&) = delete;

  void begin() {
    guard([this] {
      auto read = json::read_review(request_.body);
      request_.body = {};
      if (const auto* fault = std::get_if<json::ReviewFault>(&read)) return malformed(*fault);
      review_ = std::get<json::Review>(std::move(read));
      if (request_.overloaded || admission_.under_way_ > admission_.options_.requests_under_way) {
        return finish(overloaded_verdict());
      }
      ask_question();
    });
  }

 private:
  const core::Policy& policy() const { return admission_.options_.policy; }
  index::Deadline deadline() const { return request_.arrived + budget(request_.query); }

  void ask_question() {
    core::Question question;
    question.creates_pvc = review_.creates_pvc() && review_.pvc.has_value();
    if (review_.pvc) question.pvc = *review_.pvc;
    question.pvc.ns = review_.ns;
    if (webhook_ == core::Webhook::Validate) promise_ = core::take_promise(question.pvc, policy());
    const bool ask = admission_.cluster_ && core::depends_on_namespace(question, policy(), base::utc_now());
    if (ask) return ask_namespace(std::move(question));
    judge(question);
  }

  /// An entry of the webhook's configurations may select a PVC by other labels than those that its namespace decides
  /// on.
  void ask_namespace(core::Question question) {
    const std::string ns = question.pvc.ns;
    admission_.cluster_->ask_namespace(
        ns, deadline(), [self = shared_from_this(), question = std::move(question)](auto labels) mutable {
          self->guard([&] { self->have_labels(std::move(question), std::move(labels)); });
        });
  }

  void have_labels(core::Question question, ClusterQuestions::Labels labels) {
    if (const auto* silent = std::get_if<core::NoAnswer>(&labels)) {
      return finish(core::wait_verdict(core::Code::ClusterUnavailable,
                                       "whether the namespace is managed could not be asked: " + silent->reason,
                                       "namespace " + review_.ns, base::utc_now()));
    }
    question.namespace_labels = std::get<core::StringMap>(std::move(labels));
    judge(question);
  }

  void judge(const core::Question& question) {
    Judgement::begin(
        {admission_.index_, admission_.cluster_, policy(), &admission_.waiting_, &admission_.standing_,
         webhook_ == core::Webhook::Mutate},
        core::read_intent(question, policy(), base::utc_now()), deadline(),
        [self = shared_from_this()](core::Verdict verdict, const core::Evidence& evidence) {
          self->settle(std::move(verdict), evidence);
        },
        [self = shared_from_this()](std::string_view what) { self->internal_error(what); });
  }

  void settle(core::Verdict verdict, const core::Evidence& evidence) {
    if (webhook_ == core::Webhook::Validate) {
      verdict = core::check_promise(std::move(verdict), promise_, evidence, policy(), base::utc_now());
    }
    finish(verdict);
  }

  void malformed(const json::ReviewFault& fault) {
    review_.uid = fault.uid;
    finish(malformed_verdict(fault.problem));
  }

  /// Whatever escapes becomes a Wait.
  template <class F>
  void guard(F&& f) noexcept {
    guarded(f, [this](std::string_view what) { internal_error(what); });
  }

  void internal_error(std::string_view what) noexcept {
    try {
      admission_.log_.error("internal error",
                            {{"uid", review_.uid}, {"webhook", to_string(webhook_)}, {"error", what}});
      finish(internal_error_verdict());
    } catch (...) {
      respond_({});
    }
  }

  void finish(const core::Verdict& verdict) {
    if (finished_) return;
    const bool patchable = webhook_ == core::Webhook::Mutate && review_.pvc && review_.creates_pvc();
    net::Response response = answer(review_.uid, verdict, patchable ? &*review_.pvc : nullptr, policy());
    const auto duration = std::chrono::steady_clock::now() - request_.arrived;
    admission_.metrics_.admission(to_string(webhook_), to_string(verdict.outcome), to_string(verdict.code), duration);
    finished_ = true;
    respond_(std::move(response));
    log(verdict, duration);
  }

  void log(const core::Verdict& verdict, std::chrono::nanoseconds duration) const {
    if (!admission_.log_.enabled(ops::Level::Info)) return;
    const std::string name = review_.pvc ? review_.pvc->name : review_.name;
    std::vector<ops::Field> fields = {{"namespace", review_.ns},
                                      {"pvc", name},
                                      {"uid", review_.uid},
                                      {"webhook", to_string(webhook_)},
                                      {"verdict", to_string(verdict.outcome)},
                                      {"code", to_string(verdict.code)}};
    if (verdict.evidence_at)
      fields.emplace_back("evidenceAgeSeconds", base::seconds(base::utc_now() - *verdict.evidence_at));
    fields.emplace_back("durationSeconds", base::seconds(duration));
    if (const auto* restore = std::get_if<core::Restore>(&verdict.outcome)) {
      fields.emplace_back("snapshot", restore->snapshot.id);
    }
    if (review_.dry_run) fields.emplace_back("dryRun", true);
    if (policy().mode != core::Mode::Enforce) fields.emplace_back("mode", to_string(policy().mode));
    fields.emplace_back("message", verdict.message);
    for (const std::string& warning : verdict.warnings) fields.emplace_back("warning", warning);
    admission_.log_.log(ops::Level::Info, "decision", fields);
  }

  Admission& admission_;
  const core::Webhook webhook_;
  net::Request request_;
  net::Respond respond_;
  json::Review review_;
  core::Promise promise_;
  bool finished_ = false;
};

Admission::Admission(Options options, index::Index& index, ClusterQuestions* cluster, const ops::Logger& log,
                     ops::Metrics& metrics)
    : options_(std::move(options)), index_(index), cluster_(cluster), log_(log), metrics_(metrics) {}

void Admission::handle(net::Request request, net::Respond respond) {
  const auto webhook = webhook_of(request.path);
  const bool about_job = request.path == "/mutate/job";
  if (!webhook && !about_job) {
    return respond(refuse_http(404, "no such path; there are /mutate/pvc, /validate/pvc and /mutate/job"));
  }
  if (request.method != "POST") return respond(refuse_http(405, "only POST", "POST"));
  if (!is_json(request.content_type)) return respond(refuse_http(415, "only application/json"));
  if (about_job) return respond(JobReview(options_, log_, metrics_).answer(request));
  std::make_shared<Review>(*this, *webhook, std::move(request), std::move(respond))->begin();
}

milliseconds budget(std::string_view query) {
  const auto said = core::parse_duration(net::query_value(query, "timeout"));
  milliseconds timeout = said && said->count() > 0 ? std::chrono::ceil<milliseconds>(*said) : kUnsaid;
  timeout = std::min(timeout, kLongest);
  const milliseconds margin = std::clamp(timeout / 10, kLeastMargin, kMostMargin);
  return std::max(timeout - margin, milliseconds{1});
}

}  // namespace holdfast::webhook
