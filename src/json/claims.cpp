#include "holdfast/json/objects.hpp"
#include "src/json/claim_shape.hpp"
#include "src/json/meta_shape.hpp"
#include "src/json/object_reader.hpp"

namespace holdfast::json {
namespace {

using core::Claim;

const char* set_phase(void* claim, std::string_view, std::string_view word) {
  Claim::Phase& phase = static_cast<Claim*>(claim)->phase;
  if (word == "Pending") return phase = Claim::Phase::Pending, nullptr;
  if (word == "Bound") return phase = Claim::Phase::Bound, nullptr;
  if (word == "Lost") return phase = Claim::Phase::Lost, nullptr;
  return "expected Pending, Bound or Lost";
}

constexpr auto kMetadata = joined(claim_shape::kMetadata<>, meta_shape::kVersion<Claim>);
constexpr Member kStatus[] = {{"phase", {.kind = Shape::Kind::Text, .set = set_phase}}};
constexpr Member kMembers[] = {
    {"metadata", object(kMetadata)},
    {"spec", object(claim_shape::kSpec<>)},
    {"status", object(kStatus)},
};
constexpr Shape kClaim = object(kMembers);

}  // namespace

std::variant<Claim, ObjectFault> read_claim(std::string_view object) {
  Claim claim;
  if (auto fault = fill(object, kClaim, &claim, kObjectLimits)) return std::move(*fault);
  if (claim.pvc.name.empty()) return ObjectFault{"metadata.name: missing"};
  return claim;
}

}  // namespace holdfast::json
