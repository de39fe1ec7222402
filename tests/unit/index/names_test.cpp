#include "src/index/kopia/names.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>

namespace holdfast::index::test {
namespace {

const Hasher kHasher(7);

Names names(std::initializer_list<const char*> all) {
  Names result;
  for (const char* name : all) result.add(name, kHasher);
  return result;
}

std::size_t missing(std::initializer_list<const char*> before, std::initializer_list<const char*> read) {
  return count_missing(names(before), names(read));
}

TEST_CASE("who read all that was there misses nothing, whatever else came since") {
  CHECK(missing({"xn0_a-s1-c1", "xn0_b-s2-c1"}, {"xn0_b-s2-c1", "xn0_a-s1-c1", "xn0_c-s3-c1"}) == 0);
}

TEST_CASE("who read an older copy misses what came after it") {
  CHECK(missing({"xn0_a-s1-c1", "xn0_b-s2-c1", "xn1_c-s3-c1"}, {"xn0_a-s1-c1"}) == 2);
  CHECK(missing({"n0a", "n0b"}, {"n0a"}) == 1);
  CHECK(missing({"xn0_a-s1-c1"}, {}) == 1);
}

TEST_CASE("a compaction stands for the epochs that it is of, and for no other") {
  CHECK(missing({"xn0_a-s1-c1", "xn0_b-s2-c1", "xn1_c-s3-c1"}, {"xs0_d-s4-c1", "xn1_c-s3-c1"}) == 0);
  CHECK(missing({"xn0_a-s1-c1", "xn1_c-s3-c1"}, {"xs0_d-s4-c1"}) == 1);
  CHECK(missing({"xn0_a-s1-c1", "xs7_b-s2-c1", "xn8_c-s3-c1"}, {"xr0_7_d-s4-c1", "xn8_c-s3-c1"}) == 0);
  CHECK(missing({"xn10_a-s1-c1"}, {"xs1_d-s4-c1", "xr0_9_e-s5-c1"}) == 1);
}

TEST_CASE("a longer compaction stands for shorter ones, and so do those of all its epochs") {
  CHECK(missing({"xr0_6_a-s1-c1", "xs7_b-s2-c1"}, {"xr0_7_c-s3-c1"}) == 0);
  CHECK(missing({"xr0_2_a-s1-c1"}, {"xs0_b-s2-c1", "xs1_c-s3-c1", "xs2_d-s4-c1"}) == 0);
  CHECK(missing({"xr0_2_a-s1-c1"}, {"xs0_b-s2-c1", "xs2_d-s4-c1"}) == 1);
}

TEST_CASE("who read an older copy from before a compaction misses it, even where nothing else is newer") {
  CHECK(missing({"xs0_d-s4-c1", "xn1_a-s1-c1"}, {"xn0_b-s2-c1", "xn1_a-s1-c1"}) == 1);
}

TEST_CASE("part of a compaction stands for nothing, and is not missed") {
  CHECK(missing({"xn0_a-s1-c1"}, {"xs0_d-s4-c2"}) == 1);
  CHECK(missing({"xn0_a-s1-c1"}, {"xs0_d-s4-c2", "xs0_e-s5-c2"}) == 1);
  CHECK(missing({"xn0_a-s1-c1"}, {"xs0_d-s4-c2", "xs0_e-s4-c2"}) == 0);
  CHECK(missing({"xn0_a-s1-c1", "xs0_d-s4-c2"}, {"xn0_a-s1-c1"}) == 0);
  CHECK(missing({"xs0_d-s4-c2", "xs0_e-s4-c2"}, {"xn0_a-s1-c1"}) == 2);
}

TEST_CASE("what holds no entries is not missed") {
  CHECK(missing({"xn0_a-s1-c1", "xe1", "xw1700000000", "xd0", "m0a"}, {"xn0_a-s1-c1"}) == 0);
}

TEST_CASE(
    "after an upgrade the blobs of the old format are not missed, and a reader of the old format misses the new") {
  CHECK(missing({"n0a", "xn0_b-s1-c1"}, {"xn0_b-s1-c1"}) == 0);
  CHECK(missing({"n0a", "xn0_b-s1-c1"}, {"n0a"}) == 1);
}

TEST_CASE("a name that says nothing of an epoch is needed itself") {
  for (const char* name : {"x", "xn", "xn_a", "xnq_a", "xs0", "xr0_a", "xq0_a", "xn99999999999_a"}) {
    CAPTURE(name);
    CHECK(missing({name}, {"xr0_4294967295_a-s1-c1"}) == 1);
    CHECK(missing({name}, {name}) == 0);
  }
}

TEST_CASE("a name that was not there before is noticed") {
  const Names before = names({"xn0_a-s1-c1", "xe1"});
  CHECK_FALSE(has_others(names({"xn0_a-s1-c1"}), before));
  CHECK(has_others(names({"xn0_a-s1-c1", "xn0_b-s2-c1"}), before));
}

TEST_CASE("the same names have the same sum in any order, and others have another") {
  CHECK(names({"xn0_a", "n0b"}).sum == names({"n0b", "xn0_a"}).sum);
  CHECK_FALSE(names({"xn0_a", "n0b"}).sum == names({"xn0_a", "n0c"}).sum);
  CHECK(names({"xn0_a", "n0b"}).count == 2);
}

}  // namespace
}  // namespace holdfast::index::test
