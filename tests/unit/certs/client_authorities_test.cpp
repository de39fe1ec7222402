#include "holdfast/certs/client_authorities.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "holdfast/certs/generate.hpp"
#include "tests/unit/folder.hpp"

using namespace holdfast;
using Catch::Matchers::Contains;

namespace {

const core::Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);

std::string some_authority() { return certs::generate({"a"}, std::chrono::days(30), kNow).ca_crt; }

struct File {
  explicit File(const std::string& text) { test::write(path, text); }
  certs::ClientAuthorities open() { return {path.string(), {}, log, metrics}; }

  test::Folder folder;
  std::filesystem::path path = folder / "clients.crt";
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Info, ops::Format::Text};
  ops::Metrics metrics{"test"};
};

}  // namespace

TEST_CASE("client authorities: there have to be some at the start, and the file is named") {
  File file("hello");
  CHECK_THROWS_WITH(file.open(), Contains(file.path.string()) && Contains("no PEM certificate"));
  std::filesystem::remove(file.path);
  CHECK_THROWS_WITH(file.open(), Contains(file.path.string()));
}

TEST_CASE("client authorities: a new file is in force at the next connection, one that stays is not read again") {
  File file(some_authority());
  auto authorities = file.open();
  const auto first = authorities.current();
  CHECK(authorities.current() == first);
  test::write(file.path, some_authority() + some_authority());
  const auto second = authorities.current();
  CHECK(second != first);
  CHECK(authorities.current() == second);
}

TEST_CASE("client authorities: a file that is broken or gone leaves in force what was, says so, and is tried again") {
  File file(some_authority());
  auto authorities = file.open();
  const auto good = authorities.current();
  CHECK(authorities.problem().empty());
  SECTION("broken") { test::write(file.path, "-----BEGIN CERTIFICATE-----\nAAAA\n"); }
  SECTION("gone") { std::filesystem::remove(file.path); }
  CHECK(authorities.current() == good);
  CHECK_THAT(authorities.problem(), Contains(file.path.string()));
  test::write(file.path, some_authority());
  CHECK(authorities.current() != good);
  CHECK(authorities.problem().empty());
}

TEST_CASE("client authorities: who is refused is counted") {
  File file(some_authority());
  auto authorities = file.open();
  CHECK_THAT(file.metrics.text(), Contains("\nholdfast_webhook_clients_refused_total 0"));
  for (int i = 0; i < 3; ++i) authorities.refused("it sent no certificate");
  CHECK_THAT(file.metrics.text(), Contains("\nholdfast_webhook_clients_refused_total 3"));
}
