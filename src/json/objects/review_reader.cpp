#include <fmt/format.h>

#include "holdfast/base/text.hpp"
#include "holdfast/json/review.hpp"
#include "src/json/objects/pvc_shape.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

constexpr std::string_view kApiVersion = "admission.k8s.io/v1";
constexpr std::string_view kKind = "AdmissionReview";
constexpr std::size_t kUidBytes = 128;    // the API server's are 36
constexpr std::size_t kQuotedBytes = 64;  // of a foreign word in a message
// An API server takes 256 KiB of annotations, in whatever number (apimachinery, ValidateAnnotationsSize). A thousand
// small ones take more memory than their text, for as long as a review waits.
constexpr std::size_t kMostEntries = 1000;

struct Draft {
  std::string api_version;
  std::string kind;
  bool has_request = false;
  Review review;
  std::string operation;
  std::string version;  ///< of request.resource
  std::optional<PvcDraft> object;
};

void* open_request(void* draft) {
  static_cast<Draft*>(draft)->has_request = true;
  return draft;
}

constexpr Member kResource[] = {
    {"group", text<&Draft::review, &Review::group>()},
    {"version", text<&Draft::version>()},
    {"resource", text<&Draft::review, &Review::resource>()},
};
constexpr Member kUserInfo[] = {{"username", text<&Draft::review, &Review::user>()}};

constexpr Shape kObject = {.kind = Shape::Kind::Object,
                           .open = detail::open_slot<&Draft::object>,
                           .complaints = complaints_of<PvcDraft>,
                           .members = pvc_shape::kDraft};

constexpr Member kRequest[] = {
    {"uid", text<&Draft::review, &Review::uid>()},
    {"operation", text<&Draft::operation>()},
    {"resource", object(kResource)},
    {"subResource", text<&Draft::review, &Review::subresource>()},
    {"namespace", text<&Draft::review, &Review::ns>()},
    {"name", text<&Draft::review, &Review::name>()},
    {"userInfo", object(kUserInfo)},
    {"dryRun", flag<&Draft::review, &Review::dry_run>()},
    {"object", kObject},
    {"oldObject", present<&Draft::review, &Review::has_old_object>()},
};
constexpr Member kDocument[] = {
    {"apiVersion", text<&Draft::api_version>()},
    {"kind", text<&Draft::kind>()},
    {"request", {.kind = Shape::Kind::Object, .open = open_request, .members = kRequest}},
};
constexpr Shape kReview = object(kDocument);

std::optional<Operation> parse_operation(std::string_view word) {
  if (word == "CREATE") return Operation::Create;
  if (word == "UPDATE") return Operation::Update;
  if (word == "DELETE") return Operation::Delete;
  if (word == "CONNECT") return Operation::Connect;
  return std::nullopt;
}

std::string expected(std::string_view field, std::string_view wanted, std::string_view found) {
  if (found.empty()) return fmt::format("{}: expected {}, found nothing", field, wanted);
  return fmt::format("{}: expected {}, found \"{}\"", field, wanted, base::printable(found, kQuotedBytes));
}

bool is_claim(const Draft& draft) {
  return draft.review.group.empty() && draft.version == "v1" && draft.review.resource == "persistentvolumeclaims";
}

/// What is wrong with the envelope; empty: nothing.
std::string envelope_problem(const Draft& draft) {
  if (draft.api_version != kApiVersion) return expected("apiVersion", kApiVersion, draft.api_version);
  if (draft.kind != kKind) return expected("kind", kKind, draft.kind);
  if (!draft.has_request) return "request: missing";
  if (draft.review.uid.empty()) return "request.uid: missing";
  if (draft.review.uid.size() > kUidBytes) return fmt::format("request.uid: longer than {} bytes", kUidBytes);
  if (!parse_operation(draft.operation)) {
    return expected("request.operation", "CREATE, UPDATE, DELETE or CONNECT", draft.operation);
  }
  return draft.review.resource.empty() ? "request.resource.resource: missing" : "";
}

std::string entries_problem(std::string_view field, const core::StringMap& entries) {
  if (entries.size() <= kMostEntries) return {};
  return fmt::format("request.object.metadata.{}: more than {} entries", field, kMostEntries);
}

/// What is wrong with the claim, where the request is about one; empty: nothing.
std::string claim_problem(const Draft& draft) {
  if (!is_claim(draft)) return {};
  if (draft.object) {
    const core::Pvc& pvc = draft.object->pvc;
    std::string problem = to_string(draft.object->complaints);
    if (problem.empty()) problem = entries_problem("labels", pvc.labels);
    return problem.empty() ? entries_problem("annotations", pvc.annotations) : problem;
  }
  const bool needs_object = draft.review.operation == Operation::Create || draft.review.operation == Operation::Update;
  return needs_object ? "request.object: missing" : "";
}

core::Pvc complete(core::Pvc pvc, const Review& review) {
  if (pvc.ns.empty()) pvc.ns = review.ns;
  if (pvc.name.empty()) pvc.name = review.name;
  return pvc;
}

ReviewFault fault(const Draft& draft, std::string problem) {
  const bool usable = draft.review.uid.size() <= kUidBytes;
  return {usable ? draft.review.uid : std::string(), std::move(problem)};
}

std::variant<Review, ReviewFault> finish(Draft draft) {
  draft.review.operation = parse_operation(draft.operation).value_or(Operation::Create);
  for (auto check : {envelope_problem, claim_problem}) {
    if (std::string problem = check(draft); !problem.empty()) return fault(draft, std::move(problem));
  }
  if (is_claim(draft) && draft.object) draft.review.pvc = complete(std::move(draft.object->pvc), draft.review);
  return std::move(draft.review);
}

}  // namespace

bool Review::creates_pvc() const {
  return operation == Operation::Create && group.empty() && resource == "persistentvolumeclaims" &&
         subresource.empty() && pvc.has_value();
}

std::variant<Review, ReviewFault> read_review(std::string_view body, const ReadLimits& limits) {
  if (body.size() > limits.bytes) return ReviewFault{{}, fmt::format("longer than {} bytes", limits.bytes)};
  Draft draft;
  Walker walker(kReview, &draft, {.depth = limits.depth, .members = limits.members});
  parse_json(body, walker);
  if (auto problem = walker.fault()) return fault(draft, std::move(*problem));
  return finish(std::move(draft));
}

}  // namespace holdfast::json
