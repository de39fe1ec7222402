// Whether two objects say the same, field by field; a failure shows which does not.
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
  CHECK(is.mover_result == wanted.mover_result);
  CHECK(is.mover_logs == wanted.mover_logs);
  CHECK(is.image == wanted.image);
}

inline void check_same(const core::Observed& is, const core::Observed& wanted) {
  check_same(is.meta, wanted.meta);
  CHECK(is.spec == wanted.spec);
  check_same(is.status, wanted.status);
  CHECK(is.ready == wanted.ready);
}

}  // namespace holdfast::generator::test
