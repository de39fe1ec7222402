#include "src/json/yaml/document_draft.hpp"

namespace holdfast::json {
namespace {

template <class Draft>
std::vector<Complaint>& complaints_of(void* draft) {
  return static_cast<Draft*>(draft)->complaints;
}

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
constexpr Shape count() {
  return {.kind = Shape::Kind::Scalar, .set = [](void* draft, std::string_view key, std::string_view text) {
            const bool placeholder = text.find_first_of("${[") != std::string_view::npos;
            return placeholder ? "not substituted" : detail::set_integer<Path...>(draft, key, text);
          }};
}

// A document, its items, and theirs: the table contains itself.
extern const Shape kItem;

constexpr auto kMetadata = joined(claim_shape::kMetadata<&DocumentDraft::claim>,
                                  std::to_array<Member>({{"uid", text<&DocumentDraft::claim, &core::Claim::uid>()}}));
constexpr Member kTemplateMembers[] = {
    {"metadata", object(claim_shape::kMetadata<&TemplateDraft::claim>)},
    {"spec", object(claim_shape::kSpec<&TemplateDraft::claim>)},
};

constexpr Shape template_shape() {
  Shape shape = object<&DocumentDraft::templates>(kTemplateMembers);
  shape.begin_at = begin_at<TemplateDraft>;
  shape.complaints = complaints_of<TemplateDraft>;
  return shape;
}
constexpr Shape kTemplate = template_shape();

constexpr Member kSelector[] = {{"matchLabels", text_map<&DocumentDraft::match_labels>()}};
constexpr Member kOrdinals[] = {{"start", count<&DocumentDraft::first_ordinal>()}};

constexpr Shape selector_shape() {
  Shape shape = object(kSelector);
  shape.open = open_selector;
  return shape;
}

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

constexpr Shape kopia_shape() {
  Shape shape = object<&DocumentDraft::kopia>(kKopia);
  shape.complaints = complaints_of<KopiaDraft>;
  return shape;
}

// Of two members of one name the first counts: this selector says that there is one, and more.
constexpr auto kSpec = joined(std::to_array<Member>({
                                  {"selector", selector_shape()},
                                  {"replicas", count<&DocumentDraft::replicas>()},
                                  {"ordinals", object(kOrdinals)},
                                  {"volumeClaimTemplates", array(kTemplate)},
                                  {"sourcePVC", text<&DocumentDraft::source_pvc>()},
                                  {"kopia", kopia_shape()},
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
  Shape shape = object(kDocument);
  shape.open = open;
  shape.begin_at = begin_at<DocumentDraft>;
  shape.complaints = complaints_of<DocumentDraft>;
  return shape;
}

constinit const Shape kItem = document_shape(detail::open_slot<&DocumentDraft::items>);

}  // namespace

constinit const Shape kDocumentShape = document_shape(nullptr);

}  // namespace holdfast::json
