#include "src/core/unread_keys.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

std::vector<std::string> with_annotation(std::string_view key, const Policy& policy = {}) {
  Pvc pvc;
  pvc.annotations[std::string(key)] = "x";
  return unread_keys(pvc, policy);
}

std::vector<std::string> with_label(std::string_view key) {
  Pvc pvc;
  pvc.labels[std::string(key)] = "x";
  return unread_keys(pvc, {});
}

std::string only(const std::vector<std::string>& sentences) {
  REQUIRE(sentences.size() == 1);
  return sentences[0];
}

/// Every key under our prefixes that is a constant of a public header.
std::set<std::string> constants() {
  std::set<std::string> found;
  const std::regex literal("\"((holdfast\\.dev|pvc-plumber\\.io|volsync\\.backup)/[A-Za-z-]+)\"");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(TEST_DATA "/../../include/holdfast")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (std::sregex_iterator one(text.begin(), text.end(), literal), end; one != end; ++one) found.insert((*one)[1]);
  }
  return found;
}

/// They stand on other objects than PVCs.
const std::set<std::string> kElsewhere = {"volsync.backup/pvc",           "holdfast.dev/pvc",
                                          "holdfast.dev/applied",         "holdfast.dev/verified",
                                          "holdfast.dev/verified-by",     "holdfast.dev/users",
                                          "holdfast.dev/adopt-requested", "holdfast.dev/adopted-from",
                                          "holdfast.dev/schedule-kept",   "holdfast.dev/backup-requested",
                                          "holdfast.dev/backup-made",     "holdfast.dev/pause-reason",
                                          "holdfast.dev/drill",           "holdfast.dev/drill-ended",
                                          "holdfast.dev/drill-made",      "holdfast.dev/drill-problem",
                                          "holdfast.dev/drill-requested", "holdfast.dev/drill-snapshot",
                                          "holdfast.dev/drill-verified",  "pvc-plumber.io/managed-namespace"};

}  // namespace

TEST_CASE("every key that the code has a constant for is read in one place, or stands on other objects") {
  const auto all = constants();
  CHECK(all.size() > 30);
  for (const std::string& key : all) {
    INFO(key);
    const int places = (with_annotation(key).empty() ? 1 : 0) + (with_label(key).empty() ? 1 : 0);
    CHECK(places == (kElsewhere.contains(key) ? 0 : 1));
  }
}

TEST_CASE("keys of others are none of our business") {
  CHECK(with_annotation("holdfast.device/restore-as-off").empty());
  CHECK(with_annotation("volume.beta.kubernetes.io/storage-class").empty());
  CHECK(with_label("app").empty());
}

TEST_CASE("a misspelt annotation is named with the one that was meant") {
  const struct {
    std::string_view key, meant;
  } cases[] = {{"holdfast.dev/restor-as-of", "annotation `holdfast.dev/restore-as-of`"},
               {"holdfast.dev/restore_as_of", "annotation `holdfast.dev/restore-as-of`"},
               {"holdfast.dev/skip-restore", "annotation `volsync.backup/skip-restore`"},
               {"volsync.backup/skip-restore-reasons", "annotation `volsync.backup/skip-restore-reason`"},
               {"holdfast.dev/schedul", "annotation `holdfast.dev/schedule`"},
               {"pvc-plumber.io/teir", "label `pvc-plumber.io/tier`"},
               {"holdfast.dev/backup", "label `backup`"}};
  for (const auto& c : cases) {
    INFO(c.key);
    CHECK(contains(only(with_annotation(c.key)), "did you mean the " + std::string(c.meant) + "?"));
  }
}

TEST_CASE("what is like nothing gets no guess") {
  CHECK(only(with_annotation("holdfast.dev/owner-of-the-application")) ==
        "annotation \"holdfast.dev/owner-of-the-application\" is read by nobody");
  CHECK(only(with_annotation("holdfast.dev/")) == "annotation \"holdfast.dev/\" is read by nobody");
}

TEST_CASE("a label that has to be an annotation, and the other way round, is told so") {
  CHECK(contains(only(with_label("volsync.backup/skip-restore")), "it has to be an annotation"));
  CHECK(contains(only(with_annotation("pvc-plumber.io/tier")), "it has to be a label"));
  CHECK(contains(only(with_label("pvc-plumber.io/managed-namespace")), "it has to be a label of a namespace"));
}

TEST_CASE("a key of pvc-plumber v4 that is not acted on is named as one") {
  const std::string sentence = only(with_annotation("pvc-plumber.io/skip-restore"));
  CHECK(contains(sentence, "is one of pvc-plumber v4 that is not acted on"));
  CHECK(contains(sentence, "`volsync.backup/skip-restore`"));
  CHECK(contains(only(with_annotation("pvc-plumber.io/source-pvc")), "of pvc-plumber v4"));
}

TEST_CASE("the reason of an exemption is read where the settings say") {
  Policy policy;
  policy.exempt_reason_annotations = {"holdfast.dev/why-not"};
  CHECK(with_annotation("holdfast.dev/why-not", policy).empty());
  CHECK(contains(only(with_annotation("holdfast.dev/why-no", policy)), "holdfast.dev/why-not"));
  CHECK(with_annotation(key::kBackupExemptReason, policy).size() == 1);
}

TEST_CASE("many and long keys make few and short sentences") {
  Pvc pvc;
  for (int i = 0; i < 1000; ++i) pvc.annotations["holdfast.dev/" + std::to_string(i) + std::string(70, 'x')] = "";
  for (int i = 0; i < 1000; ++i) pvc.labels["volsync.backup/" + std::string(10'000, 'y') + std::to_string(i)] = "";
  const auto sentences = unread_keys(pvc, {});
  CHECK(sentences.size() == kMostUnreadKeys + 1);
  CHECK(sentences.back() == "1996 more keys are read by nobody");
  for (const std::string& sentence : sentences) CHECK(sentence.size() <= 230);
}

TEST_CASE("a key that nobody reads is a warning next to every answer but those that are none of our business") {
  Case fresh, refused, exempt, unlabelled, excluded, update;
  refused.pvc().volume_mode = "Block";
  exempt.pvc().labels = {{"backup-exempt", "true"}};
  exempt.annotate(key::kBackupExemptReason, "a cache");
  unlabelled.pvc().labels.clear();
  excluded.pvc().ns = "kube-system";
  update.question.creates_pvc = false;
  for (Case* c : {&fresh, &refused, &exempt, &unlabelled, &excluded, &update}) {
    c->annotate("holdfast.dev/restor-as-of", "2026-01-31T12:00:00Z");
    CHECK(warns(c->decide(), Code::UnknownAnnotation) == (c != &excluded && c != &update));
  }
}
