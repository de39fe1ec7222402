#include "src/cli/output.hpp"

#include <json/writer.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <stdexcept>

namespace holdfast::cli {
namespace {

void emit(YAML::Emitter& out, const Json::Value& value) {
  switch (value.type()) {
    case Json::objectValue:
      out << YAML::BeginMap;
      for (const auto& name : value.getMemberNames()) {
        out << YAML::Key << name << YAML::Value;
        emit(out, value[name]);
      }
      out << YAML::EndMap;
      break;
    case Json::arrayValue:
      out << YAML::BeginSeq;
      for (const auto& item : value) emit(out, item);
      out << YAML::EndSeq;
      break;
    case Json::stringValue:
      out << YAML::DoubleQuoted << value.asString();
      break;
    case Json::nullValue:
      out << YAML::Null;
      break;
    case Json::booleanValue:
      out << value.asBool();
      break;
    case Json::intValue:
      out << value.asInt64();
      break;
    case Json::uintValue:
      out << value.asUInt64();
      break;
    case Json::realValue:
      out << value.asDouble();
      break;
  }
}

}  // namespace

std::string render(const Json::Value& value, Output output) {
  if (output == Output::Yaml) {
    YAML::Emitter out;
    emit(out, value);
    return std::string(out.c_str()) + "\n";
  }
  Json::StreamWriterBuilder builder;
  builder["indentation"] = "  ";
  builder["emitUTF8"] = true;
  return Json::writeString(builder, value) + "\n";
}

std::string manifests(const std::vector<Json::Value>& objects, Output output) {
  if (output == Output::Json) {
    Json::Value list;
    list["apiVersion"] = "v1";
    list["kind"] = "List";
    list["items"] = Json::arrayValue;
    for (const Json::Value& object : objects) list["items"].append(object);
    return render(list, Output::Json);
  }
  std::string text;
  for (const Json::Value& object : objects) text += "---\n" + render(object, Output::Yaml);
  return text;
}

void print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!written || std::fflush(stdout) != 0) throw std::runtime_error("cannot write to standard output");
}

ops::Logger command_log(const Settings& settings) {
  return {ops::Logger::Sink::Stderr, settings.log_level.value_or(ops::Level::Warn), settings.log_format};
}

}  // namespace holdfast::cli
