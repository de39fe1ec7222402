// The order of the rules: an object that several rules speak of gets the answer of the first.
#include <span>

#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

/// One rule, and what to change in a Case so that it speaks. The changes of two rules do not undo each other.
struct Rule {
  const char* answer;
  void (*apply)(Case&);
};

void label_exempt(Case& c) { c.label("backup-exempt", "true"); }

void backup(Case& c) {
  if (auto* state = std::get_if<Current>(&c.evidence.state)) {
    state->catalog = std::make_shared<const Catalog>(catalog({listed(kOwnSource, 1, "2026-02-28T02:00:00Z")}));
  }
}

void destination(Case& c, Destination::Owner owner, bool image) {
  backup(c);
  c.cluster.destination = Destination{owner, image};
}

void emptied(Case& c) {
  if (auto* state = std::get_if<Current>(&c.evidence.state)) {
    ListedSnapshot hollow = listed(kOwnSource, 2, "2026-02-28T03:00:00Z");
    hollow.files = 0;
    state->catalog =
        std::make_shared<const Catalog>(catalog({listed(kOwnSource, 1, "2026-02-28T02:00:00Z"), std::move(hollow)}));
  }
}

void other_repository(Case& c) {
  c.policy.pin = repository(kOurId);
  c.evidence.repository = repository(kOtherId);
}

/// The object alone: rules 1 to 4, and the repository: 5 and 6.
const Rule kObjectRules[] = {
    {"pass NotCreate", [](Case& c) { c.question.creates_pvc = false; }},
    {"pass NamespaceExcluded", [](Case& c) { c.policy.excluded_namespaces.insert("media"); }},
    {"refuse ExemptReasonMissing", label_exempt},
    {"refuse UnsupportedVolumeMode", [](Case& c) { c.pvc().volume_mode = "Block"; }},
    {"pass StaticVolume", [](Case& c) { c.pvc().has_selector = true; }},
    {"pass SourceAlreadySet",
     [](Case& c) {
       c.pvc().data_source_ref = {"example.com", "Importer", "x", ""};
     }},
    {"refuse DataSourceIgnored",
     [](Case& c) {
       c.pvc().data_source = {"example.com", "Importer", "x", ""};
     }},
    {"refuse SkipRestoreReasonMissing", [](Case& c) { c.annotate(key::kSkipRestore, "true"); }},
    {"refuse RestoreAsOfInvalid", [](Case& c) { c.annotate(key::kRestoreAsOf, "x"); }},
    {"refuse RestoreFromNotAllowed", [](Case& c) { c.annotate(key::kRestoreFrom, "x"); }},
    {"refuse RestoreIdentityInvalid", [](Case& c) { c.annotate(key::kRestoreIdentity, "x"); }},
    {"refuse RepositoryChanged", other_repository},
    {"wait IndexUnavailable", [](Case& c) { c.evidence.state = Unknown{}; }},
};

/// Where a backup exists.
const Rule kRestoreRules[] = {
    {"refuse RepositoryChanged", other_repository},
    {"wait IndexUnavailable", [](Case& c) { c.evidence.state = Unknown{}; }},
    {"refuse IdentityAmbiguous",
     [](Case& c) {
       Ownership disputed;
       disputed.source_says(identity(kOwnSource), {"media", "data"});
       disputed.add(witness(identity(kOwnSource), {"media", "other"}));
       c.cluster.ownership = disputed;
       backup(c);
     }},
    {"wait RestoreImageStale", [](Case& c) { destination(c, Destination::Owner::Ours, true); }},
    {"refuse RestoreDoesNotFit",
     [](Case& c) {
       c.pvc().requested_bytes = 1;
       backup(c);
     }},
    {"refuse BackupShrunk", emptied},
    {"restore BackupFound", backup},
    {"wait BackupInFlight",
     [](Case& c) {
       c.cluster.backup = BackupActivity{true, std::nullopt, "it"};
     }},
    {"refuse BackupsVanished",
     [](Case& c) {
       c.cluster.tombstone = std::optional<Tombstone>{{"t", "i", std::nullopt}};
     }},
    {"refuse RepositoryUnpinned", [](Case& c) { c.policy.pin = Unpinned{}; }},
    {"refuse RepositoryOutdated",
     [](Case& c) {
       c.policy.fresh_limit = std::chrono::minutes{1};
       c.evidence.state = current({listed("x-backup@other:/data", 1, "2026-02-01T00:00:00Z")}).state;
     }},
    {"refuse ReferenceWithoutBackup", [](Case& c) { c.refer_to_own_destination(); }},
    {"fresh NoBackup", [](Case&) {}},
};

/// Applies the later rule first, so that the earlier one has the last word about the inputs and not about the order.
void earlier_wins(std::span<const Rule> rules) {
  for (std::size_t first = 0; first < rules.size(); ++first) {
    for (std::size_t second = first; second < rules.size(); ++second) {
      Case c;
      rules[second].apply(c);
      rules[first].apply(c);
      INFO(rules[first].answer << " before " << rules[second].answer);
      CHECK(answer(c) == rules[first].answer);
    }
  }
}

}  // namespace

TEST_CASE("of the rules about the object the earlier one answers") { earlier_wins(kObjectRules); }

TEST_CASE("of the rules about backups the earlier one answers") { earlier_wins(kRestoreRules); }

TEST_CASE("every rule about the object answers before every rule about backups") {
  for (const Rule& object : std::span(kObjectRules).first(11)) {
    for (const Rule& backups : std::span(kRestoreRules).first(9)) {
      Case c;
      backups.apply(c);
      object.apply(c);
      INFO(object.answer << " before " << backups.answer);
      CHECK(answer(c) == object.answer);
    }
  }
}

TEST_CASE("not opted in answers before everything that an opted-in PVC would hear") {
  for (const Rule& rule : std::span(kObjectRules).subspan(3)) {
    Case c;
    c.pvc().labels.clear();
    rule.apply(c);
    INFO(rule.answer);
    CHECK(answer(c) == "pass NotOptedIn");
  }
}
