#include "src/kube/document.hpp"

#include <json/reader.h>
#include <json/writer.h>

#include <memory>

namespace holdfast::kube {

std::string write_document(const Json::Value& value) {
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "";
  builder["emitUTF8"] = true;
  return Json::writeString(builder, value);
}

std::optional<Json::Value> read_document(std::string_view text) {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["stackLimit"] = 64;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  try {
    if (!reader->parse(text.data(), text.data() + text.size(), &value, nullptr)) return std::nullopt;
  } catch (const Json::Exception&) {  // more levels than allowed
    return std::nullopt;
  }
  if (!value.isObject()) return std::nullopt;
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
