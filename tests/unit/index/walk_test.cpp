#include "src/index/kopia/walk.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <vector>

#include "tests/unit/folder.hpp"

namespace holdfast::index::test {
namespace {

const Hasher kHasher(1);

Names names_of(const std::set<std::string>& names) {
  Names result;
  for (const std::string& name : names) {
    result.sum += kHasher(name);
    ++result.count;
  }
  return result;
}

/// Where kopia puts a blob: shards of the given lengths, unless the name is short.
std::string sharded(std::string name, const std::vector<std::size_t>& shards, std::size_t unsharded = 20) {
  std::string path;
  if (name.size() > unsharded) {
    for (const std::size_t size : shards) {
      if (name.size() <= size) break;
      path += name.substr(0, size) + "/";
      name.erase(0, size);
    }
  }
  return path + name + ".f";
}

bool equal(const Names& a, const Names& b) { return a.sum == b.sum && a.count == b.count; }

const std::set<std::string> kIndexNames = {
    "xn0_66ce4796e1275d9640c1d66b782b7b50-s7f075568b9ebc0c9147-c1",
    "xn0_d15299844dd71e21e8e64079f684e3f8-s5ee97e33c51979ab147-c1",
    "xn12_d15299844dd71e21e8e64079f684e3f9-s5ee97e33c51979ab148-c1",
    "xs1_66ce4796e1275d9640c1d66b782b7b51-s7f075568b9ebc0c9147-c1",
    "xr0_7_66ce4796e1275d9640c1d66b782b7b52-s7f075568b9ebc0c914-c1",
    "xe1",
    "xw1795253431",
    "nc45ed8917713dc5c9271d1cfdea41912-s93da894754c997ba147",
    "n47de8ba1d530040b040d7a01e4a48453-sb9a77181545baaaf147",
    "m08de8ba1d530040b040d7a01e4a48453-sb9a77181545baaaf147",
};
const std::set<std::string> kOtherNames = {"p03b9c2586318a5bfdc2161b2e54ec5f1-sb9a77181545baaaf147",
                                           "qb936b1dced793d6820c4ec31badbd56f-sb9a77181545baaaf147",
                                           "_log_20261121093031_6b2a_1795253431_1795253431_1_956036d5",
                                           "kopia.repository",
                                           "kopia.blobcfg",
                                           "s93da894754c997ba147"};

TEST_CASE("the names of index blobs are found under every sharding, and no others") {
  const auto shards =
      GENERATE(std::vector<std::size_t>{1, 3}, std::vector<std::size_t>{3, 3}, std::vector<std::size_t>{},
               std::vector<std::size_t>{1}, std::vector<std::size_t>{2, 2, 2, 2});
  const std::size_t unsharded = GENERATE(0, 20);
  Folder folder;
  for (const auto& names : {kIndexNames, kOtherNames}) {
    for (const std::string& name : names) folder.write(sharded(name, shards, unsharded));
  }
  CHECK(equal(walk_names(folder.path(), kHasher), names_of(kIndexNames)));
}

TEST_CASE("shardings may be mixed, as overrides and conversions leave them") {
  Folder folder;
  std::size_t turn = 0;
  for (const std::string& name : kIndexNames) {
    const std::vector<std::vector<std::size_t>> shards = {{1, 3}, {3, 3}, {}};
    folder.write(sharded(name, shards[turn++ % 3]));
  }
  CHECK(equal(walk_names(folder.path(), kHasher), names_of(kIndexNames)));
}

TEST_CASE("files being written do not count") {
  Folder folder;
  folder.write("x/n0_/66ce.f");
  folder.write("x/n0_/d152.f.tmp.0123456789abcdef");
  folder.write("x/n0_/d153");
  folder.write("x/.shards");
  CHECK(equal(walk_names(folder.path(), kHasher), names_of({"xn0_66ce"})));
}

TEST_CASE("one name more, less or different is another sum") {
  Folder folder;
  folder.write("x/n0_/a.f");
  folder.write("x/n0_/b.f");
  const Names two = walk_names(folder.path(), kHasher);
  folder.write("x/n0_/c.f");
  const Names three = walk_names(folder.path(), kHasher);
  CHECK_FALSE(two.sum == three.sum);
  std::filesystem::rename(folder / "x/n0_/c.f", folder / "x/n0_/d.f");
  CHECK_FALSE(walk_names(folder.path(), kHasher).sum == three.sum);
  std::filesystem::remove(folder / "x/n0_/d.f");
  CHECK(walk_names(folder.path(), kHasher).sum == two.sum);
}

TEST_CASE("links to folders are not followed and links to files count, as kopia does it") {
  Folder folder;
  folder.write("elsewhere/a.f");
  folder.write("x/n0_/a.f");
  std::filesystem::create_directory_symlink(folder / "elsewhere", folder / "x/n1_");
  std::filesystem::create_directory_symlink(folder.path(), folder / "x/loop");
  std::filesystem::create_symlink(folder / "elsewhere/a.f", folder / "x/n0_/link.f");
  CHECK(equal(walk_names(folder.path(), kHasher), names_of({"xn0_a", "xn0_link"})));
}

TEST_CASE("the root itself may be a link") {
  Folder folder;
  folder.write("real/x/n0_/a.f");
  std::filesystem::create_directory_symlink(folder / "real", folder / "link");
  CHECK(equal(walk_names(folder / "link", kHasher), names_of({"xn0_a"})));
}

TEST_CASE("an empty repository folder has no names") { CHECK(walk_names(Folder().path(), kHasher).count == 0); }

TEST_CASE("a root that cannot be read is an error that names it") {
  CHECK_THROWS_WITH(walk_names("/nowhere/repository", kHasher),
                    Catch::Contains("/nowhere/repository") && Catch::Contains("No such file"));
  Folder folder;
  CHECK_THROWS_WITH(walk_names(folder.write("file"), kHasher), Catch::Contains("Not a directory"));
}

TEST_CASE("a walk is bounded in names, entries and depth") {
  Folder folder;
  folder.write("x/n0_/a.f");
  folder.write("x/n0_/b.f");
  const std::string root = folder.path();
  CHECK_THROWS_WITH(walk_names(root, kHasher, {1, 100, 10}), root + ": more than 1 index blobs");
  CHECK_THROWS_WITH(walk_names(root, kHasher, {100, 2, 10}), root + ": more than 2 entries");
  CHECK_THROWS_WITH(walk_names(root, kHasher, {100, 100, 1}), root + ": folders more than 1 deep");
  CHECK(walk_names(root, kHasher, {2, 4, 2}).count == 2);
}

TEST_CASE("folders that hold no index are not opened") {
  Folder folder;
  folder.write("x/n0_/a.f");
  folder.write("p/abc/d.f");
  CHECK(walk_names(folder.path(), kHasher, {100, 4, 10}).count == 1);  // x, p, n0_ and a.f are the only entries read
}

}  // namespace
}  // namespace holdfast::index::test
