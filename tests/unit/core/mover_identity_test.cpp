#include "holdfast/core/mover_identity.hpp"

#include <catch2/catch.hpp>

using namespace holdfast::core;

TEST_CASE("the fork's spelling drops dots, trims dashes and keeps 50 bytes") {
  CHECK(fork_user_name("my.app.data-backup") == "myappdata-backup");
  CHECK(fork_user_name("plain_Name-0") == "plain_Name-0");
  CHECK(fork_user_name("-_a-b_-") == "a-b");
  CHECK(fork_user_name(".-a-.") == "a");
  CHECK(fork_user_name("ä b") == "b");
  CHECK(fork_user_name(std::string(60, 'a')) == std::string(50, 'a'));
  CHECK(fork_user_name("-" + std::string(50, 'a')) == std::string(50, 'a'));
}

TEST_CASE("a name of which the fork keeps nothing has no fork spelling") {
  CHECK(fork_user_name("").empty());
  CHECK(fork_user_name("._-.").empty());
}

TEST_CASE("names that the CRDs refuse are a problem") {
  for (const char* name : {"a b", "-a", "a-", "a/b", "é"}) {
    CHECK_FALSE(mover_problem({name, "media", "/data"}).empty());
    CHECK_FALSE(mover_problem({"data", name, "/data"}).empty());
  }
  CHECK(mover_problem({"root", "my_host.lan", "/data"}).empty());
}
