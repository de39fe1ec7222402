#include "src/index/kopia/kopia_errors.hpp"

#include <catch2/catch.hpp>

namespace holdfast::index::test {
namespace {

// As kopia 0.22.3 printed it.
const std::string kNotice =
    "Found too many index blobs (1202), this may result in degraded performance.\n\n"
    "Please ensure periodic repository maintenance is enabled or run 'kopia maintenance'.\n";

TEST_CASE("the notice of too many index blobs does not spoil a listing") {
  CHECK(without_notices("").empty());
  CHECK(without_notices(kNotice).empty());
  CHECK(without_notices(kNotice + "\n" + kNotice).empty());
}

TEST_CASE("anything else on stderr spoils it") {
  CHECK(without_notices("unable to load manifest") == "unable to load manifest");
  CHECK(without_notices(kNotice + "unable to load manifest\n") == "unable to load manifest");
  CHECK(without_notices("unable to load manifest\n" + kNotice).starts_with("unable"));
  CHECK_FALSE(without_notices(kNotice.substr(0, 60)).empty());
  CHECK_FALSE(without_notices("Found too many index blobs (), this may").empty());
}

TEST_CASE("a wrong password is recognized") {
  CHECK(says_wrong_password("open repository: unable to create format manager: invalid repository password\n"));
  CHECK_FALSE(says_wrong_password("open repository: get password: password prompt error"));
}

TEST_CASE("a format upgrade under way is recognized") {
  CHECK(says_upgrade("open repository: unable to open repository: repository upgrade in progress\n"));
  CHECK_FALSE(says_upgrade("open repository: unable to open repository: permission denied"));
}

TEST_CASE("a summary is the last line that says something") {
  CHECK(summary("first\nlast \n\n", {"secret"}) == "last");
  CHECK(summary("", {"secret"}).empty());
}

TEST_CASE("a summary never holds the secret") {
  CHECK(summary("bad password hunter2 (hunter2)", {"hunter2"}) == "bad password *** (***)");
  CHECK(summary("bad password hunter2", {"hunter2\n"}) == "bad password ***");
  CHECK(summary("hun\nter2", {"hun\nter2"}) == "***");
  CHECK(summary("text", {""}) == "text");
  CHECK(summary(std::string(195, 'x') + "hunter2", {"hunter2"}) == std::string(195, 'x') + "***");
}

TEST_CASE("a summary is one short line of whole characters") {
  CHECK(summary(std::string(300, 'x'), {"s"}).size() == 200);
  const std::string cut = summary(std::string(199, 'x') + "äöü", {"s"});
  CHECK(cut == std::string(199, 'x'));
  CHECK(summary("a\tb\x1b[31mc", {"s"}) == "a b [31mc");
}

}  // namespace
}  // namespace holdfast::index::test
