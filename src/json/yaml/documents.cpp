#include "holdfast/json/documents.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "holdfast/json/objects.hpp"
#include "src/json/reader/parse.hpp"
#include "src/json/yaml/document_draft.hpp"
#include "src/json/yaml/yaml_replay.hpp"

namespace holdfast::json {
namespace {

using Documents = std::variant<std::vector<Document>, DocumentFault>;
using LineOf = std::function<std::size_t(std::size_t mark)>;

constexpr std::string_view kClaim = "PersistentVolumeClaim";
constexpr std::string_view kNamespace = "Namespace";
constexpr std::string_view kList = "List";
constexpr std::string_view kStatefulSet = "StatefulSet";
constexpr std::size_t kToldComplaints = 4;

/// Thrown within this file, for the first document that cannot be read as asked.
struct Fault {
  std::string problem;
};

Fault at_line(std::size_t line, std::string_view problem) { return {fmt::format("line {}: {}", line, problem)}; }

std::string to_text(const Complaint& complaint, const LineOf& line_of) {
  return fmt::format("line {}: {}", line_of(complaint.mark), to_string(complaint));
}

void check_complaints(const std::vector<Complaint>& complaints, const LineOf& line_of) {
  std::string all;
  for (std::size_t i = 0; i < std::min(complaints.size(), kToldComplaints); ++i) {
    all += (i == 0 ? "" : "; ") + to_text(complaints[i], line_of);
  }
  if (!all.empty()) throw Fault{all};
}

/// Turns drafts into documents: what counts of them, and how lists open up.
class Collector {
 public:
  explicit Collector(LineOf line_of) : line_of_(std::move(line_of)) {}

  /// `broken`: what is wrong with it, although it could be read to its end.
  void next_document(DocumentDraft draft, const std::optional<Complaint>& broken) {
    ++number_;
    if (broken && hides_what_it_is(draft, *broken)) throw Fault{to_text(*broken, line_of_)};
    if (draft.kind.empty()) return push(draft, OtherDocument{"", flaw_without_kind(draft, broken)});
    if (!broken) return add(std::move(draft));
    if (counts(draft)) throw Fault{to_text(*broken, line_of_)};
    push(draft, OtherDocument{draft.kind, to_text(*broken, line_of_)});
  }
  /// Something else than an object.
  void next_oddity(const Complaint& complaint) {
    ++number_;
    documents_.push_back({number_, line_of_(complaint.mark), OtherDocument{"", to_text(complaint, line_of_)}});
  }
  std::vector<Document> documents() && { return std::move(documents_); }

 private:
  std::string flaw_without_kind(const DocumentDraft& draft, const std::optional<Complaint>& broken) const {
    return broken ? to_text(*broken, line_of_) : at_line(line_of_(draft.mark), "kind: missing").problem;
  }

  static bool hides_what_it_is(const DocumentDraft& draft, const Complaint& broken) {
    return broken.path == "kind" || broken.path == "apiVersion" || (draft.kind.empty() && broken.path.empty());
  }

  /// Whether it is, or may hold, something that we have a use for.
  static bool counts(const DocumentDraft& draft) {
    const bool known = draft.api_version == "v1" && (draft.kind == kClaim || draft.kind == kNamespace);
    return known || draft.kind.ends_with(kList) || !draft.templates.empty();
  }

  void add(DocumentDraft draft) {
    if (is_source(draft)) return add_source(draft);
    std::erase_if(draft.complaints, is_of_source);  // what else has such members may mean anything
    const bool core = draft.api_version == "v1";
    if (core && draft.kind == kClaim) return add_claim(std::move(draft));
    if (core && draft.kind == kNamespace) return add_namespace(std::move(draft));
    if (draft.kind.ends_with(kList)) return add_list(std::move(draft));
    if (draft.kind.empty()) throw at_line(line_of_(draft.mark), "kind: missing");
    if (!draft.templates.empty()) return add_templates(std::move(draft));
    push(draft, OtherDocument{draft.kind});
  }

  /// It only tells of backups, and never ends the reading of what tells of PVCs.
  void add_source(const DocumentDraft& draft) {
    const std::vector<Complaint> complaints = complaints_of_source(draft);
    if (!complaints.empty()) return push(draft, OtherDocument{draft.kind, to_text(complaints.front(), line_of_)});
    if (!draft.kopia) return push(draft, OtherDocument{draft.kind});
    auto read = read_observed(source_text(draft));
    if (const auto* fault = std::get_if<ObjectFault>(&read)) {
      return push(draft, OtherDocument{draft.kind, at_line(line_of_(draft.mark), fault->problem).problem});
    }
    push(draft, SourceDocument{std::get<core::Observed>(std::move(read))});
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

  void add_templates(DocumentDraft draft) {
    const bool stateful = draft.kind == kStatefulSet && draft.api_version.starts_with("apps/");
    check_templates(draft, stateful);
    TemplatesDocument made{draft.kind,     draft.claim.pvc.ns,  draft.claim.pvc.name,          stateful,
                           draft.replicas, draft.first_ordinal, std::move(draft.match_labels), {}};
    for (TemplateDraft& one : draft.templates) made.templates.push_back(std::move(one.claim));
    push(draft, std::move(made));
  }

  /// What is not a StatefulSet may mean something else by what has the names of a claim's members.
  void check_templates(DocumentDraft& draft, bool stateful) const {
    std::erase_if(draft.complaints, [&](const Complaint& complaint) {
      const auto names = [&](std::string_view member) { return complaint.path.find(member) != std::string::npos; };
      return !stateful && !names("metadata.") && !names("spec.replicas") && !names("spec.ordinals");
    });
    check(draft);
    for (const TemplateDraft& one : draft.templates) check_complaints(one.complaints, line_of_);
    if (draft.claim.pvc.name.empty()) missing_name(draft);
    if (draft.replicas.value_or(0) < 0) throw at_line(line_of_(draft.mark), "spec.replicas: negative");
    if (draft.first_ordinal < 0) throw at_line(line_of_(draft.mark), "spec.ordinals.start: negative");
    for (std::size_t i = 0; i < draft.templates.size(); ++i) {
      if (!draft.templates[i].claim.pvc.name.empty()) continue;
      throw at_line(line_of_(draft.templates[i].mark),
                    fmt::format("spec.volumeClaimTemplates[{}].metadata.name: missing", i));
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

void collect(DocumentDraft draft, Walker& walker, const LineOf& line_of, Collector& collector) {
  if (walker.broken() && !walker.read_on()) throw Fault{to_text(*walker.broken(), line_of)};
  // Those of an object are its own.
  if (!walker.complaints().empty()) return collector.next_oddity(walker.complaints().front());
  collector.next_document(std::move(draft), walker.broken());
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
  Collector collector(line_of);
  collect(std::move(draft), walker, line_of, collector);
  return std::move(collector).documents();
}

void read_yaml_document(const YamlTape& tape, const ReadLimits& limits, Collector& collector) {
  DocumentDraft draft;
  Walker walker(kDocumentShape, &draft, options(limits));
  YamlReplay(tape, limits, walker).play();
  collect(std::move(draft), walker, std::identity{}, collector);
}

/// Templates of Helm and the like are seldom YAML before they are rendered.
std::string_view hint(std::string_view text, std::size_t line) {
  for (; line > 1 && !text.empty(); --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const bool placeholder = text.substr(0, text.find('\n')).find("{{") != std::string_view::npos;
  return placeholder ? " (not substituted: a template that must be rendered first)" : "";
}

std::vector<Document> read_yaml(std::string_view text, const ReadLimits& limits) try {
  Collector collector{std::identity{}};
  read_yaml_documents(text, limits, [&](const YamlTape& tape) { read_yaml_document(tape, limits, collector); });
  return std::move(collector).documents();
} catch (const YamlFault& fault) {
  throw at_line(fault.line, fault.problem + std::string(hint(text, fault.line)));
}

/// What follows a first object in braces without a separator may be meant as a part of it.
bool is_oddity(const Document& document) {
  const auto* other = std::get_if<OtherDocument>(&document.object);
  return other != nullptr && other->kind.empty();
}

/// YAML may begin with a brace too. If the text is neither, what the JSON reader says of it is more to the point.
std::vector<Document> read_json_or_flow_yaml(std::string_view text, const ReadLimits& limits) try {
  return read_json(text, limits);
} catch (const Fault& json_fault) {
  try {
    auto documents = read_yaml(text, limits);
    if (std::ranges::none_of(documents, is_oddity)) return documents;
  } catch (const Fault&) {
  }
  throw Fault{json_fault.problem + std::string(hint(text.substr(text.find_first_not_of(" \t\r\n")), 1))};
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
