// Plays a YAML document to a Walker as if it were JSON: aliases and merge keys expanded, keys made strings.
// One thread; one document.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "holdfast/json/limits.hpp"
#include "src/json/reader/walker.hpp"
#include "src/json/yaml/yaml_tape.hpp"

namespace holdfast::json {

/// The walker bounds what aliases expand to, and gets lines for marks. Throws YamlFault for what JSON has no form for.
class YamlReplay {
 public:
  YamlReplay(const YamlTape& tape, const ReadLimits& limits, Walker& walker)
      : tape_(tape), nodes_(tape.nodes()), limits_(limits), walker_(walker) {}

  void play();

 private:
  using Keys = std::set<std::string, std::less<>>;

  const YamlNode& resolved(std::size_t at) const;
  std::vector<std::size_t> keys_of(const YamlNode& map) const;
  const std::string* key_text(std::size_t at);
  std::size_t index_of(const YamlNode& node) const { return static_cast<std::size_t>(&node - nodes_.data()); }

  // false: the walker wants no more.
  bool flaw(std::size_t line, std::string problem);
  bool value(std::size_t at);
  bool sequence(const YamlNode& node);
  bool map(const YamlNode& node);
  bool member(std::size_t key);
  bool merged_members(const YamlNode& map, Keys& seen, std::size_t depth);
  bool merge(std::size_t source, Keys& seen, std::size_t depth);
  void count_merge_step(std::size_t line, std::size_t depth);

  const YamlTape& tape_;
  const std::vector<YamlNode>& nodes_;
  ReadLimits limits_;
  Walker& walker_;
  std::size_t merge_steps_ = 0;
};

}  // namespace holdfast::json
