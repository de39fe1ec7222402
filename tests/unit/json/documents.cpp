#include "holdfast/json/documents.hpp"

#include <catch2/catch.hpp>

using namespace holdfast;
using json::Document;
using json::DocumentFault;
using json::NamespaceDocument;
using json::OtherDocument;
using json::read_documents;

namespace {

std::vector<Document> documents(std::string_view text, const json::ReadLimits& limits = {}) {
  auto result = read_documents(text, limits);
  if (auto* fault = std::get_if<DocumentFault>(&result)) FAIL(fault->problem);
  return std::get<std::vector<Document>>(std::move(result));
}

std::string fault(std::string_view text, const json::ReadLimits& limits = {}) {
  auto result = read_documents(text, limits);
  REQUIRE(std::holds_alternative<DocumentFault>(result));
  return std::get<DocumentFault>(result).problem;
}

/// Of the one document, which is of no use to us.
std::string flaw(std::string_view text) {
  const auto all = documents(text);
  REQUIRE(all.size() == 1);
  REQUIRE(std::holds_alternative<OtherDocument>(all[0].object));
  return std::get<OtherDocument>(all[0].object).flaw;
}

core::Pvc claim(std::string_view text) {
  auto all = documents(text);
  REQUIRE(all.size() == 1);
  REQUIRE(std::holds_alternative<core::Claim>(all[0].object));
  return std::get<core::Claim>(std::move(all[0].object)).pvc;
}

/// A claim with these lines under `metadata`, which is line 3.
std::string with_metadata(const std::string& lines) {
  return "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n" + lines;
}

constexpr std::string_view kClaimYaml = R"(# a claim
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  namespace: apps
  labels:
    backup: hourly
    backup-exempt: "true"
  annotations:
    holdfast.dev/restore-as-of: 2026-11-21
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  resources:
    requests: {storage: 10Gi}
  dataSourceRef:
    apiGroup: volsync.backube
    kind: ReplicationDestination
    name: data-backup
)";

constexpr std::string_view kClaimJson = R"({"apiVersion":"v1","kind":"PersistentVolumeClaim",
 "metadata":{"name":"data","namespace":"apps","labels":{"backup":"hourly","backup-exempt":"true"},
  "annotations":{"holdfast.dev/restore-as-of":"2026-11-21"}},
 "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"","resources":{"requests":{"storage":"10Gi"}},
  "dataSourceRef":{"apiGroup":"volsync.backube","kind":"ReplicationDestination","name":"data-backup"}}}
)";

}  // namespace

TEST_CASE("of a claim the access modes, the size as written and the uid of an export are kept too") {
  const auto all = documents(R"(
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, uid: u-1, creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  accessModes: [ReadWriteOnce, ReadOnlyMany]
  resources: {requests: {storage: 1.5Gi}}
status: {phase: Bound}
)");
  const auto& claim = std::get<core::Claim>(all.at(0).object);
  CHECK(claim.access_modes == std::vector<std::string>{"ReadWriteOnce", "ReadOnlyMany"});
  CHECK(claim.requested == "1.5Gi");
  CHECK(claim.pvc.requested_bytes == 1610612736);
  // Whom objects rendered from an export belong to; all else in a file says what is wanted, not what is.
  CHECK(claim.uid == "u-1");
  CHECK_FALSE(claim.created);
  CHECK(claim.phase == core::Claim::Phase::Pending);
}

TEST_CASE("a claim reads the same from YAML and from JSON") {
  for (std::string_view text : {kClaimYaml, kClaimJson}) {
    const core::Pvc pvc = claim(text);
    CHECK(pvc.full_name() == core::PvcName{"apps", "data"});
    CHECK(pvc.labels == core::StringMap{{"backup", "hourly"}, {"backup-exempt", "true"}});
    CHECK(pvc.annotations == core::StringMap{{"holdfast.dev/restore-as-of", "2026-11-21"}});
    CHECK(pvc.storage_class == "");
    CHECK(pvc.requested_bytes == std::int64_t{10} << 30);
    CHECK(pvc.data_source_ref->name == "data-backup");
  }
}

TEST_CASE("a namespace that is not written stays empty") { CHECK(claim(with_metadata("")).ns.empty()); }

TEST_CASE("a name may be left to the API server, but not both names") {
  CHECK(claim("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {generateName: x-}\n").generate_name == "x-");
  CHECK(fault("\napiVersion: v1\nkind: PersistentVolumeClaim\n") ==
        "line 2: metadata.name: missing in a PersistentVolumeClaim");
  CHECK(fault("apiVersion: v1\nkind: Namespace\n") == "line 1: metadata.name: missing in a Namespace");
}

TEST_CASE("documents are numbered, know their line, and empty ones are skipped") {
  const auto all = documents(
      "---\n# only a comment\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n  labels: {a: "
      "b}\n---\n---\n"
      "kind: Deployment\napiVersion: apps/v1\nspec: {volumeName: 5}\n...\n---\n" +
      with_metadata(""));
  REQUIRE(all.size() == 3);
  CHECK(all[0].number == 1);
  CHECK(all[0].line == 4);
  CHECK(std::get<NamespaceDocument>(all[0].object).name == "apps");
  CHECK(std::get<NamespaceDocument>(all[0].object).labels == core::StringMap{{"a", "b"}});
  CHECK(all[1].number == 2);
  CHECK(all[1].line == 11);
  CHECK(std::get<OtherDocument>(all[1].object).kind == "Deployment");
  CHECK(all[2].line == 16);
  CHECK(std::get<core::Claim>(all[2].object).pvc.name == "data");
}

TEST_CASE("a file without any document holds nothing") {
  for (const char* text : {"", "\n", "---\n", "# x\n", "---\n---\n", "~\n"}) CHECK(documents(text).empty());
}

TEST_CASE("a claim of another group or version is not ours") {
  CHECK(std::holds_alternative<OtherDocument>(
      documents("apiVersion: v2\nkind: PersistentVolumeClaim\nmetadata: {labels: 5}\n")[0].object));
}

TEST_CASE("the members of lists count one by one, from YAML and from JSON") {
  const auto yaml = documents(
      "items:\n- apiVersion: v1\n  kind: PersistentVolumeClaim\n  metadata: {name: a}\n"
      "- apiVersion: v1\n  kind: List\n  items:\n  - {apiVersion: v1, kind: Namespace, metadata: {name: ns}}\n"
      "- {apiVersion: apps/v1, kind: Deployment}\nkind: List\napiVersion: v1\n");
  REQUIRE(yaml.size() == 3);
  CHECK(std::get<core::Claim>(yaml[0].object).pvc.name == "a");
  CHECK(yaml[0].line == 2);
  CHECK(std::get<NamespaceDocument>(yaml[1].object).name == "ns");
  CHECK(yaml[1].line == 8);
  CHECK(yaml[2].number == 1);

  const auto json = documents(
      "{\"items\":[\n{\"metadata\":{\"name\":\"a\"}},\n{\"metadata\":{\"name\":\"b\"}}],\n"
      "\"kind\":\"PersistentVolumeClaimList\",\"apiVersion\":\"v1\"}");
  REQUIRE(json.size() == 2);
  CHECK(std::get<core::Claim>(json[1].object).pvc.name == "b");
  CHECK(json[0].line == 2);
  CHECK(json[1].line == 3);
  CHECK(documents("kind: PersistentVolumeClaimList\napiVersion: v1\nitems: []\n").empty());
}

TEST_CASE("a fault in a list's member names the member, and a list of something else hides none of ours") {
  CHECK(fault("kind: List\napiVersion: v1\nitems:\n- kind: PersistentVolumeClaim\n  apiVersion: v1\n  metadata:\n"
              "    name: a\n    labels:\n      backup: on\n") ==
        "line 9: items[0].metadata.labels.backup: expected a string, found a boolean (quote it)");
  CHECK(fault("kind: List\napiVersion: v1\nitems: {}\n") == "line 3: items: expected an array, found an object");
  CHECK(fault("kind: List\napiVersion: v1\nitems: [a]\n") == "line 3: items[0]: expected an object, found a string");
  CHECK(fault("kind: List\napiVersion: v1\nitems: [{metadata: {name: a}}]\n") == "line 3: kind: missing");
  CHECK(
      std::get<OtherDocument>(documents("kind: AllowList\napiVersion: x/v1\nitems: [{pattern: a}]\n")[0].object).kind ==
      "Allow");
}

TEST_CASE("what is no Kubernetes object is of no use, and says why") {
  CHECK(flaw("a: 1\n") == "line 1: kind: missing");
  CHECK(flaw("a: 1\na: 2\n") == "line 2: a: this key occurs twice");
  CHECK(flaw("\n- a\n") == "line 2: expected an object, found an array");
  CHECK(flaw("---\nhello\n") == "line 2: expected an object, found a string");
  CHECK(flaw("[1]") == "line 1: expected an object, found an array");
}

TEST_CASE("a document of another kind that kubectl would not take has a flaw, and the rest is read") {
  CHECK(flaw("kind: ConfigMap\ndata:\n  a: 1\n  a: 2\n") == "line 4: data.a: this key occurs twice");
  CHECK(flaw("kind: X\nx: {yes: 1, true: 2}\n") == "line 2: x.true: this key occurs twice");
  CHECK(flaw("{\"kind\":\"X\",\n\"a\":1,\n\"a\":2}") == "line 3: a: this key occurs twice");
  CHECK(flaw("kind: X\nx:\n  <<: {b: 1}\n  a: 1\n  a: 2\n") == "line 4: the key \"a\" occurs twice");
  CHECK(flaw("kind: X\na: !ruby/object x\n") == "line 2: the tag !ruby/object is not supported");
  CHECK(flaw("kind: X\na: !!set {x: }\n") == "line 2: the tag tag:yaml.org,2002:set is not supported here");
  CHECK(flaw("kind: X\na: !!map [x]\n") == "line 2: the tag tag:yaml.org,2002:map is not supported here");
  CHECK_THAT(flaw("kind: X\na: {{ .Values.a }}\n"), Catch::Contains("line 2: ") && Catch::Contains("not substituted"));
  CHECK(flaw("kind: X\na: b\n").empty());
  const auto all = documents("kind: X\na: !x 1\n---\n" + with_metadata(""));
  REQUIRE(all.size() == 2);
  CHECK(std::holds_alternative<core::Claim>(all[1].object));
}

TEST_CASE("what may be or hold a claim has no flaw that is let pass") {
  CHECK(fault(with_metadata("  labels: {a: !x b}\n")) == "line 5: the tag !x is not supported");
  CHECK(fault("apiVersion: v1\nkind: PersistentVolumeClaim\nkind: X\n") == "line 3: kind: this key occurs twice");
  CHECK(fault("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\nmetadata: {name: b}\n") ==
        "line 4: metadata: this key occurs twice");
  CHECK(fault("apiVersion: v1\nkind: List\nitems: []\na: !x b\n") == "line 4: the tag !x is not supported");
  CHECK(fault("kind: X\na: 1\na: 2\nspec: {volumeClaimTemplates: [{}]}\n") == "line 3: a: this key occurs twice");
}

TEST_CASE("text with what Helm fills in is called not substituted") {
  CHECK_THAT(fault("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: {{ .Values.name }}-data\n"),
             Catch::StartsWith("line 4: not YAML") && Catch::Contains("not substituted"));
  CHECK_THAT(fault("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: {{ .Values.name }}\n"),
             Catch::StartsWith("line 4: ") && Catch::Contains("not substituted"));
  CHECK_THAT(fault("{{- if .Values.x }}\na: b\n{{- end }}\n"), Catch::Contains("not substituted"));
}

TEST_CASE("templates of claims are read with what makes names of them") {
  const auto all = documents(R"(
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: apps}
spec:
  replicas: 3
  ordinals: {start: 2}
  selector: {matchLabels: {app: db}}
  volumeClaimTemplates:
  - metadata: {name: data, labels: {backup: daily}}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
  - metadata: {name: wal}
)");
  const auto& made = std::get<json::TemplatesDocument>(all.at(0).object);
  CHECK(made.kind == "StatefulSet");
  CHECK(made.is_stateful_set);
  CHECK(made.ns == "apps");
  CHECK(made.name == "db");
  CHECK(made.replicas == 3);
  CHECK(made.first_ordinal == 2);
  CHECK(made.match_labels == core::StringMap{{"app", "db"}});
  REQUIRE(made.templates.size() == 2);
  CHECK(made.templates[0].pvc.name == "data");
  CHECK(made.templates[0].pvc.labels == core::StringMap{{"backup", "daily"}});
  CHECK(made.templates[0].pvc.requested_bytes == 1 << 30);
  CHECK(made.templates[1].pvc.name == "wal");
}

TEST_CASE("a kind that is made like a StatefulSet may have other members of a claim's names") {
  const auto all = documents(
      "apiVersion: db/v1\nkind: Database\nmetadata: {name: db}\n"
      "spec: {selector: text, dataSource: 5, volumeClaimTemplates: [{metadata: {name: data}}]}\n");
  const auto& made = std::get<json::TemplatesDocument>(all.at(0).object);
  CHECK_FALSE(made.is_stateful_set);
  CHECK_FALSE(made.replicas);
  CHECK(made.first_ordinal == 0);
  CHECK(std::holds_alternative<OtherDocument>(documents("kind: X\nspec: {volumeClaimTemplates: 5}\n").at(0).object));
}

TEST_CASE("templates that make no names are faults") {
  const auto with = [](const std::string& spec, const std::string& metadata = "{name: db}") {
    return fault("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: " + metadata + "\nspec:\n  " + spec + "\n");
  };
  const std::string data = "\n  volumeClaimTemplates: [{metadata: {name: data}}]";
  CHECK(with("replicas: ${N}" + data) == "line 5: spec.replicas: not substituted");
  CHECK(with("replicas: some" + data) == "line 5: spec.replicas: expected an integer");
  CHECK(with("replicas: -1" + data) == "line 1: spec.replicas: negative");
  CHECK(with("ordinals: {start: -1}" + data) == "line 1: spec.ordinals.start: negative");
  CHECK(with("replicas: 1" + data, "{}") == "line 1: metadata.name: missing in a StatefulSet");
  CHECK(with("volumeClaimTemplates: [{}]") == "line 5: spec.volumeClaimTemplates[0].metadata.name: missing");
  CHECK(with("volumeClaimTemplates: [{metadata: {name: a, labels: {backup: on}}}]") ==
        "line 5: spec.volumeClaimTemplates[0].metadata.labels.backup: expected a string, found a boolean (quote it)");
}

TEST_CASE("scalars of the wrong type are named with line and path") {
  CHECK(fault(with_metadata("  labels:\n    backup: hourly\n    backup-exempt: true\n")) ==
        "line 7: metadata.labels.backup-exempt: expected a string, found a boolean (quote it)");
  CHECK(fault(with_metadata("  labels:\n    backup: 010\n")) ==
        "line 6: metadata.labels.backup: expected a string, found a number (quote it)");
  CHECK(fault(with_metadata("  labels:\n    a: yes\n    b: [x]\n")) ==
        "line 6: metadata.labels.a: expected a string, found a boolean (quote it); "
        "line 7: metadata.labels.b: expected a string, found an array");
  CHECK(fault("{\"apiVersion\":\"v1\",\n\"kind\":\"PersistentVolumeClaim\",\n\"metadata\":{\n\"name\":5}}") ==
        "line 4: metadata.name: expected a string, found a number (quote it)");
  CHECK(fault(with_metadata("spec: {resources: {requests: {storage: plenty}}}\n")) ==
        "line 5: spec.resources.requests.storage: not a quantity of bytes");
}

TEST_CASE("quoted and tagged scalars are strings, null ones are absent") {
  const auto pvc =
      claim(with_metadata("  labels: {a: \"true\", b: 'no', c: !!str 5, d: ~, e: , f: !!null \"\"}\n  "
                          "annotations:\nspec:\n  storageClassName: null\n"
                          "  resources: {requests: {storage: 0x400}}\n"));
  CHECK(pvc.labels == core::StringMap{{"a", "true"}, {"b", "no"}, {"c", "5"}, {"d", ""}, {"e", ""}, {"f", ""}});
  CHECK_FALSE(pvc.has_annotations);
  CHECK_FALSE(pvc.storage_class);
  CHECK(pvc.requested_bytes == 1024);
}

TEST_CASE("plain keys that are no strings become what kubectl makes of them") {
  const auto pvc = claim(with_metadata("  labels: {true: a, 0x10: b, 1.5: c, off: d}\n"));
  CHECK(pvc.labels == core::StringMap{{"true", "a"}, {"16", "b"}, {"1.5", "c"}, {"false", "d"}});
  CHECK(fault(with_metadata("  labels: {~: a}\n")) == "line 5: a key must be a string");
  CHECK(fault(with_metadata("  labels: {[x]: a}\n")) == "line 5: a key must be a string");
}

TEST_CASE("a key twice in one mapping is an error with its line") {
  CHECK(fault(with_metadata("  name: other\n")) == "line 5: metadata.name: this key occurs twice");
  CHECK(fault(with_metadata("  labels: {yes: a, true: b}\n")) == "line 5: metadata.labels.true: this key occurs twice");
  CHECK(fault("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\n\"a\":1,\n\"a\":2}") ==
        "line 3: a: this key occurs twice");
  CHECK(fault(with_metadata("  labels:\n    <<: {b: c}\n    a: b\n    a: c\n")) ==
        "line 7: the key \"a\" occurs twice");
}

TEST_CASE("anchors and aliases stand for what they name") {
  const auto pvc = claim(
      "x-labels: &labels {backup: hourly}\napiVersion: v1\nkind: &k PersistentVolumeClaim\n"
      "metadata: {name: &n data, labels: *labels, annotations: {*n : *k}}\n");
  CHECK(pvc.labels == core::StringMap{{"backup", "hourly"}});
  CHECK(pvc.annotations == core::StringMap{{"data", "PersistentVolumeClaim"}});
}

TEST_CASE("an anchor does not reach into the next document") {
  CHECK_THAT(fault("kind: X\na: &a 1\n---\nkind: Y\nb: *a\n"), Catch::StartsWith("line 5: not YAML"));
}

TEST_CASE("merge keys are expanded, and the later one of two counts, as with kubectl") {
  const std::string base = "b1: &b1 {a: one, c: one}\nb2: &b2 {<<: *b1, a: two, d: two}\n";
  const auto labels_of = [&](const std::string& labels) {
    return claim(base + "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\n  labels: " + labels +
                 "\n")
        .labels;
  };
  CHECK(labels_of("{<<: *b1, x: own}") == core::StringMap{{"a", "one"}, {"c", "one"}, {"x", "own"}});
  CHECK(labels_of("{<<: *b1, a: own}") == core::StringMap{{"a", "own"}, {"c", "one"}});
  CHECK(labels_of("{a: own, <<: *b1}") == core::StringMap{{"a", "one"}, {"c", "one"}});
  CHECK(labels_of("{<<: *b2}") == core::StringMap{{"a", "two"}, {"c", "one"}, {"d", "two"}});
  CHECK(labels_of("{<<: [*b1, *b2]}") == core::StringMap{{"a", "one"}, {"c", "one"}, {"d", "two"}});
  CHECK(labels_of("{<<: [{a: in}, *b2]}") == core::StringMap{{"a", "in"}, {"c", "one"}, {"d", "two"}});
  CHECK(labels_of("{\"<<\": text}") == core::StringMap{{"<<", "text"}});
  CHECK(labels_of("{a: <<}") == core::StringMap{{"a", "<<"}});
}

TEST_CASE("a merge of anything but maps is an error") {
  CHECK(fault("kind: X\nx:\n  <<: 5\n") == "line 3: a merge key needs a map or a list of maps");
  CHECK(fault("kind: X\nx:\n  <<: [a]\n") == "line 3: a merge key needs a map or a list of maps");
}

TEST_CASE("aliases cannot expand beyond the limits") {
  std::string laughs = "kind: X\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  std::string merges = "kind: X\nm0: &m0 {k: v}\n";
  for (int i = 1; i < 20; ++i) {
    const std::string n = std::to_string(i), p = std::to_string(i - 1);
    laughs += "a" + n + ": &a" + n + " [";
    for (int j = 0; j < 10; ++j) laughs += (j == 0 ? "*a" : ",*a") + p;
    laughs += "]\n";
    merges += "m" + n + ": &m" + n + " {<<: [*m" + p + ", *m" + p + ", *m" + p + "]}\n";
  }
  CHECK_THAT(fault(laughs), Catch::Contains("more than 100000 keys and values"));
  CHECK_THAT(fault(merges), Catch::Contains("merge keys expand to more than 100000 keys"));
}

TEST_CASE("what contains itself is an error") {
  CHECK_THAT(fault("kind: X\na: &a [*a]\n"), Catch::Contains("nested deeper than 64 levels"));
  CHECK_THAT(fault("kind: X\na: &a {<<: *a}\n"), Catch::Contains("merge keys go deeper than 64 levels"));
}

TEST_CASE("depth, members and bytes are limited, in both forms") {
  CHECK_THAT(fault("kind: X\na: " + std::string(5000, '[')), Catch::Contains("nested deeper than 64 levels"));
  CHECK_THAT(fault("{\"kind\":\"X\",\"a\":" + std::string(5000, '[')), Catch::Contains("nested deeper than 64 levels"));
  CHECK_THAT(fault("kind: X\na: 1\nb: 2\nc: 3\nd: 4\n", {.members = 3}),
             Catch::Contains("more than 3 keys and values"));
  CHECK(fault("kind: X\n", {.bytes = 7}) == "longer than 7 bytes");
}

TEST_CASE("text that is not YAML is an error with its line") {
  CHECK_THAT(fault("kind: X\na:\n\t- b\n"), Catch::StartsWith("line 3: not YAML"));
  CHECK_THAT(fault("kind: X\na: {b\n"), Catch::StartsWith("line 3: not YAML"));
  CHECK_THAT(fault("kind: X\na: b: c\n"), Catch::StartsWith("line 2: not YAML"));
  CHECK_THAT(fault("kind: X\na: *nothing\n"), Catch::StartsWith("line 2: not YAML"));
  CHECK(fault("kind: X\nc: 1\nb\n") == "line 3: \"b\" has no value: is a ':' missing?");
  // In a flow mapping this is YAML, and null for kubectl too.
  CHECK(claim(with_metadata("  labels: {backup, x: z}\n")).labels == core::StringMap{{"backup", ""}, {"x", "z"}});
}

TEST_CASE("a stray token is an error, not an endless row of empty documents") {
  for (const char* text : {", a: b\n", "kind: X\n...\n, a: b\n", "]\n", "}\n", ": ,\n", "---\n,\n", "? ,\n"}) {
    INFO(text);
    CHECK(std::holds_alternative<DocumentFault>(read_documents(text)));
  }
  CHECK(fault("---\n---\n, a\n") == "line 3: not YAML: nothing can begin so");
  CHECK(documents("---\n---\n---\nkind: X\n---\n---\n").size() == 1);
}

TEST_CASE("a quote that is never closed does not swallow the rest of the file") {
  for (const char* text : {"kind: X\na: \"b\n", "kind: X\na: 'b\nspec: 5\n", "kind: X\na: \"b", "kind: X\na: 'b"}) {
    INFO(text);
    CHECK_THAT(fault(text), Catch::Contains("not YAML: illegal document indicator in scalar"));
  }
  CHECK(documents("kind: X\n...\n").size() == 1);
  CHECK(documents("kind: X\n...").size() == 1);
  CHECK(documents("kind: X").size() == 1);
}

TEST_CASE("tags that Kubernetes has no use for are refused with their line") {
  CHECK(fault(with_metadata("  labels: {a: !ruby/object x}\n")) == "line 5: the tag !ruby/object is not supported");
  CHECK(fault(with_metadata("  labels: !!set {x: }\n")) ==
        "line 5: the tag tag:yaml.org,2002:set is not supported here");
  CHECK(documents("kind: X\na: !!seq [x]\nb: !!map {x: y}\n").size() == 1);
}

TEST_CASE("bytes that are no text are refused with their line") {
  CHECK(fault("kind: X\na: \xFF\n") == "line 2: not UTF-8 text");
  CHECK(fault(std::string("kind: X\n\na: \0", 13)) == "line 3: not UTF-8 text");
  CHECK(fault("kind: X\na: b\x04kind: Y\n") == "line 2: not UTF-8 text");
  CHECK(claim("\xEF\xBB\xBF" + with_metadata("")).name == "data");
  CHECK(claim(with_metadata("  labels: {a: \"\xC3\xA4\"}\r\n")).labels.at("a") == "\xC3\xA4");
}

TEST_CASE("YAML that begins with a brace is read, and broken JSON is called so") {
  CHECK(claim("{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}}").name == "a");
  CHECK(documents("{\"kind\":\"A\"}\n---\n{\"kind\":\"B\"}\n").size() == 2);
  CHECK_THAT(fault("{\"kind\":\"A\",\n\"b\":}}"), Catch::StartsWith("line 2: b: not JSON at byte"));
  CHECK_THAT(fault("{\"kind\":\"A\""), Catch::Contains("not JSON"));
}

TEST_CASE("nothing after the first object is lost without a word") {
  CHECK(fault("{apiVersion: v1, kind: X}\nspec: {a: 1}\n").starts_with("line 1"));
  for (const char* text :
       {"{\"kind\":\"A\"}{\"kind\":\"B\"}", "{\"kind\":\"A\"}\n{\"kind\":\"B\"}", "{kind: A}\n{kind: B}"}) {
    INFO(text);
    const auto result = read_documents(text);
    const auto* all = std::get_if<std::vector<Document>>(&result);
    CHECK((all == nullptr || all->size() == 2));
  }
}
