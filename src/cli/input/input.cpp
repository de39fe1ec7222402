#include "src/cli/input/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <limits>

#include "holdfast/cli/settings.hpp"
#include "holdfast/json/documents.hpp"
#include "holdfast/volsync/cluster_facts.hpp"
#include "src/cli/input/files.hpp"

namespace holdfast::cli {
namespace {

constexpr std::size_t kMaxInputBytes = 64 * 1024 * 1024;
constexpr std::size_t kMaxInputMembers = 5'000'000;
constexpr std::size_t kMaxClaims = 100'000;
constexpr std::size_t kToldWarnings = 100;
constexpr std::size_t kToldBytes = 80;  ///< of a value

/// Of Flux and envsubst, kustomize, Helm, SOPS and Argo CD's vault plugin.
constexpr std::string_view kPlaceholders[] = {"${", "$(", "{{", "ENC[", "<path:"};

/// Labels that say whether a PVC is protected.
bool decides(std::string_view label) {
  return label == core::key::kBackup || label == core::key::kBackupExempt || label.starts_with("pvc-plumber.io/");
}

bool is_placeholder(std::string_view text) {
  return std::any_of(std::begin(kPlaceholders), std::end(kPlaceholders),
                     [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

bool is_namespace(const std::string& text) { return core::parse_pvc_name(text + "/x").has_value(); }
bool is_name(const std::string& text) { return core::parse_pvc_name("x/" + text).has_value(); }

/// Reads everything, and knows where it is.
class Reader {
 public:
  explicit Reader(const InputRequest& request) : request_(request) {}

  Input read() {
    if (!request_.ns.empty() && !is_namespace(request_.ns)) {
      throw SettingsError(fmt::format("-n: {:?} is not a name for a namespace", request_.ns));
    }
    InputFiles found = find_files(request_.files);
    for (std::string& text : found.warnings) warn(std::move(text));
    for (const InputFile& file : found.files) read(file);
    if (untold_ > 0) input_.warnings.push_back(fmt::format("and {} more warnings", untold_));
    return std::move(input_);
  }

 private:
  void read(const InputFile& file) {
    file_ = file.path == "-" ? "standard input" : file.path;
    const std::string text = read_file(file.path, kMaxInputBytes);
    bytes_ += text.size();
    if (bytes_ > kMaxInputBytes) throw FileError(fmt::format("{}: with it, more than {} bytes", file_, kMaxInputBytes));
    json::ReadLimits limits;
    limits.bytes = kMaxInputBytes;
    limits.members = kMaxInputMembers;
    auto read = json::read_documents(text, limits);
    if (const auto* fault = std::get_if<json::DocumentFault>(&read)) throw FileError(file_ + ": " + fault->problem);
    for (auto& document : std::get<std::vector<json::Document>>(read)) {
      line_ = document.line;
      if (auto* claim = std::get_if<core::Claim>(&document.object)) take(std::move(*claim));
      if (auto* ns = std::get_if<json::NamespaceDocument>(&document.object)) take(*ns);
      if (auto* made = std::get_if<json::TemplatesDocument>(&document.object)) take(*made);
      if (auto* source = std::get_if<json::SourceDocument>(&document.object)) take(source->source);
      if (auto* other = std::get_if<json::OtherDocument>(&document.object)) take(*other, file.in_folder);
    }
  }

  void take(const json::OtherDocument& other, bool in_folder) {
    if (other.flaw.empty()) return;
    // Who names a file means it; in a folder there are Helm's values, patches, whatever.
    if (other.kind.empty() && !in_folder) throw FileError(file_ + ": " + other.flaw);
    warn(fmt::format("{}: {} ({})", file_, other.flaw, other.kind.empty() ? "not a Kubernetes object" : other.kind));
  }

  void take(json::NamespaceDocument& ns) {
    if (!is_namespace(ns.name)) return warn(at(fmt::format("Namespace {:?}: {}", cut(ns.name), problem_of(ns.name))));
    input_.namespaces[ns.name] = std::move(ns.labels);
  }

  /// As of one in the cluster. What is wrong with it is no reason to say nothing of the PVCs.
  void take(core::Observed& source) {
    if (source.meta.ns.empty()) source.meta.ns = request_.ns.empty() ? "default" : request_.ns;
    const std::string what = fmt::format("ReplicationSource {}/{}", cut(source.meta.ns), cut(source.meta.name));
    if (is_placeholder(source.meta.ns) || is_placeholder(source.meta.name) || is_placeholder(source.spec)) {
      return warn(at(what + ": it is not substituted, so nothing is known of its backups"));
    }
    if (!is_namespace(source.meta.ns)) return warn(at(what + ": its namespace " + problem_of(source.meta.ns)));
    auto& said = input_.facts[source.meta.ns].ownership;
    if (!std::holds_alternative<core::Ownership>(said)) said = core::Ownership();
    volsync::add_source(std::get<core::Ownership>(said), source);
  }

  void take(core::Claim claim) {
    core::Pvc& pvc = claim.pvc;
    pvc.ns = namespace_of(pvc.ns);
    if (!pvc.name.empty()) {
      check("metadata.name", pvc.name, is_name(pvc.name));
    } else {
      check("metadata.generateName", pvc.generate_name, is_name(pvc.generate_name + "x"));
    }
    add(std::move(claim));
  }

  void take(const json::TemplatesDocument& made) {
    if (!request_.templates) return;
    const std::string ns = namespace_of(made.ns);
    check("metadata.name", made.name, is_name(made.name));
    const std::int64_t count = made.replicas.value_or(1);
    if (count > static_cast<std::int64_t>(kMaxClaims)) too_many();
    if (made.first_ordinal > std::numeric_limits<std::int32_t>::max()) fail("spec.ordinals.start: out of range");
    tell(made, ns, count);
    for (std::int64_t i = 0; i < count; ++i) {
      for (const core::Claim& one : made.templates) add(claim_of(made, one, ns, made.first_ordinal + i));
    }
  }

  /// As the StatefulSet controller makes it: its selector's labels count more than the template's.
  core::Claim claim_of(const json::TemplatesDocument& made, const core::Claim& one, const std::string& ns,
                       std::int64_t ordinal) const {
    core::Claim claim = one;
    claim.pvc.ns = ns;
    claim.pvc.name = fmt::format("{}-{}-{}", one.pvc.name, made.name, ordinal);
    claim.pvc.generate_name.clear();
    check("spec.volumeClaimTemplates: the PVC's name", claim.pvc.name, is_name(claim.pvc.name));
    for (const auto& [label, value] : made.match_labels) claim.pvc.labels.insert_or_assign(label, value);
    return claim;
  }

  void tell(const json::TemplatesDocument& made, const std::string& ns, std::int64_t count) {
    const std::string what = fmt::format("{} {}/{}", cut(made.kind), ns, made.name);
    if (count == 0) return warn(at(what + ": it has no replicas, so nothing is said of its PVCs"));
    if (made.is_stateful_set) return;
    warn(at(fmt::format("{}: its volumeClaimTemplates are taken for a StatefulSet's, with {} replicas", what, count)));
  }

  std::string namespace_of(const std::string& written) const {
    if (written.empty()) return request_.ns.empty() ? "default" : request_.ns;
    check("metadata.namespace", written, is_namespace(written));
    return written;
  }

  void add(core::Claim claim) {
    if (input_.claims.size() >= kMaxClaims) too_many();
    for (const auto& [label, value] : claim.pvc.labels) {
      if (decides(label)) check("metadata.labels." + label, value, !is_placeholder(value));
    }
    if (!claim.pvc.name.empty()) remember(claim.pvc.full_name());
    input_.claims.push_back(std::move(claim));
  }

  void remember(const core::PvcName& name) {
    const auto [first, is_new] = places_.try_emplace(name, at(""));
    if (!is_new) warn(at(fmt::format("PVC {} is in {} too", to_string(name), first->second)));
  }

  void check(const std::string& field, const std::string& value, bool good) const {
    if (!good) fail(fmt::format("{}: {:?} {}", field, cut(value), problem_of(value)));
  }

  static std::string problem_of(std::string_view value) {
    if (is_placeholder(value)) return "is not substituted";
    return "is no name that Kubernetes takes: lower-case letters, digits, '-' and '.', and not too long";
  }

  static std::string cut(const std::string& text) {
    return text.size() <= kToldBytes ? text : text.substr(0, kToldBytes) + "...";
  }

  [[noreturn]] void too_many() const { fail(fmt::format("more than {} PVCs", kMaxClaims)); }
  [[noreturn]] void fail(const std::string& problem) const { throw FileError(at(problem)); }

  std::string at(const std::string& text) const {
    return fmt::format("{}: line {}{}{}", file_, line_, text.empty() ? "" : ": ", text);
  }

  /// The names of files and kinds in it may hold anything.
  void warn(std::string text) {
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
    if (input_.warnings.size() < kToldWarnings) return input_.warnings.push_back(std::move(text));
    ++untold_;
  }

  const InputRequest& request_;
  Input input_;
  std::string file_;
  std::size_t line_ = 0;
  std::size_t bytes_ = 0;
  std::size_t untold_ = 0;
  std::map<core::PvcName, std::string> places_;
};

}  // namespace

std::optional<core::StringMap> Input::labels_around(const core::Claim& claim) const {
  const auto known = namespaces.find(claim.pvc.ns);
  if (known == namespaces.end()) return std::nullopt;
  return known->second;
}

core::StringMap Input::labels_assumed(const core::Claim& claim) const {
  return labels_around(claim).value_or(core::StringMap{{std::string(core::key::kPlumberNamespace), "true"}});
}

core::Question Input::question(const core::Claim& claim) const {
  core::Question question;
  question.pvc = claim.pvc;
  question.namespace_labels = labels_around(claim);
  return question;
}

const core::ClusterFacts& Input::facts_for(const core::Intent& intent) const {
  static const core::ClusterFacts kNone;
  const auto* wanted = std::get_if<core::WantsRestore>(&intent);
  const auto found = wanted == nullptr ? facts.end() : facts.find(wanted->owner.ns);
  return found == facts.end() ? kNone : found->second;
}

const core::Ownership& Input::ownership_in(std::string_view ns) const {
  static const core::Ownership kNothingSaid;
  const auto found = facts.find(ns);
  const auto* said = found == facts.end() ? nullptr : std::get_if<core::Ownership>(&found->second.ownership);
  return said == nullptr ? kNothingSaid : *said;
}

Input read_input(const InputRequest& request, const core::Policy& policy) {
  Input input = Reader(request).read();
  for (const core::Claim& claim : input.claims) {
    auto& said = input.facts[claim.pvc.ns].ownership;
    if (!std::holds_alternative<core::Ownership>(said)) said = core::Ownership();
    if (!claim.pvc.name.empty()) std::get<core::Ownership>(said).knows(claim.pvc.full_name());
  }
  for (auto& [ns, facts] : input.facts) std::get<core::Ownership>(facts.ownership).spell(core::every_template(policy));
  return input;
}

void tell_warnings(const Input& input) {
  for (const std::string& text : input.warnings) fmt::print(stderr, "holdfast: warning: {}\n", text);
}

}  // namespace holdfast::cli
