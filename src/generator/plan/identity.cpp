#include "src/generator/plan/identity.hpp"

#include "holdfast/core/mover_identity.hpp"
#include "src/generator/objects/draft.hpp"

namespace holdfast::generator {
namespace {

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
  if (identity.path == core::kDataPath) return put_names(kopia, identity);
  Json::Value& source = kopia["sourceIdentity"];
  source["sourceName"] = identity.user;
  source["sourceNamespace"] = identity.host;
  source["sourcePathOverride"] = identity.path;
  // With this name it does not look for the other parts in a ReplicationSource.
  source["sourcePVCName"] = text(pvc);
  // VolSync reads the path only where no hostname is given, and takes a username only with one.
  if (!core::survives_spelling(identity)) put_names(kopia, identity);
}

}  // namespace holdfast::generator
