#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "holdfast/base/text.hpp"
#include "holdfast/json/review.hpp"
#include "src/json/reader/write.hpp"

namespace holdfast::json {
namespace {

/// Kubernetes recommends this, and cuts all warnings of a request together at 4 KiB.
constexpr std::size_t kWarningBytes = 256;

/// A warning travels as an HTTP header: the API server drops one that has control characters.
std::string header_text(std::string_view warning) {
  std::string text = base::printable(warning, kWarningBytes);
  if (text.size() > kWarningBytes) text = base::printable(warning, kWarningBytes - 3);
  return text;
}

void write_patch_members(Writer& out, const Answer& answer) {
  write_member(out, "patchType", "JSONPatch");
  write_member(out, "patch", base::base64(answer.patch));
}

void write_status(Writer& out, const Answer& answer) {
  write_object(out, "status", [&] {
    write_member(out, "status", "Failure");
    write_member(out, "message", answer.message);
    write_member(out, "reason", answer.reason);
    if (answer.retry_after_seconds > 0) {
      write_object(out, "details", [&] {
        write_key(out, "retryAfterSeconds");
        out.Int(answer.retry_after_seconds);
      });
    }
    write_key(out, "code");
    out.Int(answer.code);
  });
}

void write_warnings(Writer& out, const Answer& answer) {
  write_key(out, "warnings");
  out.StartArray();
  for (const std::string& warning : answer.warnings) write_text(out, header_text(warning));
  out.EndArray();
}

void write_audit_annotations(Writer& out, const Answer& answer) {
  write_object(out, "auditAnnotations", [&] {
    for (const auto& [key, value] : answer.audit_annotations) write_member(out, key, value);
  });
}

void write_response(Writer& out, const Answer& answer) {
  write_member(out, "uid", answer.uid);
  write_key(out, "allowed");
  out.Bool(answer.allowed);
  if (!answer.allowed) write_status(out, answer);
  if (answer.allowed && !answer.patch.empty()) write_patch_members(out, answer);
  if (!answer.warnings.empty()) write_warnings(out, answer);
  if (!answer.audit_annotations.empty()) write_audit_annotations(out, answer);
}

}  // namespace

std::string write_answer(const Answer& answer) {
  rapidjson::StringBuffer buffer;
  Writer out(buffer);
  write_object(out, [&] {
    write_member(out, "apiVersion", "admission.k8s.io/v1");
    write_member(out, "kind", "AdmissionReview");
    write_object(out, "response", [&] { write_response(out, answer); });
  });
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace holdfast::json
