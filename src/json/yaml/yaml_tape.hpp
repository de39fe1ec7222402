// YAML text as its documents, each as a flat row of nodes in document order; aliases point back instead of being
// copied. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include "holdfast/json/limits.hpp"
#include "src/json/yaml/yaml_scalar.hpp"

namespace holdfast::json {

/// Thrown out of the parser's events, and by the replay: the text is not as we want it.
struct YamlFault {
  std::size_t line;  ///< 1 is the first
  std::string problem;
};

struct YamlNode {
  using Kind = YamlKind;
  Kind kind = Kind::Null;
  std::size_t line = 0;    ///< 1 is the first
  std::size_t column = 0;  ///< 1 is the first
  std::size_t next = 0;    ///< index of the node that follows, after everything in this one
  std::size_t target = 0;  ///< of an alias: the node it stands for, never an alias itself
  std::string text;        ///< of a scalar, see YamlScalar
};

/// Handles the events of one document after the other; `nodes()` is the last one.
class YamlTape : public YAML::EventHandler {
 public:
  explicit YamlTape(const ReadLimits& limits) : limits_(limits) {}

  const std::vector<YamlNode>& nodes() const { return nodes_; }

  /// The first tag that Kubernetes has no use for; the rest is read as if there were none.
  const std::optional<YamlFault>& flaw() const { return flaw_; }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  YamlNode& append(YamlNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor);
  void close();
  void keep_flaw(const YAML::Mark& mark, std::string problem);

  ReadLimits limits_;
  int document_start_ = -1;  ///< offset in the text
  std::vector<YamlNode> nodes_;
  std::vector<std::size_t> open_;  ///< indices of the sequences and maps that have not ended
  std::optional<YamlFault> flaw_;
  std::vector<std::size_t> anchors_;  ///< by yaml-cpp's number, which counts from 1 in each document
};

/// Calls `each` with every document that is not empty. Throws YamlFault for what is not YAML as we want it; exceptions
/// of `each` pass through.
void read_yaml_documents(std::string_view text, const ReadLimits& limits,
                         const std::function<void(const YamlTape& tape)>& each);

}  // namespace holdfast::json
