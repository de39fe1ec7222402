// The promise of a restore on its way through the API server: taken out of the object, and compared with the truth.
#include <fmt/format.h>

#include "holdfast/core/decide.hpp"

namespace holdfast::core {
namespace {

std::string take(StringMap& map, std::string_view key) {
  const auto found = map.find(key);
  if (found == map.end()) return {};
  std::string value = std::move(found->second);
  map.erase(found);
  return value;
}

Verdict deny(const Verdict& was, Outcome outcome, Code code, std::string_view problem, const Evidence& evidence,
             Time now, std::string_view remedy) {
  Verdict verdict = was;
  verdict.outcome = std::move(outcome);
  verdict.code = code;
  const auto sentence = [&](const std::string& place) {
    return denial_message(code, problem, place.empty() ? "the object" : place,
                          evidence.checked_at != Time{} ? evidence.checked_at : now, remedy);
  };
  verdict.message = sentence(evidence.place);
  verdict.discreet = sentence(evidence.kind);
  return verdict;
}

/// What of the promise does not hold; empty: it does.
std::string broken_promise(const Restore& restore, const Promise& found, const Catalog& catalog) {
  if (!found.reference)
    return fmt::format("spec.dataSourceRef does not name ReplicationDestination {}", restore.destination);
  if (found.source != to_string(restore.source)) {
    return fmt::format("annotation {} is {:?} and not {}", key::kRestoredSource, found.source,
                       to_string(restore.source));
  }
  const auto promised = catalog.find(restore.source, found.snapshot);
  if (!promised) return fmt::format("snapshot {:?} is not a complete backup of {}", found.snapshot, found.source);
  if (promised->start_time != found.as_of) {
    return fmt::format("annotation {} is {:?} and not {}", key::kRestoredAsOf, found.as_of, promised->start_time);
  }
  if (restore.as_of && promised->start > *restore.as_of) return "the promised snapshot is later than was asked for";
  return {};
}

/// Where nothing of the promise is there, it may never have been made: the API server does not ask a webhook again
/// whose selector the object met only after its turn.
std::string_view remedy(const Promise& found) {
  if (found.reference || found.annotated()) return "look for another mutating webhook that removes it";
  return "if another mutating webhook adds the backup label, holdfast's was not asked: put the label into the "
         "manifest; "
         "else look for one that removes the restore";
}

/// A Restore with its promise examined. The promised snapshot need not be the newest any more.
Verdict check_restore(Verdict verdict, const Promise& found, const Evidence& evidence, const Policy& policy, Time now) {
  Restore& restore = std::get<Restore>(verdict.outcome);
  const auto* earlier = std::get_if<Earlier>(&evidence.state);
  const auto* current = earlier != nullptr ? &earlier->listing : std::get_if<Current>(&evidence.state);
  if (current == nullptr || !current->catalog) {
    return deny(verdict, Wait{}, Code::IndexUnavailable, "the promised restore cannot be looked up now", evidence, now,
                fmt::format("it is tried again by itself every {} s", policy.retry_after.count()));
  }
  const std::string broken = broken_promise(restore, found, *current->catalog);
  if (!broken.empty()) {
    return deny(verdict, Wait{}, Code::RestoreReferenceMissing,
                fmt::format("a backup exists, but the object does not carry the restore any more: {}", broken),
                evidence, now, fmt::format("{}; tried again every {} s", remedy(found), policy.retry_after.count()));
  }
  restore.snapshot = *current->catalog->find(restore.source, found.snapshot);
  verdict.message = restore_message(restore);
  return verdict;
}

}  // namespace

Promise take_promise(Pvc& pvc, const Policy& policy) {
  Promise promise;
  promise.snapshot = take(pvc.annotations, key::kRestoredSnapshot);
  promise.as_of = take(pvc.annotations, key::kRestoredAsOf);
  promise.source = take(pvc.annotations, key::kRestoredSource);
  promise.reference = refers_to_own_destination(pvc, policy);
  if (!promise.reference) return promise;
  // The API server copies dataSourceRef into dataSource before it validates.
  const bool copied = pvc.data_source && pvc.data_source->api_group == pvc.data_source_ref->api_group &&
                      pvc.data_source->kind == pvc.data_source_ref->kind &&
                      pvc.data_source->name == pvc.data_source_ref->name;
  if (copied) pvc.data_source.reset();
  pvc.data_source_ref.reset();
  return promise;
}

Verdict check_promise(Verdict verdict, const Promise& found, const Evidence& evidence, const Policy& policy, Time now) {
  if (std::holds_alternative<Restore>(verdict.outcome)) {
    // Mode audit changes nothing, so there is no promise to find: enforce would have made one.
    if (policy.mode == Mode::Audit) return verdict;
    return check_restore(std::move(verdict), found, evidence, policy, now);
  }
  // Nor does it remove annotations that a client sent, as enforce would have done.
  const bool carries = found.reference || (found.annotated() && policy.mode != Mode::Audit);
  if (std::holds_alternative<Fresh>(verdict.outcome) && carries) {
    return deny(verdict, Refuse{}, Code::ReferenceWithoutBackup,
                "the object refers to a restore, but there is no complete backup", evidence, now,
                "remove spec.dataSourceRef and the holdfast.dev/restored-* annotations from the manifest");
  }
  return verdict;
}

}  // namespace holdfast::core
