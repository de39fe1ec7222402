#include "src/index/kopia/kopia_trace.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/folder.hpp"

namespace holdfast::index::test {
namespace {

const Hasher kHasher(7);

Names names(std::initializer_list<const char*> all) {
  Names result;
  for (const char* name : all) result.add(name, kHasher);
  return result;
}

/// kopia's signature is 32 bytes, any of them.
const std::string kSignature("\x8f\0}{\"\xff", 6);

TEST_CASE("of an epoch repository what kopia opened is what it read") {
  const Folder cache;
  cache.write("indexes/xn0_a-s1-c1.sndx");
  cache.write("indexes/xs1_b-s2-c1.sndx");
  cache.write("indexes/tmp123456");
  cache.write("blob-list/xs.f",
              R"({"expireAfter":"2026-11-28T13:54:52Z","blobs":[{"id":"xs9_c-s3-c1"}]})" + kSignature);
  CHECK(read_traces(cache.path(), kHasher).sum == names({"xn0_a-s1-c1", "xs1_b-s2-c1"}).sum);
}

TEST_CASE("of the old format what kopia found is what it read: it keeps to itself what a compaction has replaced") {
  const Folder cache;
  cache.write("indexes/n0b-s2.sndx");
  cache.write("blob-list/n.f", R"({"expireAfter":"2026-11-28T13:54:52Z","blobs":[{"id":"n0a-s1","length":127,)"
                               R"("timestamp":"2026-11-28T13:54:18Z"},{"id":"n0b-s2","length":255}]})" +
                                   kSignature);
  CHECK(read_traces(cache.path(), kHasher).sum == names({"n0a-s1", "n0b-s2"}).sum);
  cache.write("blob-list/n.f", R"({"expireAfter":"2026-11-28T13:54:52Z","blobs":[{"id")");
  CHECK_THROWS_WITH(read_traces(cache.path(), kHasher), Catch::Contains("n.f: not a list of blobs"));
  std::filesystem::remove(cache / "blob-list/n.f");
  CHECK_THROWS_WITH(read_traces(cache.path(), kHasher), Catch::Contains("n.f: No such file"));
}

TEST_CASE("a cache without traces tells of no blob, and traces that were forgotten are none") {
  const Folder cache;
  CHECK(read_traces(cache.path(), kHasher).count == 0);
  cache.write("indexes/xn0_a-s1-c1.sndx");
  cache.write("blob-list/n.f");
  cache.write("own-writes/addn0a.f");
  cache.write("index-blobs/xn/0_a-s1-c1.f");
  forget_traces(cache.path());
  CHECK(read_traces(cache.path(), kHasher).count == 0);
  CHECK_FALSE(std::filesystem::exists(cache / "blob-list"));
  CHECK_FALSE(std::filesystem::exists(cache / "own-writes"));
  CHECK(std::filesystem::exists(cache / "index-blobs/xn/0_a-s1-c1.f"));
}

}  // namespace
}  // namespace holdfast::index::test
