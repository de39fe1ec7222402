// JSON merge patches as the API server carries them out.
#pragma once

#include <json/value.h>

#include <string>

namespace holdfast::fakes {

/// RFC 7396.
inline void merge_patch(Json::Value& target, const Json::Value& patch) {
  if (!target.isObject()) target = Json::Value(Json::objectValue);
  for (const std::string& name : patch.getMemberNames()) {
    if (patch[name].isNull())
      target.removeMember(name);
    else if (patch[name].isObject())
      merge_patch(target[name], patch[name]);
    else
      target[name] = patch[name];
  }
}

}  // namespace holdfast::fakes
