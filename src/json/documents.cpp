#include "holdfast/json/documents.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "src/json/document_draft.hpp"
#include "src/json/parse.hpp"
#include "src/json/yaml_documents.hpp"
#include "src/json/yaml_replay.hpp"

namespace holdfast::json {
namespace {

using Documents = std::variant<std::vector<Document>, DocumentFault>;
using LineOf = std::function<std::size_t(std::size_t mark)>;

constexpr std::string_view kClaim = "PersistentVolumeClaim";
constexpr std::string_view kNamespace = "Namespace";
constexpr std::string_view kList = "List";
constexpr std::size_t kToldComplaints = 4;

/// Thrown within this file, for the first document that cannot be read as asked.
struct Fault {
  std::string problem;
};

Fault at_line(std::size_t line, std::string_view problem) { return {fmt::format("line {}: {}", line, problem)}; }

void check_complaints(const std::vector<Complaint>& complaints, const LineOf& line_of) {
  std::string all;
  for (std::size_t i = 0; i < std::min(complaints.size(), kToldComplaints); ++i) {
    all += fmt::format("{}line {}: {}", i == 0 ? "" : "; ", line_of(complaints[i].mark), to_string(complaints[i]));
  }
  if (!all.empty()) throw Fault{all};
}

/// Turns drafts into documents: what counts of them, and how lists open up.
class Collector {
 public:
  explicit Collector(LineOf line_of) : line_of_(std::move(line_of)) {}

  void next_document(DocumentDraft draft) {
    ++number_;
    add(std::move(draft));
  }
  std::vector<Document> documents() && { return std::move(documents_); }

 private:
  void add(DocumentDraft draft) {
    const bool core = draft.api_version == "v1";
    if (core && draft.kind == kClaim) return add_claim(std::move(draft));
    if (core && draft.kind == kNamespace) return add_namespace(std::move(draft));
    if (draft.kind.ends_with(kList)) return add_list(std::move(draft));
    if (draft.kind.empty()) throw at_line(line_of_(draft.mark), "kind: missing");
    push(draft, OtherDocument{draft.kind});
  }

  void add_claim(DocumentDraft draft) {
    check(draft);
    if (draft.claim.pvc.name.empty() && draft.claim.pvc.generate_name.empty()) missing_name(draft);
    push(draft, std::move(draft.claim));
  }

  void add_namespace(DocumentDraft draft) {
    check(draft);
    core::Pvc& object = draft.claim.pvc;
    if (object.name.empty()) missing_name(draft);
    push(draft, NamespaceDocument{std::move(object.name), std::move(object.labels)});
  }

  void add_list(DocumentDraft draft) {
    const std::string_view item_kind = std::string_view(draft.kind).substr(0, draft.kind.size() - kList.size());
    if (item_kind.empty() || item_kind == kClaim || item_kind == kNamespace) check(draft);
    for (DocumentDraft& item : draft.items) {
      // The members of a typed list, as the API server sends it, do not say again what they are.
      if (item.kind.empty() && item.api_version.empty()) {
        item.kind = item_kind;
        item.api_version = draft.api_version;
      }
      add(std::move(item));
    }
  }

  void check(const DocumentDraft& draft) const { check_complaints(draft.complaints, line_of_); }

  [[noreturn]] void missing_name(const DocumentDraft& draft) const {
    throw at_line(line_of_(draft.mark), fmt::format("metadata.name: missing in a {}", draft.kind));
  }

  template <class Object>
  void push(const DocumentDraft& draft, Object object) {
    documents_.push_back({number_, line_of_(draft.mark), std::move(object)});
  }

  LineOf line_of_;
  std::size_t number_ = 0;
  std::vector<Document> documents_;
};

Walker::Options options(const ReadLimits& limits) {
  return {.depth = limits.depth, .members = limits.members, .quote_hint = " (quote it)"};
}

void check_walk(Walker& walker, const LineOf& line_of) {
  if (walker.broken()) throw at_line(line_of(walker.broken()->mark), to_string(*walker.broken()));
  check_complaints(walker.complaints(), line_of);
}

std::vector<Document> read_json(std::string_view text, const ReadLimits& limits) {
  std::vector<std::size_t> line_ends;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_ends.push_back(i);
  }
  const LineOf line_of = [&](std::size_t byte) {
    return static_cast<std::size_t>(std::ranges::lower_bound(line_ends, byte) - line_ends.begin()) + 1;
  };
  DocumentDraft draft;
  Walker walker(kDocumentShape, &draft, options(limits));
  parse_json(text, walker);
  check_walk(walker, line_of);
  Collector collector(line_of);
  collector.next_document(std::move(draft));
  return std::move(collector).documents();
}

void read_yaml_document(const std::vector<YamlNode>& nodes, const ReadLimits& limits, Collector& collector) {
  DocumentDraft draft;
  Walker walker(kDocumentShape, &draft, options(limits));
  YamlReplay(nodes, limits, walker).play();
  check_walk(walker, std::identity{});
  collector.next_document(std::move(draft));
}

std::vector<Document> read_yaml(std::string_view text, const ReadLimits& limits) try {
  Collector collector{std::identity{}};
  read_yaml_documents(text, limits, [&](const auto& nodes) { read_yaml_document(nodes, limits, collector); });
  return std::move(collector).documents();
} catch (const YamlFault& fault) {
  throw at_line(fault.line, fault.problem);
}

/// YAML may begin with a brace too. If the text is neither, what the JSON reader says of it is more to the point.
std::vector<Document> read_json_or_flow_yaml(std::string_view text, const ReadLimits& limits) try {
  return read_json(text, limits);
} catch (const Fault& json_fault) {
  try {
    return read_yaml(text, limits);
  } catch (const Fault&) {
  }
  throw json_fault;
}

}  // namespace

Documents read_documents(std::string_view text, const ReadLimits& limits) {
  if (text.size() > limits.bytes) return DocumentFault{fmt::format("longer than {} bytes", limits.bytes)};
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool braces = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  try {
    return braces ? read_json_or_flow_yaml(text, limits) : read_yaml(text, limits);
  } catch (const Fault& fault) {
    return DocumentFault{fault.problem};
  }
}

}  // namespace holdfast::json
