// `doctor`, what it finds on its own machine.
#include <catch2/catch.hpp>

#include "holdfast/cli/run.hpp"
#include "tests/unit/cli/doctor_bench.hpp"
#include "tests/unit/cli/input_text.hpp"

using namespace holdfast;
using namespace holdfast::test;
using namespace holdfast::cli;
using Catch::Contains;

TEST_CASE("a line says state, part, what is and what to do") {
  std::vector<Finding> found;
  diagnosis::Part part("index", found);
  part.ok("current");
  CHECK(diagnosis::exit_code(found) == kOk);
  part.warn("old", "renew it");
  CHECK(diagnosis::exit_code(found) == kOk);
  part.unknown("silent", "ask again");
  CHECK(diagnosis::exit_code(found) == kCannotTell);
  part.fail("gone", "mount it");
  CHECK(diagnosis::exit_code(found) == kCheckFailed);
  CHECK(diagnosis::to_text(found) ==
        "ok      index: current\nwarn    index: old; renew it\nunknown index: silent; ask again\n"
        "fail    index: gone; mount it\n");
  const Json::Value value = diagnosis::to_value(found);
  CHECK(value["items"][3]["state"] == "fail");
  CHECK(value["items"][3]["advice"] == "mount it");
  CHECK_FALSE(value["items"][0].isMember("advice"));
}

TEST_CASE("modes that deny nothing and mounts that are trusted are told") {
  Settings settings;
  const auto text = [&] { return text_of([&](auto part) { diagnosis::check_configuration(settings, part); }); };
  CHECK_THAT(text(), Contains("ok      part: mode enforce") && !Contains("warn"));
  settings.policy.mode = core::Mode::Permissive;
  settings.index.allow_cached_mount = true;
  CHECK_THAT(text(), Contains("warn    part: in mode permissive nothing is denied"));
  CHECK_THAT(text(), Contains("actimeo=0"));
}

TEST_CASE("a kopia that cannot be run is named") {
  Settings settings;
  const auto text = [&] { return text_of([&](auto part) { diagnosis::check_kopia(settings, part); }); };
  settings.index.backend = "catalog";
  CHECK_THAT(text(), Contains("ok      part: not needed"));
  settings.index.backend = "kopia-fs";
  settings.index.kopia = "/nonexistent/kopia";
  CHECK_THAT(text(), Contains("fail    part: /nonexistent/kopia cannot be run") && Contains("--kopia-binary"));
  settings.index.kopia = "false";
  CHECK_THAT(text(), Contains("fail    part: "));
  settings.index.kopia = "echo";  // says its arguments, or its version
  CHECK_THAT(text(), Contains("ok      part: version "));
}

TEST_CASE("the repository is compared with the pin") {
  Settings settings;
  settings.index.backend = "kopia-fs";
  const auto text = [&] { return text_of([&](auto part) { diagnosis::check_repository(settings, part); }); };
  settings.index.path = "/nonexistent/repository";
  CHECK_THAT(text(), Contains("fail    part: ") && Contains("/nonexistent/repository"));
  const TempFolder folder;
  settings.index.path = folder.path();
  folder.write("kopia.repository.f",
               R"({"tool":"kopia","uniqueID":"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=","version":"1"})");
  CHECK_THAT(text(), Contains("warn    part: 0102030405060708") && Contains("repositoryId: 0102030405060708"));
  settings.policy.pin = *core::RepositoryId::parse("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=");
  CHECK_THAT(text(), Contains("ok      part: 0102030405060708") && Contains("as pinned"));
  settings.policy.pin = *core::RepositoryId::parse("ffffffffffffffff");
  CHECK_THAT(text(), Contains("fail    part: 0102030405060708") && Contains("is not the pinned ffffffffffffffff"));
}

TEST_CASE("the index is told with its counts, or with why it is not current") {
  Settings settings;
  fakes::FakeIndex index;
  const auto text = [&] { return text_of([&](auto part) { diagnosis::check_index(settings, index, part); }); };
  CHECK_THAT(text(), Contains("fail    part: the repository was not looked at") && Contains("IndexUnavailable"));
  index.evidence.state = core::Unknown{core::Unknown::Why::Refreshing, "it is being read"};
  CHECK_THAT(text(), Contains("unknown part: it is being read"));
  index.holds({fakes::listed("s1", "photos-backup@media:/data"), fakes::listed("s2", "photos-backup@media:/data")});
  CHECK_THAT(text(), Contains("ok      part: current: 2 snapshots of 1 identities"));
}

TEST_CASE("a certificate is told with its end, and before it comes") {
  const CertificateFolder folder(std::chrono::days(90), kNow);
  const auto at = [&](std::chrono::days later) {
    return text_of([&](auto part) { diagnosis::check_certificate(folder.settings(), kNow + later, part); });
  };
  CHECK_THAT(at(std::chrono::days(1)), Contains("ok      part: valid until 2027-02-19"));
  CHECK_THAT(at(std::chrono::days(80)), Contains("warn    part: valid until 2027-02-19") && Contains("renew"));
  CHECK_THAT(at(std::chrono::days(91)), Contains("fail    part: ") && Contains("expired"));
  const auto of = [](const Settings& settings) {
    return text_of([&](auto part) { diagnosis::check_certificate(settings, kNow, part); });
  };
  Settings settings;
  CHECK_THAT(of(settings), Contains("fail    part: webhook.certDir"));
  settings.webhook.cert_dir = "/nonexistent/certs";
  CHECK_THAT(of(settings), Contains("fail    part: ") && Contains("/nonexistent/certs"));
  settings.webhook.enabled = false;
  CHECK_THAT(of(settings), Contains("ok      part: not needed"));
}
