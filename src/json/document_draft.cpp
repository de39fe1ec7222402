#include "src/json/document_draft.hpp"

namespace holdfast::json {
namespace {

std::vector<Complaint>& complaints_of(void* draft) { return static_cast<DocumentDraft*>(draft)->complaints; }

void begin_at(void* draft, std::size_t mark) { static_cast<DocumentDraft*>(draft)->mark = mark; }

// A document, its items, and theirs: the table contains itself.
extern const Shape kItem;

constexpr auto kMetadata = joined(claim_shape::kMetadata<&DocumentDraft::claim>,
                                  std::to_array<Member>({{"uid", text<&DocumentDraft::claim, &core::Claim::uid>()}}));
constexpr Member kDocument[] = {
    {"apiVersion", text<&DocumentDraft::api_version>()},
    {"kind", text<&DocumentDraft::kind>()},
    {"metadata", object(kMetadata)},
    {"spec", object(claim_shape::kSpec<&DocumentDraft::claim>)},
    {"items", array(kItem)},
};

constexpr Shape document_shape(void* (*open)(void*)) {
  Shape shape = object(kDocument);
  shape.open = open;
  shape.begin_at = begin_at;
  shape.complaints = complaints_of;
  return shape;
}

constinit const Shape kItem = document_shape(detail::open_slot<&DocumentDraft::items>);

}  // namespace

constinit const Shape kDocumentShape = document_shape(nullptr);

}  // namespace holdfast::json
