#include "holdfast/json/objects.hpp"

#include "src/json/objects/meta_shape.hpp"
#include "src/json/reader/parse.hpp"

namespace holdfast::json {
namespace {

constexpr Member kMetaMembers[] = {{"metadata", object(meta_shape::kMetadata<>)}};
constexpr Shape kMeta = object(kMetaMembers);

constexpr Member kLeaseMetadata[] = {{"resourceVersion", text<&Lease::resource_version>()}};
constexpr Member kLeaseSpec[] = {
    {"holderIdentity", text<&Lease::holder>()},
    {"leaseDurationSeconds", integer<&Lease::duration_seconds>()},
    {"renewTime", text<&Lease::renew_time>()},
    {"leaseTransitions", integer<&Lease::transitions>()},
};
constexpr Member kLeaseMembers[] = {{"metadata", object(kLeaseMetadata)}, {"spec", object(kLeaseSpec)}};
constexpr Shape kLease = object(kLeaseMembers);

constexpr Member kConfigMapMetadata[] = {{"resourceVersion", text<&ConfigMap::resource_version>()}};
constexpr Member kConfigMapMembers[] = {{"metadata", object(kConfigMapMetadata)},
                                        {"data", text_map<&ConfigMap::data>()}};
constexpr Shape kConfigMap = object(kConfigMapMembers);

constexpr Member kStatusDetails[] = {{"retryAfterSeconds", integer<&ApiStatus::retry_after_seconds>()}};
constexpr Member kStatusMembers[] = {
    {"code", integer<&ApiStatus::code>()},
    {"reason", text<&ApiStatus::reason>()},
    {"message", text<&ApiStatus::message>()},
    {"details", object(kStatusDetails)},
};
constexpr Shape kStatus = object(kStatusMembers);

template <class Value>
std::variant<Value, ObjectFault> read(std::string_view text, const Shape& shape) {
  Value value;
  if (auto fault = fill(text, shape, &value)) return std::move(*fault);
  return value;
}

}  // namespace

std::variant<core::Meta, ObjectFault> read_meta(std::string_view object) { return read<core::Meta>(object, kMeta); }

std::variant<Lease, ObjectFault> read_lease(std::string_view object) {
  auto result = read<Lease>(object, kLease);
  const auto* lease = std::get_if<Lease>(&result);
  if (lease != nullptr && lease->resource_version.empty()) return ObjectFault{"metadata.resourceVersion: missing"};
  return result;
}

std::variant<ConfigMap, ObjectFault> read_config_map(std::string_view object) {
  return read<ConfigMap>(object, kConfigMap);
}

std::variant<ApiStatus, ObjectFault> read_status(std::string_view object) { return read<ApiStatus>(object, kStatus); }

}  // namespace holdfast::json
