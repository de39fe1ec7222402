// Whether two objects or claims say the same, field by field; a failure shows which does not.
#pragma once

#include <catch2/catch.hpp>

#include "holdfast/core/claim.hpp"

namespace holdfast::generator::test {

inline void check_same(const core::Meta& is, const core::Meta& wanted) {
  CHECK(is.ns == wanted.ns);
  CHECK(is.name == wanted.name);
  CHECK(is.uid == wanted.uid);
  CHECK(is.resource_version == wanted.resource_version);
  CHECK(is.created == wanted.created);
  CHECK(is.deleting == wanted.deleting);
  CHECK(is.labels == wanted.labels);
  CHECK(is.annotations == wanted.annotations);
  CHECK(is.owners == wanted.owners);
}

inline void check_same(const core::SyncStatus& is, const core::SyncStatus& wanted) {
  CHECK(is.last_manual_sync == wanted.last_manual_sync);
  CHECK(is.last_sync == wanted.last_sync);
  CHECK(is.sync_started == wanted.sync_started);
  CHECK(is.synchronizing == wanted.synchronizing);
  CHECK(is.error == wanted.error);
  CHECK(is.error_since == wanted.error_since);
  CHECK(is.mover_result == wanted.mover_result);
  CHECK(is.mover_logs == wanted.mover_logs);
  CHECK(is.image == wanted.image);
}

inline void check_same(const core::Observed& is, const core::Observed& wanted) {
  check_same(is.meta, wanted.meta);
  CHECK(is.spec == wanted.spec);
  check_same(is.status, wanted.status);
  CHECK(is.ready == wanted.ready);
  CHECK(is.end_seen == wanted.end_seen);
}

inline void check_same(const core::Pvc& is, const core::Pvc& wanted) {
  CHECK(is.full_name() == wanted.full_name());
  CHECK(is.generate_name == wanted.generate_name);
  CHECK(is.has_annotations == wanted.has_annotations);
  CHECK(is.labels == wanted.labels);
  CHECK(is.annotations == wanted.annotations);
  REQUIRE(is.owners.size() == wanted.owners.size());
  for (std::size_t i = 0; i < is.owners.size(); ++i) {
    CHECK(is.owners[i].kind == wanted.owners[i].kind);
    CHECK(is.owners[i].controller == wanted.owners[i].controller);
  }
  CHECK(is.volume_mode == wanted.volume_mode);
  CHECK(is.volume_name == wanted.volume_name);
  CHECK(is.storage_class == wanted.storage_class);
  CHECK(is.has_selector == wanted.has_selector);
  CHECK(is.requested_bytes == wanted.requested_bytes);
  CHECK(is.data_source == wanted.data_source);
  CHECK(is.data_source_ref == wanted.data_source_ref);
}

inline void check_same(const core::Claim& is, const core::Claim& wanted) {
  check_same(is.pvc, wanted.pvc);
  CHECK(is.uid == wanted.uid);
  CHECK(is.resource_version == wanted.resource_version);
  CHECK(is.created == wanted.created);
  CHECK(is.deleting == wanted.deleting);
  CHECK(is.phase == wanted.phase);
  CHECK(is.access_modes == wanted.access_modes);
  CHECK(is.requested == wanted.requested);
  CHECK(is.capacity == wanted.capacity);
}

}  // namespace holdfast::generator::test
