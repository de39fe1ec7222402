#include "src/index/kopia/format.hpp"

#include <catch2/catch.hpp>

#include "holdfast/index/backends.hpp"
#include "tests/unit/folder.hpp"

namespace holdfast::index::test {
namespace {

const Hasher kHasher(1);
const std::string kRepository =
    R"({"tool":"https://github.com/kopia/kopia","uniqueID":"U4UM8IOPsI4tF1nZbDTe9likIFoXDbxTby0d8nha0kU=","keyAlgo":"scrypt"})";
const std::string kIdHex = "53850cf0838fb08e2d1759d96c34def658a4205a170dbc536f2d1df2785ad245";

TEST_CASE("the repository's identity is read from its format blob") {
  Folder folder;
  folder.write("kopia.repository.f", kRepository);
  CHECK(repository_id(folder.path()).hex() == kIdHex);
}

TEST_CASE("the format's hash follows both blobs, and only them") {
  Folder folder;
  folder.write("kopia.repository.f", kRepository);
  const Hash128 bare = read_format(folder.path(), kHasher).hash;
  folder.write("kopia.blobcfg.f", "1");
  const Hash128 first = read_format(folder.path(), kHasher).hash;
  folder.write("kopia.maintenance.f", "1");
  CHECK(read_format(folder.path(), kHasher).hash == first);
  folder.write("kopia.blobcfg.f", "2");
  const Hash128 second = read_format(folder.path(), kHasher).hash;
  folder.write("kopia.repository.f", kRepository + " ");
  const Hash128 third = read_format(folder.path(), kHasher).hash;
  CHECK_FALSE(bare == first);
  CHECK_FALSE(first == second);
  CHECK_FALSE(second == third);
}

TEST_CASE("a missing format blob is said to look like an unmounted path") {
  Folder folder;
  CHECK_THROWS_WITH(read_format(folder.path(), kHasher),
                    folder.path().string() +
                        " holds no kopia repository (kopia.repository.f is missing); a path that "
                        "is not mounted looks the same");
  CHECK_THROWS_WITH(repository_id("/nowhere"), Catch::StartsWith("/nowhere holds no kopia repository"));
}

TEST_CASE("a format blob without a readable identity is an error") {
  const auto text = GENERATE(std::string(), std::string("{"), std::string("[]"), std::string("{}"),
                             std::string(R"({"uniqueID":1})"), std::string(R"({"uniqueID":"???"})"),
                             std::string(R"({"uniqueID":""})"), std::string(100'000, '['), kRepository + "x");
  CHECK_FALSE(parse_unique_id(text));
  Folder folder;
  folder.write("kopia.repository.f", text);
  CHECK_THROWS_WITH(read_format(folder.path(), kHasher), folder / "kopia.repository.f: no uniqueID in it");
}

TEST_CASE("a format blob too large to be one is not read") {
  Folder folder;
  folder.write("kopia.repository.f", kRepository + std::string(300'000, ' '));
  CHECK_THROWS_WITH(read_format(folder.path(), kHasher), Catch::Contains("longer than"));
}

}  // namespace
}  // namespace holdfast::index::test
