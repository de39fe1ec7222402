// The memory of verified restores: what destinations say of PVCs that were filled, so that it outlives them. It is kept
// in a ConfigMap of our own namespace as lines `<PVC uid> <snapshot id> <by>`. No uid comes twice, so a line is never
// wrong. Values and pure functions; any thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "holdfast/generator/plan.hpp"
#include "holdfast/json/objects.hpp"
#include "holdfast/kube/client.hpp"

namespace holdfast::generator {

/// The most that is written: a ConfigMap holds 1 MiB. With kopia's snapshot ids 11,000 PVCs.
inline constexpr std::size_t kVerifiedBytes = 900 * 1024;

/// By the PVC's uid: the mark that its destination carries.
using VerifiedMarks = std::map<std::string, VerifiedMark, std::less<>>;

kube::Target verified_place(const std::string& own_namespace);
/// What the ConfigMap says; every line must be one that write_verified() writes.
std::variant<VerifiedMarks, json::ObjectFault> read_verified(const json::ConfigMap& object);
/// `resource_version` empty: a new one.
std::string write_verified(const kube::Target& place, const VerifiedMarks& marks, const std::string& resource_version);

/// In the place of a mark: what the PVC with this uid may be filled with by now is not what was verified.
VerifiedMark taken_back(std::string_view uid);
bool is_taken_back(const VerifiedMark& mark);

/// Whether a line can hold it.
bool can_be_remembered(const VerifiedMark& mark);
/// Adds marks and changes those that differ; returns how many had no room in `bytes`.
std::size_t add_marks(VerifiedMarks& marks, const VerifiedMarks& more, std::size_t bytes = kVerifiedBytes);

}  // namespace holdfast::generator
