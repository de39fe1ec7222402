#include "src/kube/document.hpp"

#include "holdfast/json/tree.hpp"

namespace holdfast::kube {

std::optional<Json::Value> read_document(std::string_view text) {
  auto value = json::read_tree(text);
  if (value && !value->isObject()) return std::nullopt;
  return value;
}

std::string text_at(const Json::Value& object, const char* member) {
  if (!object.isObject()) return {};
  const Json::Value& value = object[member];
  return value.isString() ? value.asString() : std::string();
}

std::string cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  const auto continues = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80; };
  while (max_bytes > 0 && continues(max_bytes)) --max_bytes;
  return std::string(text.substr(0, max_bytes));
}

}  // namespace holdfast::kube
