// Rules 3 and 4: what the object says about its own content.
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

Case skipping(std::string_view reason) {
  Case c;
  c.evidence = one_backup();
  c.annotate(key::kSkipRestore, "true");
  c.annotate(key::kSkipRestoreReason, reason);
  return c;
}

WantsRestore wishes(const Case& c) {
  const Intent intent = read_intent(c.question, c.policy, kNow);
  REQUIRE(std::holds_alternative<WantsRestore>(intent));
  return std::get<WantsRestore>(intent);
}

}  // namespace

// Rule 3.

TEST_CASE("a foreign dataSourceRef is never overwritten") {
  Case c;
  c.evidence = one_backup();
  c.pvc().data_source_ref = {"example.com", "Importer", "x", ""};
  CHECK(answer(c) == "pass SourceAlreadySet");
}

TEST_CASE("a ReplicationDestination that is not this PVC's own counts as foreign") {
  const ObjectReference own{std::string(kVolSyncGroup), std::string(kDestinationKind), "data-backup", ""};
  ObjectReference name = own, group = own, kind = own;
  name.name = "other-backup";
  group.api_group = "example.com";
  kind.kind = "Other";
  for (const ObjectReference& reference : {name, group, kind}) {
    Case c;
    c.evidence = one_backup();
    c.pvc().data_source_ref = reference;
    CHECK(answer(c) == "pass SourceAlreadySet");
  }
}

TEST_CASE("an empty dataSourceRef or dataSource is none") {
  Case c;
  c.pvc().data_source_ref = ObjectReference{};
  c.pvc().data_source = ObjectReference{};
  CHECK(answer(c) == "fresh NoBackup");
}

TEST_CASE("a clone or a volume snapshot as dataSource is left alone") {
  for (const ObjectReference& source : {ObjectReference{"", "PersistentVolumeClaim", "x", ""},
                                        ObjectReference{"snapshot.storage.k8s.io", "VolumeSnapshot", "x", ""}}) {
    Case c;
    c.evidence = one_backup();
    c.pvc().data_source = source;
    CHECK(answer(c) == "pass SourceAlreadySet");
  }
}

TEST_CASE("a dataSource that the API server would drop without a word is refused") {
  for (const ObjectReference& source : {ObjectReference{"volsync.backube", "ReplicationDestination", "data-backup", ""},
                                        ObjectReference{"example.com", "PersistentVolumeClaim", "x", ""},
                                        ObjectReference{"", "VolumeSnapshot", "x", ""}}) {
    Case c;
    c.evidence = one_backup();
    c.pvc().data_source = source;
    CHECK(answer(c) == "refuse DataSourceIgnored");
  }
}

TEST_CASE("our own reference, with the copy that the API server makes of it, does not end the decision") {
  Case c;
  c.evidence = one_backup();
  c.refer_to_own_destination();
  CHECK(answer(c) == "restore BackupFound");
  c.pvc().data_source = c.pvc().data_source_ref;
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("a reference with a namespace is refused, whosever it is, because the API server drops it") {
  Case own, elsewhere, foreign;
  own.refer_to_own_destination();
  own.pvc().data_source_ref->ns = "media";
  elsewhere.refer_to_own_destination();
  elsewhere.pvc().data_source_ref->ns = "elsewhere";
  foreign.pvc().data_source_ref = {"example.com", "Importer", "x", "elsewhere"};
  for (Case* c : {&own, &elsewhere, &foreign}) {
    c->evidence = one_backup();
    CHECK(answer(*c) == "refuse DataSourceIgnored");
  }
  CHECK(contains(own.decide().message, "crossNamespaceSources: true"));
}

TEST_CASE("a reference with a namespace is one like others where the API server keeps it") {
  Case own, foreign;
  own.refer_to_own_destination();
  own.pvc().data_source_ref->ns = "media";
  foreign.pvc().data_source_ref = {"example.com", "Importer", "x", "elsewhere"};
  own.evidence = foreign.evidence = one_backup();
  own.policy.cross_namespace_sources = foreign.policy.cross_namespace_sources = true;
  CHECK(answer(own) == "restore BackupFound");
  CHECK(answer(foreign) == "pass SourceAlreadySet");
}

TEST_CASE("the old annotation for the storage class says whether a volume is bound by hand") {
  Case c;
  c.evidence = one_backup();
  c.pvc().storage_class = "";
  CHECK(answer(c) == "pass StaticVolume");
  c.pvc().annotations["volume.beta.kubernetes.io/storage-class"] = "longhorn";
  CHECK(answer(c) == "restore BackupFound");
  c.pvc().annotations["volume.beta.kubernetes.io/storage-class"] = "";
  CHECK(answer(c) == "pass StaticVolume");
}

TEST_CASE("our own reference follows the naming strategy") {
  Case c;
  c.refer_to_own_destination();
  CHECK(refers_to_own_destination(c.pvc(), c.policy));
  c.policy.naming = Naming::V4;
  CHECK_FALSE(refers_to_own_destination(c.pvc(), c.policy));
  c.pvc().data_source_ref->name = "data-dst";
  CHECK(refers_to_own_destination(c.pvc(), c.policy));
}

TEST_CASE("a PVC that has no name yet has no reference of its own") {
  Case c;
  c.pvc().name.clear();
  c.pvc().data_source_ref = {std::string(kVolSyncGroup), std::string(kDestinationKind), "-backup", ""};
  CHECK_FALSE(refers_to_own_destination(c.pvc(), c.policy));
}

// Rule 4.

TEST_CASE("skip-restore with a reason passes with a warning although backups exist") {
  const Case c = skipping("fresh start wanted");
  CHECK(answer(c) == "pass SkipRestore");
  CHECK(warns(c.decide(), Code::SkipRestore));
}

TEST_CASE("skip-restore without a reason is refused") {
  CHECK(answer(skipping(" ")) == "refuse SkipRestoreReasonMissing");
  Case none = skipping("");
  none.pvc().annotations.erase(std::string(key::kSkipRestoreReason));
  CHECK(answer(none) == "refuse SkipRestoreReasonMissing");
}

TEST_CASE("skip-restore with any other value than true skips nothing") {
  Case c = skipping("why not");
  c.annotate(key::kSkipRestore, "yes");
  CHECK(answer(c) == "restore BackupFound");
}

TEST_CASE("skip-restore says when a reference in the manifest would keep the PVC Pending") {
  Case c = skipping("fresh start wanted");
  CHECK_FALSE(contains(c.decide().warnings.at(0), "Pending"));
  c.refer_to_own_destination();
  CHECK(contains(c.decide().warnings.at(0), "Pending"));
}

TEST_CASE("restore-as-of must be a time") {
  Case c;
  c.annotate(key::kRestoreAsOf, "yesterday");
  CHECK(answer(c) == "refuse RestoreAsOfInvalid");
  CHECK(contains(c.decide().message, "\"yesterday\""));
  c.annotate(key::kRestoreAsOf, "");
  CHECK(answer(c) == "refuse RestoreAsOfInvalid");
}

TEST_CASE("restore-from is refused unless the settings list the very pair") {
  Case c;
  c.annotate(key::kRestoreFrom, "old/db");
  CHECK(answer(c) == "refuse RestoreFromNotAllowed");
  CHECK(contains(c.decide().message, "{from: old/db, to: media/data}"));
  c.policy.restore_from = {{{"old", "db"}, {"media", "other"}}, {{"media", "data"}, {"old", "db"}}};
  CHECK(answer(c) == "refuse RestoreFromNotAllowed");
}

TEST_CASE("restore-from must be a namespace and a name") {
  for (const char* text : {"", "db", "old/", "old/db/x"}) {
    Case c;
    c.annotate(key::kRestoreFrom, text);
    CHECK(answer(c) == "refuse RestoreFromNotAllowed");
    CHECK(contains(c.decide().message, "is not <namespace>/<pvc>"));
  }
}

TEST_CASE("restore-from that the settings allow looks at the other PVC's places") {
  Case c;
  c.annotate(key::kRestoreFrom, "old/db");
  c.policy.restore_from = {{{"old", "db"}, {"media", "data"}}};
  CHECK(wishes(c).from_another);
  CHECK(to_string(wishes(c).candidates.at(0).identity) == "db-backup@old:/data");
  CHECK(wishes(c).destination == "data-backup");
}

TEST_CASE("restore-identity must be a kopia source") {
  Case c;
  c.annotate(key::kRestoreIdentity, "data@media");
  CHECK(answer(c) == "refuse RestoreIdentityInvalid");
}

TEST_CASE("restore-identity is the only place to look, and settles an ambiguity") {
  Case c;
  c.annotate(key::kRestoreIdentity, "u@media:/data");
  CHECK(wishes(c).identity_given);
  CHECK(wishes(c).candidates == std::vector<Candidate>{{identity("u@media:/data"), false}});
}

TEST_CASE("restore-identity and restore-from exclude each other") {
  Case c;
  c.policy.restore_from = {{{"old", "db"}, {"media", "data"}}};
  c.annotate(key::kRestoreFrom, "old/db");
  c.annotate(key::kRestoreIdentity, "u@media:/data");
  CHECK(answer(c) == "refuse RestoreIdentityInvalid");
  CHECK(contains(c.decide().message, "exclude each other"));
}

TEST_CASE("the wishes carry what later rules need") {
  Case c;
  c.pvc().requested_bytes = 4096;
  c.annotate(key::kRestoreAsOf, "2026-01-01T00:00:00Z");
  c.annotate(key::kAcceptVanished, "t1: gone");
  const WantsRestore wanted = wishes(c);
  CHECK(wanted.pvc == PvcName{"media", "data"});
  CHECK(wanted.requested_bytes == 4096);
  CHECK(wanted.as_of == at("2026-01-01T00:00:00Z"));
  CHECK(wanted.as_of_text == "2026-01-01T00:00:00Z");
  CHECK(wanted.accept_vanished == "t1: gone");
  CHECK_FALSE(wanted.reference_present);
}

// generateName.

TEST_CASE("a name that is not made yet is admitted, and the validating side decides") {
  Case c;
  c.pvc().name.clear();
  c.pvc().generate_name = "data-";
  CHECK(answer(c) == "pass NameNotGenerated");
}

TEST_CASE("a fault is refused even before the name is made") {
  Case c;
  c.pvc().name.clear();
  c.pvc().generate_name = "data-";
  c.annotate(key::kRestoreAsOf, "yesterday");
  CHECK(answer(c) == "refuse RestoreAsOfInvalid");
  CHECK(contains(c.decide().message, "checked PVC media/data-* at"));
}

// Faults together.

TEST_CASE("all faults are reported at once, and the code is that of the first") {
  Case c;
  c.pvc().volume_mode = "Block";
  c.pvc().data_source = {"example.com", "Importer", "x", ""};
  c.annotate(key::kSkipRestore, "true");
  c.annotate(key::kRestoreAsOf, "never");
  c.annotate(key::kRestoreFrom, "x");
  c.annotate(key::kRestoreIdentity, "y");
  CHECK(answer(c) == "refuse UnsupportedVolumeMode");
  const Verdict verdict = c.decide();
  for (const std::string_view part : {std::string_view("volumeMode"), std::string_view("dataSource"), key::kSkipRestore,
                                      key::kRestoreAsOf, key::kRestoreFrom, key::kRestoreIdentity}) {
    INFO(part);
    CHECK(contains(verdict.message, part));
  }
}

TEST_CASE("a fault is not forgiven by a source or a skip that would pass") {
  Case sourced, skipped = skipping("fresh start wanted");
  sourced.pvc().volume_mode = skipped.pvc().volume_mode = "Block";
  sourced.pvc().data_source_ref = {"example.com", "Importer", "x", ""};
  CHECK(answer(sourced) == "refuse UnsupportedVolumeMode");
  CHECK(answer(skipped) == "refuse UnsupportedVolumeMode");
}

TEST_CASE("a refused object still shows its warnings") {
  Case c;
  c.policy.plumber_contract = true;
  c.pvc().labels = {
      {"pvc-plumber.io/enabled", "true"}, {"pvc-plumber.io/manage-volsync", "true"}, {"pvc-plumber.io/tier", "hourly"}};
  c.label("backup", "weekly");
  c.annotate(key::kRestoreAsOf, "never");
  CHECK(answer(c) == "refuse RestoreAsOfInvalid");
  CHECK(warns(c.decide(), Code::UnknownTier));
}
