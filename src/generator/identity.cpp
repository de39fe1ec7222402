#include "src/generator/identity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "src/generator/draft.hpp"
#include "src/generator/mover.hpp"

namespace holdfast::generator {
namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// The pattern of `username` and `hostname` in the CRDs.
bool fits_schema(std::string_view text) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), allowed)) return false;
  return is_alphanumeric(text.front()) && is_alphanumeric(text.back());
}

/// A `sourceIdentity` goes through VolSync's own spelling: whether it comes out of it unchanged.
bool survives_spelling(const core::Identity& identity) {
  const std::string& host = identity.host;
  return core::fork_user_name(identity.user) == identity.user && fits_schema(host) &&
         host.find('_') == std::string::npos;
}

void put_names(Json::Value& kopia, const core::Identity& identity) {
  kopia["username"] = identity.user;
  kopia["hostname"] = identity.host;
}

}  // namespace

void put_source_identity(Json::Value& kopia, const core::Identity& identity) {
  put_names(kopia, identity);
  // VolSync's own path too: what we leave out somebody else may set, and backups would go where nobody looks for them.
  kopia["sourcePathOverride"] = identity.path;
}

void put_destination_identity(Json::Value& kopia, const core::Identity& identity, std::string_view pvc) {
  if (identity.path == kDataPath) return put_names(kopia, identity);
  Json::Value& source = kopia["sourceIdentity"];
  source["sourceName"] = identity.user;
  source["sourceNamespace"] = identity.host;
  source["sourcePathOverride"] = identity.path;
  // With this name it does not look for the other parts in a ReplicationSource.
  source["sourcePVCName"] = text(pvc);
  // VolSync reads the path only where no hostname is given, and takes a username only with one.
  if (!survives_spelling(identity)) put_names(kopia, identity);
}

std::string mover_problem(const core::Identity& identity) {
  if (!fits_schema(identity.user) || !fits_schema(identity.host)) {
    return fmt::format(
        "VolSync takes no username and hostname like those of {}: letters, digits, '.', '_' and '-', "
        "beginning and ending with a letter or digit",
        core::to_string(identity));
  }
  if (identity.path != kDataPath && !survives_spelling(identity)) {
    return fmt::format("VolSync cannot restore {}: with a path other than {} it spells user and host in its own way",
                       core::to_string(identity), kDataPath);
  }
  return {};
}

}  // namespace holdfast::generator
