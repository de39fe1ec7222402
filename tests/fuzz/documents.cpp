#include "holdfast/json/documents.hpp"

#include <algorithm>

#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

void check(const std::vector<json::Document>& documents, std::size_t lines) {
  std::size_t number = 0;
  for (const json::Document& document : documents) {
    // A List opens up into its members: one without any is counted, and leaves nothing behind.
    fuzz::require(document.number >= std::max<std::size_t>(number, 1), "documents are counted in their order");
    fuzz::require(document.line >= 1 && document.line <= lines, "a document begins on a line of the text");
    number = document.number;
    if (const auto* ns = std::get_if<json::NamespaceDocument>(&document.object)) {
      fuzz::require(!ns->name.empty(), "a Namespace has a name");
    }
    if (const auto* claim = std::get_if<core::Claim>(&document.object)) {
      fuzz::require(!claim->pvc.name.empty() || !claim->pvc.generate_name.empty(), "a claim has a name");
      fuzz::require(claim->uid.empty() && claim->phase == core::Claim::Phase::Pending, "its author knows no state");
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  const auto read = json::read_documents(input.text(), {.bytes = 64 * 1024, .depth = 16, .members = 500});
  if (const auto* fault = std::get_if<json::DocumentFault>(&read)) {
    fuzz::require_message(fault->problem);
    return 0;
  }
  // YAML also breaks lines at a lone CR.
  const auto lines =
      std::count_if(input.text().begin(), input.text().end(), [](char c) { return c == '\n' || c == '\r'; });
  check(std::get<std::vector<json::Document>>(read), static_cast<std::size_t>(lines) + 1);
  return 0;
}
