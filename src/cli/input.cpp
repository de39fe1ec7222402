#include "src/cli/input.hpp"

#include "holdfast/json/documents.hpp"
#include "src/cli/files.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMaxInputBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxInputMembers = 5'000'000;

}  // namespace

std::optional<core::StringMap> Input::labels_around(const core::Claim& claim) const {
  const auto known = namespaces.find(claim.pvc.ns);
  if (known == namespaces.end()) return std::nullopt;
  return known->second;
}

core::Question Input::question(const core::Claim& claim) const {
  core::Question question;
  question.pvc = claim.pvc;
  question.namespace_labels = labels_around(claim);
  return question;
}

Input read_input(const std::string& file) {
  json::ReadLimits limits;
  limits.bytes = kMaxInputBytes;
  limits.members = kMaxInputMembers;
  auto read = json::read_documents(read_file(file, kMaxInputBytes), limits);
  if (const auto* fault = std::get_if<json::DocumentFault>(&read)) throw FileError(file + ": " + fault->problem);
  Input input;
  for (auto& document : std::get<std::vector<json::Document>>(read)) {
    if (auto* ns = std::get_if<json::NamespaceDocument>(&document.object)) input.namespaces[ns->name] = ns->labels;
    auto* claim = std::get_if<core::Claim>(&document.object);
    if (claim == nullptr) continue;
    if (claim->pvc.ns.empty()) claim->pvc.ns = "default";
    input.claims.push_back(std::move(*claim));
  }
  return input;
}

}  // namespace holdfast::cli
