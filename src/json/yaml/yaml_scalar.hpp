// What a YAML scalar is: a string, a number, a boolean or nothing.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace holdfast::json {

/// What a node of a document is; a scalar is one of the first five.
enum class YamlKind : std::uint8_t { Null, Boolean, Number, Text, Merge, Alias, Sequence, Map };

struct YamlScalar {
  using Kind = YamlKind;
  Kind kind = Kind::Null;
  std::string text;  ///< "true" or "false", decimal digits, or the string
};

struct YamlScalarFault {
  std::string problem;
};

/// `tag` as yaml-cpp gives it: "?" for a plain scalar, "!" for a quoted one, else the tag itself. The rules for plain
/// ones are kubectl's, which are those of YAML 1.1 with Go's number syntax: `yes` and `on` are booleans, `010` is 8.
/// Checked against kubectl 1.34.
std::variant<YamlScalar, YamlScalarFault> resolve_yaml_scalar(std::string_view tag, std::string_view value);

}  // namespace holdfast::json
