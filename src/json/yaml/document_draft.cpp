#include "src/json/yaml/document_draft.hpp"

#include <string_view>

#include "src/json/reader/write.hpp"

namespace holdfast::json {
namespace {

template <class Draft>
void begin_at(void* draft, std::size_t mark) {
  static_cast<Draft*>(draft)->mark = mark;
}

void* open_selector(void* draft) {
  static_cast<DocumentDraft*>(draft)->claim.pvc.has_selector = true;
  return draft;
}

/// Whatever does not read as a number is told apart here, so that a placeholder is called one.
template <auto... Path>
const char* set_count(void* draft, std::string_view key, std::string_view text) {
  const bool placeholder = text.find_first_of("${[") != std::string_view::npos;
  return placeholder ? "not substituted" : detail::set_integer<Path...>(draft, key, text);
}

// A document, its items, and theirs: the table contains itself.
extern const Shape kItem;

constexpr auto kMetadata = joined(claim_shape::kMetadata<&DocumentDraft::claim>,
                                  std::to_array<Member>({{"uid", text<&DocumentDraft::claim, &core::Claim::uid>()}}));
constexpr Member kTemplateMembers[] = {
    {"metadata", object(claim_shape::kMetadata<&TemplateDraft::claim>)},
    {"spec", object(claim_shape::kSpec<&TemplateDraft::claim>)},
};

constexpr Shape kTemplate = {.kind = Shape::Kind::Object,
                             .open = detail::open_slot<&DocumentDraft::templates>,
                             .begin_at = begin_at<TemplateDraft>,
                             .complaints = complaints_of<TemplateDraft>,
                             .members = kTemplateMembers};

constexpr Member kSelector[] = {{"matchLabels", text_map<&DocumentDraft::match_labels>()}};
constexpr Member kOrdinals[] = {{"start", scalar(set_count<&DocumentDraft::first_ordinal>)}};

constexpr Shape kSelectorShape = {.kind = Shape::Kind::Object, .open = open_selector, .members = kSelector};

constexpr Member kSourceIdentity[] = {
    {"sourceName", text<&KopiaDraft::source_name>()},
    {"sourceNamespace", text<&KopiaDraft::source_namespace>()},
    {"sourcePathOverride", text<&KopiaDraft::source_path>()},
};
constexpr Member kKopia[] = {
    {"username", text<&KopiaDraft::username>()},
    {"hostname", text<&KopiaDraft::hostname>()},
    {"sourcePathOverride", text<&KopiaDraft::path>()},
    {"sourceIdentity", object(kSourceIdentity)},
};

constexpr Shape kKopiaShape = {.kind = Shape::Kind::Object,
                               .open = detail::open_slot<&DocumentDraft::kopia>,
                               .complaints = complaints_of<KopiaDraft>,
                               .members = kKopia};

// Of two members of one name the first counts: this selector says that there is one, and more.
constexpr auto kSpec = joined(std::to_array<Member>({
                                  {"selector", kSelectorShape},
                                  {"replicas", scalar(set_count<&DocumentDraft::replicas>)},
                                  {"ordinals", object(kOrdinals)},
                                  {"volumeClaimTemplates", array(kTemplate)},
                                  {"sourcePVC", text<&DocumentDraft::source_pvc>()},
                                  {"kopia", kKopiaShape},
                              }),
                              claim_shape::kSpec<&DocumentDraft::claim>);
constexpr Member kDocument[] = {
    {"apiVersion", text<&DocumentDraft::api_version>()},
    {"kind", text<&DocumentDraft::kind>()},
    {"metadata", object(kMetadata)},
    {"spec", object(kSpec)},
    {"items", array(kItem)},
};

constexpr Shape document_shape(void* (*open)(void*)) {
  return {.kind = Shape::Kind::Object,
          .open = open,
          .begin_at = begin_at<DocumentDraft>,
          .complaints = complaints_of<DocumentDraft>,
          .members = kDocument};
}

constinit const Shape kItem = document_shape(detail::open_slot<&DocumentDraft::items>);

constexpr std::string_view kSourceGroup = "volsync.backube/";
constexpr std::string_view kSourceKind = "ReplicationSource";

/// Nothing for an empty one: it is the same as none.
void write_filled(Writer& out, std::string_view key, std::string_view value) {
  if (!value.empty()) write_member(out, key, value);
}

void write_kopia(Writer& out, const KopiaDraft& kopia) {
  write_filled(out, "username", kopia.username);
  write_filled(out, "hostname", kopia.hostname);
  write_filled(out, "sourcePathOverride", kopia.path);
  write_object(out, "sourceIdentity", [&] {
    write_filled(out, "sourceName", kopia.source_name);
    write_filled(out, "sourceNamespace", kopia.source_namespace);
    write_filled(out, "sourcePathOverride", kopia.source_path);
  });
}

}  // namespace

constinit const Shape kDocumentShape = document_shape(nullptr);

bool is_source(const DocumentDraft& draft) {
  return draft.kind == kSourceKind && draft.api_version.starts_with(kSourceGroup);
}

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
  write_object(out, [&] {
    write_object(out, "metadata", [&] {
      write_filled(out, "name", draft.claim.pvc.name);
      write_filled(out, "namespace", draft.claim.pvc.ns);
    });
    write_object(out, "spec", [&] {
      write_filled(out, "sourcePVC", draft.source_pvc);
      if (draft.kopia) write_object(out, "kopia", [&] { write_kopia(out, *draft.kopia); });
    });
  });
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace holdfast::json
