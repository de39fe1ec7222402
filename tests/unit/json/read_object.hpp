// What a reader of Kubernetes objects gave, for tests.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <variant>

#include "holdfast/json/objects.hpp"

namespace holdfast::json {

/// What was read; the test fails where nothing could be.
template <class Value>
Value good(std::variant<Value, ObjectFault> result) {
  if (const auto* fault = std::get_if<ObjectFault>(&result)) FAIL(fault->problem);
  return std::get<Value>(std::move(result));
}

/// Why nothing could be read, or "no fault".
template <class Value>
std::string fault(const std::variant<Value, ObjectFault>& result) {
  const auto* found = std::get_if<ObjectFault>(&result);
  return found == nullptr ? "no fault" : found->problem;
}

}  // namespace holdfast::json
