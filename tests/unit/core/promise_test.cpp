// The way of a promise: the mutating side writes it, the validating side finds it again.
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

/// The object as the mutating side leaves it for `one_backup()`.
Case promised() {
  Case c;
  c.evidence = one_backup();
  c.refer_to_own_destination();
  c.annotate(key::kRestoredSnapshot, snapshot_id(1));
  c.annotate(key::kRestoredAsOf, "2026-02-28T02:00:00Z");
  c.annotate(key::kRestoredSource, kOwnSource);
  return c;
}

/// The validating side, from the object to the verdict.
Verdict validate(Case c) {
  const Promise found = take_promise(c.pvc(), c.policy);
  return check_promise(c.decide(), found, c.evidence, c.policy, kNow);
}

std::string snapshot_of(const Verdict& verdict) {
  REQUIRE(std::holds_alternative<Restore>(verdict.outcome));
  return std::get<Restore>(verdict.outcome).snapshot.id;
}

}  // namespace

TEST_CASE("taking the promise leaves the object as it was before us") {
  Case c = promised();
  c.annotate("example.com/kept", "yes");
  const Promise found = take_promise(c.pvc(), c.policy);
  CHECK(found.reference);
  CHECK(found.annotated());
  CHECK(found.snapshot == snapshot_id(1));
  CHECK(found.as_of == "2026-02-28T02:00:00Z");
  CHECK(found.source == kOwnSource);
  CHECK(c.pvc().annotations == StringMap{{"example.com/kept", "yes"}});
  CHECK(c.pvc().data_source_ref == std::nullopt);
}

TEST_CASE("the copy of our reference that the API server makes goes too") {
  Case c = promised();
  c.pvc().data_source = c.pvc().data_source_ref;
  take_promise(c.pvc(), c.policy);
  CHECK(c.pvc().data_source == std::nullopt);
}

TEST_CASE("a source that is not our reference stays") {
  Case other = promised(), beside = promised();
  other.pvc().data_source_ref->name = "other";
  CHECK_FALSE(take_promise(other.pvc(), other.policy).reference);
  CHECK(other.pvc().data_source_ref);
  beside.pvc().data_source = {"example.com", "ReplicationDestination", "data-backup", ""};
  take_promise(beside.pvc(), beside.policy);
  CHECK(beside.pvc().data_source);
}

TEST_CASE("an object without a promise has none") {
  Case c;
  const Promise found = take_promise(c.pvc(), c.policy);
  CHECK_FALSE(found.reference);
  CHECK_FALSE(found.annotated());
}

TEST_CASE("one annotation of ours is enough to count as annotated") {
  for (const std::string_view key : kPromiseKeys) {
    Case c;
    c.annotate(key, "x");
    CHECK(take_promise(c.pvc(), c.policy).annotated());
  }
}

TEST_CASE("a promise that holds is admitted") {
  CHECK(answer(validate(promised())) == "restore BackupFound");
  CHECK(snapshot_of(validate(promised())) == snapshot_id(1));
}

TEST_CASE("a promise holds although a newer backup was made meanwhile, and the verdict names the promised one") {
  Case c = promised();
  c.evidence = current({listed(kOwnSource, 1, "2026-02-28T02:00:00Z"), listed(kOwnSource, 2, "2026-03-01T02:00:00Z")});
  CHECK(snapshot_of(validate(c)) == snapshot_id(1));
  CHECK(contains(validate(c).message, "snapshot " + snapshot_id(1)));
}

TEST_CASE("a start time with trailing zeros is promised and found byte for byte") {
  Case c = promised();
  c.evidence = current({listed(kOwnSource, 1, "2026-02-28T02:00:00.100Z")});
  c.annotate(key::kRestoredAsOf, "2026-02-28T02:00:00.100Z");
  CHECK(answer(validate(c)) == "restore BackupFound");
  c.annotate(key::kRestoredAsOf, "2026-02-28T02:00:00.1Z");
  CHECK(answer(validate(c)) == "wait RestoreReferenceMissing");
}

TEST_CASE("a backup exists but the reference is gone: a Wait") {
  Case c = promised();
  c.pvc().data_source_ref.reset();
  CHECK(answer(validate(c)) == "wait RestoreReferenceMissing");
  CHECK(contains(validate(c).message, "ReplicationDestination data-backup"));
}

TEST_CASE("where nothing of the promise is there, the message speaks of labels that come after us") {
  Case late = promised(), dropped = promised();
  late.pvc().data_source_ref.reset();
  late.pvc().annotations.clear();
  dropped.pvc().data_source_ref.reset();
  CHECK(answer(validate(late)) == "wait RestoreReferenceMissing");
  CHECK(contains(validate(late).message, "another mutating webhook adds the backup label"));
  CHECK_FALSE(contains(validate(dropped).message, "label"));
}

TEST_CASE("a backup exists but an annotation is gone or changed: a Wait") {
  for (const std::string_view key : kPromiseKeys) {
    Case gone = promised(), changed = promised();
    gone.pvc().annotations.erase(std::string(key));
    changed.annotate(key, "something else");
    INFO(key);
    CHECK(answer(validate(gone)) == "wait RestoreReferenceMissing");
    CHECK(answer(validate(changed)) == "wait RestoreReferenceMissing");
  }
}

TEST_CASE("a promised snapshot that was deleted meanwhile: a Wait, so that the next try promises another") {
  Case c = promised();
  c.evidence = current({listed(kOwnSource, 2, "2026-03-01T02:00:00Z")});
  CHECK(answer(validate(c)) == "wait RestoreReferenceMissing");
  CHECK(contains(validate(c).message, "is not a complete backup"));
}

TEST_CASE("a promise of another identity's snapshot does not hold") {
  Case c = promised();
  c.evidence = current(
      {listed(kOwnSource, 1, "2026-02-28T02:00:00Z"), listed("other-backup@media:/data", 2, "2026-02-28T02:00:00Z")});
  c.annotate(key::kRestoredSnapshot, snapshot_id(2));
  CHECK(answer(validate(c)) == "wait RestoreReferenceMissing");
  c.annotate(key::kRestoredSource, "other-backup@media:/data");
  CHECK(answer(validate(c)) == "wait RestoreReferenceMissing");
}

TEST_CASE("a promise later than the time that was asked for does not hold") {
  Case c = promised();
  c.evidence = current({listed(kOwnSource, 1, "2026-02-28T02:00:00Z"), listed(kOwnSource, 2, "2026-02-01T02:00:00Z")});
  c.annotate(key::kRestoreAsOf, "2026-02-15T00:00:00Z");
  CHECK(answer(validate(c)) == "wait RestoreReferenceMissing");
  CHECK(contains(validate(c).message, "later than was asked for"));
}

TEST_CASE("a promise cannot be looked up without evidence: a Wait, whatever the verdict was") {
  const Case c = promised();
  Case object = c;
  const Promise found = take_promise(object.pvc(), c.policy);
  Evidence no_catalog;
  no_catalog.state = Current{};
  for (const Evidence& evidence : {Evidence{}, unknown(Unknown::Why::Refreshing), no_catalog}) {
    CHECK(answer(check_promise(object.decide(), found, evidence, c.policy, kNow)) == "wait IndexUnavailable");
  }
}

TEST_CASE("our reference or annotations without a backup are refused") {
  Case reference, annotation;
  reference.refer_to_own_destination();
  annotation.annotate(key::kRestoredSnapshot, snapshot_id(1));
  CHECK(answer(validate(reference)) == "refuse ReferenceWithoutBackup");
  CHECK(answer(validate(annotation)) == "refuse ReferenceWithoutBackup");
}

TEST_CASE("no backup and no promise is fresh on both sides") { CHECK(answer(validate(Case{})) == "fresh NoBackup"); }

TEST_CASE("a Wait, a Refuse and a Pass are the same on the validating side") {
  Case waiting = promised(), refused = promised(), passed = promised();
  waiting.evidence = unknown(Unknown::Why::Refreshing);
  refused.evidence.repository = repository(kOtherId);
  passed.pvc().labels.clear();
  CHECK(answer(validate(waiting)) == "wait IndexRefreshing");
  CHECK(answer(validate(refused)) == "refuse RepositoryChanged");
  CHECK(answer(validate(passed)) == "pass NotOptedIn");
}

TEST_CASE("a broken promise is a denial of the usual shape") {
  Case c = promised();
  c.pvc().data_source_ref.reset();
  const Verdict verdict = validate(c);
  CHECK(verdict.message.starts_with("holdfast: RestoreReferenceMissing: "));
  CHECK(contains(verdict.message, "; checked /repository at "));
  c.annotate(key::kRestoredSource, std::string(5000, 'x'));
  CHECK(validate(c).message.size() <= kMaxMessageBytes);
}

TEST_CASE("mode audit misses no promise, because it made none") {
  Case c;
  c.evidence = one_backup();
  c.policy.mode = Mode::Audit;
  CHECK(answer(validate(c)) == "restore BackupFound");
  CHECK(answer(in_mode(validate(c), Mode::Audit)) == "pass BackupFound");
}

TEST_CASE("mode audit still sees a reference from Git without a backup") {
  Case c;
  c.policy.mode = Mode::Audit;
  c.refer_to_own_destination();
  CHECK(answer(validate(c)) == "refuse ReferenceWithoutBackup");
}
