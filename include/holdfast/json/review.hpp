// AdmissionReview, admission.k8s.io/v1: bytes in, our words out, and back with a patch.
// Source of the format: k8s.io/api/admission/v1/types.go.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "holdfast/core/pvc.hpp"
#include "holdfast/core/verdict.hpp"
#include "holdfast/json/limits.hpp"

namespace holdfast::json {

enum class Operation { Create, Update, Delete, Connect };

/// A request that reads well. `pvc` is filled only where the object is a core/v1 PersistentVolumeClaim.
struct Review {
  std::string uid;
  Operation operation = Operation::Create;
  std::string group;        ///< of request.resource
  std::string resource;     ///< "persistentvolumeclaims"
  std::string subresource;  ///< "status", or empty
  std::string ns;
  std::string name;
  std::string user;
  bool dry_run = false;
  bool has_old_object = false;
  std::optional<core::Pvc> pvc;  ///< its namespace and name are completed from the request

  /// A question for the decision at all: CREATE of a persistentvolumeclaim itself.
  bool creates_pvc() const;
};

/// Not an AdmissionReview v1 that can be answered by the rules.
struct ReviewFault {
  std::string uid;      ///< where it could be read, so that the denial can be matched; else empty
  std::string problem;  ///< names the field: "request.object.metadata.labels.backup: expected a string"
};

/// Never throws but for want of memory. Members may stand in any order; unknown ones are skipped; null is absent; a key
/// that occurs twice in any object is a fault.
std::variant<Review, ReviewFault> read_review(std::string_view body, const ReadLimits& limits = {});

/// The JSON Patch (RFC 6902) that carries out a verdict: the operations that turn `pvc`, as it was sent, into what
/// `verdict` promises: for a Restore `spec.dataSourceRef` (unless it is there) and our annotations; for anything else
/// the removal of promise annotations that a client sent. `metadata.annotations` is created first where it is missing;
/// `spec` must be there, as it is in every review. Deterministic. Empty text: nothing to change.
std::string write_patch(const core::Pvc& pvc, const core::Verdict& verdict);

/// What goes back. As it stands, a denial without a reason.
struct Answer {
  std::string uid = {};
  bool allowed = false;
  std::string patch = {};                  ///< JSON Patch as text; empty: none. A denial carries none
  std::vector<std::string> warnings = {};  ///< each is cut to 256 bytes and one line: it travels as an HTTP header
  int code = 0;                            ///< status.code, of a denial like all that follow but the last
  std::string reason = {};                 ///< status.reason
  std::string message = {};                ///< status.message
  int retry_after_seconds = 0;             ///< status.details.retryAfterSeconds; 0: absent
  std::vector<std::pair<std::string, std::string>> audit_annotations = {};  ///< no key twice
};

/// The AdmissionReview as text: JSON in well-formed UTF-8, whatever the answer's strings hold.
std::string write_answer(const Answer& answer);

}  // namespace holdfast::json
