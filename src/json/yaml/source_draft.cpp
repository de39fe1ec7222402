#include "src/json/yaml/source_draft.hpp"

#include <string_view>

#include "src/json/reader/write.hpp"

namespace holdfast::json {
namespace {

constexpr std::string_view kGroup = "volsync.backube/";
constexpr std::string_view kKind = "ReplicationSource";

/// Nothing for an empty one: it is the same as none.
void write_filled(Writer& out, std::string_view key, std::string_view value) {
  if (!value.empty()) write_member(out, key, value);
}

void write_kopia(Writer& out, const KopiaDraft& kopia) {
  out.StartObject();
  write_filled(out, "username", kopia.username);
  write_filled(out, "hostname", kopia.hostname);
  write_filled(out, "sourcePathOverride", kopia.path);
  write_key(out, "sourceIdentity");
  out.StartObject();
  write_filled(out, "sourceName", kopia.source_name);
  write_filled(out, "sourceNamespace", kopia.source_namespace);
  write_filled(out, "sourcePathOverride", kopia.source_path);
  out.EndObject();
  out.EndObject();
}

}  // namespace

bool is_source(const DocumentDraft& draft) { return draft.kind == kKind && draft.api_version.starts_with(kGroup); }

bool is_of_source(const Complaint& complaint) {
  return complaint.path.ends_with("spec.sourcePVC") || complaint.path.ends_with("spec.kopia");
}

std::vector<Complaint> complaints_of_source(const DocumentDraft& draft) {
  std::vector<Complaint> all;
  for (const Complaint& complaint : draft.complaints) {
    const bool of_name = complaint.path.find("metadata.") != std::string::npos;
    if (of_name || is_of_source(complaint)) all.push_back(complaint);
  }
  if (draft.kopia) all.insert(all.end(), draft.kopia->complaints.begin(), draft.kopia->complaints.end());
  return all;
}

std::string source_text(const DocumentDraft& draft) {
  rapidjson::StringBuffer buffer;
  Writer out{buffer};
  out.StartObject();
  write_key(out, "metadata");
  out.StartObject();
  write_filled(out, "name", draft.claim.pvc.name);
  write_filled(out, "namespace", draft.claim.pvc.ns);
  out.EndObject();
  write_key(out, "spec");
  out.StartObject();
  write_filled(out, "sourcePVC", draft.source_pvc);
  if (draft.kopia) {
    write_key(out, "kopia");
    write_kopia(out, *draft.kopia);
  }
  out.EndObject();
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace holdfast::json
