#include "src/generator/objects/external_secret.hpp"

namespace holdfast::generator {

Json::Value external_secret_spec(const ExternalSecret& secret) {
  Json::Value spec;
  spec["refreshInterval"] = secret.refresh_interval;
  spec["secretStoreRef"]["kind"] = secret.store_kind;
  spec["secretStoreRef"]["name"] = secret.store;
  for (const auto& [name, property] : secret.read) {
    Json::Value entry;
    entry["secretKey"] = name;
    entry["remoteRef"]["key"] = secret.key;
    if (!property.empty()) entry["remoteRef"]["property"] = property;
    spec["data"].append(entry);
  }
  Json::Value& target = spec["target"];
  target["name"] = secret.name;
  target["creationPolicy"] = "Owner";
  if (secret.given.empty()) return spec;
  target["template"]["engineVersion"] = "v2";
  target["template"]["mergePolicy"] = "Merge";
  for (const auto& [name, value] : secret.given) target["template"]["data"][name] = value;
  return spec;
}

}  // namespace holdfast::generator
