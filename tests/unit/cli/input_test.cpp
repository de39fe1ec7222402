#include "src/cli/input/input.hpp"

#include <catch2/catch.hpp>

#include "holdfast/cli/settings.hpp"
#include "src/cli/input/files.hpp"
#include "tests/unit/cli/input_text.hpp"
#include "tests/unit/cli/temp_file.hpp"

using namespace holdfast;
using namespace holdfast::cli;
using namespace holdfast::test;
using Catch::Contains;

namespace {

using Names = std::vector<std::string>;

Input read(const Names& files, const std::string& ns = "") {
  return read_input({.files = files, .ns = ns, .templates = true}, core::Policy{});
}

Input read_text(const std::string& text) {
  const TempFile file(text);
  return read({file.path()});
}

std::string fault(const Names& files) {
  try {
    read(files);
  } catch (const FileError& error) {
    return error.what();
  }
  return "no fault";
}

std::string fault_of(const std::string& text) {
  const TempFile file(text);
  const std::string said = fault({file.path()});
  REQUIRE_THAT(said, Catch::StartsWith(file.path() + ": "));
  return said.substr(file.path().size() + 2);
}

Names names(const Input& input) {
  Names all;
  for (const core::Claim& claim : input.claims) all.push_back(to_string(claim.pvc.full_name()));
  return all;
}

std::string pvc(const std::string& metadata) {
  return "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {" + metadata + "}\n";
}

std::string stateful_set(const std::string& spec, const std::string& kind = "apiVersion: apps/v1\nkind: StatefulSet") {
  return kind + "\nmetadata: {name: db, namespace: apps}\nspec: {" + spec +
         "volumeClaimTemplates: [{metadata: {name: data, labels: {backup: daily}}}]}\n";
}

}  // namespace

TEST_CASE("several files are one input, in their order") {
  const TempFolder folder;
  const std::string b = folder.write("b.yaml", pvc("name: b")), a = folder.write("a.yaml", pvc("name: a"));
  CHECK(names(read({b, a})) == Names{"default/b", "default/a"});
}

TEST_CASE("of a folder every YAML and JSON file at any depth is read, sorted, without what is hidden") {
  const TempFolder folder;
  folder.write("z.yaml", pvc("name: z"));
  folder.write("deep/er/b.yml", pvc("name: b"));
  folder.write("deep/a.json", R"({"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"a"}})");
  folder.write("notes.txt", "{{");
  folder.write(".git/x.yaml", "{{");
  const Input input = read({folder.path()});
  CHECK(names(input) == Names{"default/a", "default/b", "default/z"});
  CHECK(input.warnings.empty());
}

TEST_CASE("a folder without a file to read is told") {
  const TempFolder folder;
  CHECK_THAT(read({folder.path()}).warnings.at(0), Contains("there is no *.yaml, *.yml or *.json"));
}

TEST_CASE("a symbolic link to a file is read, one to a folder is told and not followed: there is no loop") {
  const TempFolder folder;
  const std::string file = folder.write("real/a.yaml", pvc("name: a"));
  std::filesystem::create_symlink(folder.path(), folder.path() + "/real/loop");
  std::filesystem::create_symlink(folder.write("text", pvc("name: b")), folder.path() + "/b.yaml");
  const Input input = read({folder.path()});
  CHECK(names(input) == Names{"default/b", "default/a"});
  REQUIRE(input.warnings.size() == 1);
  CHECK_THAT(input.warnings[0], Contains("real/loop: a symbolic link to a folder is not followed"));

  std::filesystem::create_symlink("nowhere", folder.path() + "/c.yaml");
  CHECK_THAT(fault({folder.path()}), Contains("c.yaml: cannot be opened"));
}

TEST_CASE("folders end somewhere") {
  const TempFolder folder;
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "d/";
  folder.write(deep + "a.yaml", pvc("name: a"));
  CHECK_THAT(fault({folder.path()}), Contains("folders deeper than 32"));
}

TEST_CASE("standard input is read once") { CHECK(fault({"-", "-"}) == "standard input (-) is named twice"); }

TEST_CASE("documents that name no namespace are in the one that is given") {
  const TempFile file(pvc("name: a") + pvc("name: b, namespace: media"));
  CHECK(names(read({file.path()}, "apps")) == Names{"apps/a", "media/b"});
  CHECK_THROWS_AS(read({file.path()}, "Apps"), SettingsError);
}

TEST_CASE("templates of a StatefulSet are the PVCs that it makes") {
  CHECK(names(read_text(stateful_set(""))) == Names{"apps/data-db-0"});
  CHECK(names(read_text(stateful_set("replicas: 2, "))) == Names{"apps/data-db-0", "apps/data-db-1"});
  CHECK(names(read_text(stateful_set("replicas: 2, ordinals: {start: 5}, "))) ==
        Names{"apps/data-db-5", "apps/data-db-6"});
  const Input input = read_text(stateful_set("selector: {matchLabels: {app: db, backup: hourly}}, "));
  CHECK(input.claims.at(0).pvc.labels == core::StringMap{{"app", "db"}, {"backup", "hourly"}});
  CHECK(input.warnings.empty());
}

TEST_CASE("a StatefulSet without replicas makes nothing, and that is told") {
  const Input input = read_text(stateful_set("replicas: 0, "));
  CHECK(input.claims.empty());
  CHECK_THAT(input.warnings.at(0), Contains("line 1: StatefulSet apps/db: it has no replicas"));
}

TEST_CASE("templates of another kind are taken for a StatefulSet's, and that is told") {
  const Input input = read_text(stateful_set("replicas: 2, ", "apiVersion: db/v1\nkind: Database"));
  CHECK(names(input) == Names{"apps/data-db-0", "apps/data-db-1"});
  CHECK_THAT(input.warnings.at(0),
             Contains("Database apps/db: its volumeClaimTemplates are taken for a StatefulSet's, with 2 replicas"));
}

TEST_CASE("templates count only where they are asked for") {
  const TempFile file(stateful_set(""));
  CHECK(read_input({.files = {file.path()}}, core::Policy{}).claims.empty());
}

TEST_CASE("there are not more PVCs than anybody has") {
  CHECK(fault_of(stateful_set("replicas: 100001, ")) == "line 1: more than 100000 PVCs");
  CHECK(fault_of(stateful_set("replicas: 60000, ") + "---\n" + stateful_set("replicas: 60000, ")) ==
        "line 6: more than 100000 PVCs");
  CHECK(fault_of(stateful_set("ordinals: {start: 9000000000}, ")) == "line 1: spec.ordinals.start: out of range");
}

TEST_CASE("a name that is not substituted is called so, with file, line and field") {
  for (const char* name : {"'${APP}'", "$(APP)", "\"{{ app }}\"", "\"ENC[AES256_GCM,data:x]\"", "<path:a#b>-x"}) {
    INFO(name);
    const std::string said = fault_of(pvc(std::string("name: ") + name));
    CHECK_THAT(said, Catch::StartsWith("line 2: metadata.name: ") && Catch::EndsWith(" is not substituted"));
  }
  CHECK(fault_of(pvc("generateName: '${APP}-'")) == "line 2: metadata.generateName: \"${APP}-\" is not substituted");
  CHECK(fault_of(pvc("name: a, namespace: '${NS}'")) == "line 2: metadata.namespace: \"${NS}\" is not substituted");
  CHECK(fault_of(pvc("name: a, labels: {backup: '${TIER}'}")) ==
        "line 2: metadata.labels.backup: \"${TIER}\" is not substituted");
  CHECK(names(read_text(pvc("name: a, labels: {app: '${APP}'}"))) == Names{"default/a"});
}

TEST_CASE("a name that Kubernetes does not take is an error") {
  for (const std::string& name :
       {std::string("Photos"), std::string("a_b"), std::string(254, 'a'), std::string("-a")}) {
    INFO(name);
    CHECK_THAT(fault_of(pvc("name: " + name)), Contains("line 2: metadata.name: ") && Contains("is no name"));
  }
  const std::string long_name(250, 'a');
  CHECK_THAT(fault_of("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: " + long_name +
                      "}\nspec: {volumeClaimTemplates: [{metadata: {name: data}}]}\n"),
             Contains("line 1: spec.volumeClaimTemplates: the PVC's name: \"data-a") && Contains("is no name"));
}

TEST_CASE("a name of a document that is not judged may be anything") {
  const Input input = read_text(
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: '${NS}'}\n---\n"
      "kind: ConfigMap\nmetadata: {name: '${APP}'}\n" +
      pvc("name: a"));
  CHECK(names(input) == Names{"default/a"});
  REQUIRE(input.warnings.size() == 1);
  CHECK_THAT(input.warnings[0], Contains("line 1: Namespace \"${NS}\": is not substituted"));
}

TEST_CASE("a sloppy document of another kind is a warning, not the end") {
  const Input input = read_text("kind: ConfigMap\ndata: {a: 1, a: 2}\n" + pvc("name: a"));
  CHECK(names(input) == Names{"default/a"});
  REQUIRE(input.warnings.size() == 1);
  CHECK_THAT(input.warnings[0], Contains(": line 2: data.a: this key occurs twice (ConfigMap)"));
}

TEST_CASE("what is no Kubernetes object is an error in a file that was named, and a warning in a folder") {
  const TempFolder folder;
  const std::string file = folder.write("values.yaml", "image: x\n");
  CHECK_THAT(fault({file}), Catch::EndsWith("values.yaml: line 1: kind: missing"));
  CHECK_THAT(read({folder.path()}).warnings.at(0),
             Contains("values.yaml: line 1: kind: missing (not a Kubernetes object)"));
}

TEST_CASE("what cannot be read at all is an error in a folder too: a PVC may be in it") {
  const TempFolder folder;
  folder.write("chart/pvc.yaml", "{{- if .Values.x }}\nkind: X\n{{- end }}\n");
  CHECK_THAT(fault({folder.path()}), Contains("chart/pvc.yaml: line 1: ") && Contains("not substituted"));
}

TEST_CASE("a PVC that stands in two places is told") {
  const TempFolder folder;
  const std::string a = folder.write("a.yaml", pvc("name: x")), b = folder.write("b.yaml", pvc("name: x"));
  const Input input = read({a, b});
  CHECK(input.claims.size() == 2);
  CHECK_THAT(input.warnings.at(0), Contains("b.yaml: line 2: PVC default/x is in ") && Contains("a.yaml: line 2 too"));
}

TEST_CASE("a hundred warnings are enough, and hold no control characters") {
  std::string text;
  for (int i = 0; i < 120; ++i) text += "---\nkind: \"A\\e[2J\"\na: 1\na: 2\n";
  const Input input = read_text(text);
  REQUIRE(input.warnings.size() == 101);
  CHECK(input.warnings.back() == "and 20 more warnings");
  CHECK(input.warnings[0].find('\x1b') == std::string::npos);
}

TEST_CASE("the namespace's labels that the input does not have are those of a managed one") {
  const Input input = read_text(pvc("name: a, namespace: media") + pvc("name: b, namespace: apps") +
                                "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: apps, labels: {x: z}}\n");
  CHECK(input.labels_assumed(input.claims[0]) == core::StringMap{{"pvc-plumber.io/managed-namespace", "true"}});
  CHECK(input.labels_assumed(input.claims[1]) == core::StringMap{{"x", "z"}});
}
