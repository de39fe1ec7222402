#include "holdfast/core/quantity.hpp"
#include "holdfast/json/objects.hpp"
#include "src/json/objects/meta_shape.hpp"
#include "src/json/objects/pvc_shape.hpp"
#include "src/json/reader/parse.hpp"

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

/// What is no quantity is no capacity that anything could be compared with.
const char* set_capacity(void* claim, std::string_view, std::string_view quantity) {
  if (core::parse_bytes(quantity)) static_cast<Claim*>(claim)->capacity = quantity;
  return nullptr;
}

constexpr Member kCapacity[] = {{"storage", scalar(set_capacity)}};
constexpr auto kMetadata = joined(claim_shape::kMetadata<>, meta_shape::kVersion<Claim>);
constexpr Member kStatus[] = {
    {"phase", {.kind = Shape::Kind::Text, .set = set_phase}},
    {"capacity", object(kCapacity)},
};
constexpr Member kMembers[] = {
    {"metadata", object(kMetadata)},
    {"spec", object(claim_shape::kSpec<>)},
    {"status", object(kStatus)},
};
constexpr Shape kClaim = object(kMembers);

}  // namespace

std::variant<Claim, ObjectFault> read_claim(std::string_view object) {
  Claim claim;
  if (auto fault = fill(object, kClaim, &claim)) return std::move(*fault);
  if (claim.pvc.name.empty()) return ObjectFault{"metadata.name: missing"};
  return claim;
}

}  // namespace holdfast::json
