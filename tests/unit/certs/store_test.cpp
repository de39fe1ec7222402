#include "holdfast/certs/store.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "holdfast/certs/generate.hpp"
#include "tests/unit/folder.hpp"

using namespace holdfast;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using test::Folder;

namespace {

const core::Time kNow = std::chrono::sys_days(2026y / 11 / 21) + 9h;

certs::CertificateSet make(int days = 30) { return certs::generate({"a"}, std::chrono::days(days), kNow); }

}  // namespace

TEST_CASE("store: serves what the folder holds and knows how long it is valid") {
  const Folder folder;
  certs::write_files(make(30), folder.path());
  certs::Store store(folder.path());
  CHECK(store.current() != nullptr);
  const auto report = store.reload_if_changed();
  CHECK_FALSE(report.reloaded);
  CHECK(report.problem.empty());
  CHECK(report.not_before == kNow - 5min);
  CHECK(report.not_after == kNow + std::chrono::days(30));
}

TEST_CASE("store: does not start without a whole pair, and names the file") {
  const Folder folder;
  CHECK_THROWS_WITH(certs::Store(folder.path()), Contains("tls.crt"));
  const auto set = make();
  certs::write_files(set, folder.path());
  SECTION("no key") {
    std::filesystem::remove(folder / "tls.key");
    CHECK_THROWS_WITH(certs::Store(folder.path()), Contains(folder / "tls.key"));
  }
  SECTION("no certificate in its file") {
    folder.write("tls.crt", "hello");
    CHECK_THROWS_WITH(certs::Store(folder.path()), Contains("tls.crt: no readable PEM certificate"));
  }
  SECTION("another certificate's key") {
    folder.write("tls.key", make().tls_key);
    CHECK_THROWS_WITH(certs::Store(folder.path()), Contains("the private key does not belong to the certificate"));
  }
  SECTION("an authority without certificate") {
    folder.write("ca.crt", "hello");
    CHECK_THROWS_WITH(certs::Store(folder.path()), Contains("ca.crt: no readable PEM certificate"));
  }
}

TEST_CASE("store: needs no authority") {
  const Folder folder;
  certs::write_files(make(), folder.path());
  std::filesystem::remove(folder / "ca.crt");
  CHECK(certs::Store(folder.path()).problem_at(kNow).empty());
}

TEST_CASE("store: loads files that were replaced") {
  const Folder folder;
  certs::write_files(make(30), folder.path());
  certs::Store store(folder.path());
  const auto before = store.current();
  certs::write_files(make(60), folder.path());
  const auto report = store.reload_if_changed();
  CHECK(report.reloaded);
  CHECK(report.problem.empty());
  CHECK(report.not_after == kNow + std::chrono::days(60));
  CHECK(store.current() != before);
  CHECK_FALSE(store.reload_if_changed().reloaded);
}

TEST_CASE("store: follows the swap of a mounted Secret") {
  const Folder folder;
  const std::filesystem::path root = folder.path();
  certs::write_files(make(30), root / "..one");
  certs::write_files(make(60), root / "..two");
  std::filesystem::create_directory_symlink("..one", root / "..data");
  for (const char* name : {"tls.crt", "tls.key", "ca.crt"}) {
    std::filesystem::create_symlink(std::filesystem::path("..data") / name, root / name);
  }
  certs::Store store(root);
  CHECK_FALSE(store.reload_if_changed().reloaded);
  std::filesystem::create_directory_symlink("..two", root / "..data_tmp");
  std::filesystem::rename(root / "..data_tmp", root / "..data");
  const auto report = store.reload_if_changed();
  CHECK(report.reloaded);
  CHECK(report.not_after == kNow + std::chrono::days(60));
}

TEST_CASE("store: touched files are not new files") {
  const Folder folder;
  const auto set = make();
  certs::write_files(set, folder.path());
  certs::Store store(folder.path());
  const auto before = store.current();
  certs::write_files(set, folder.path());
  CHECK_FALSE(store.reload_if_changed().reloaded);
  CHECK(store.current() == before);
}

TEST_CASE("store: keeps what it has while the files are broken, and goes on when they are whole") {
  const Folder folder;
  certs::write_files(make(30), folder.path());
  certs::Store store(folder.path());
  const auto before = store.current();
  const auto next = make(60);
  std::string expected;
  SECTION("half of a pair was replaced") {
    folder.write("tls.crt", next.tls_crt);
    expected = "the private key does not belong to the certificate";
  }
  SECTION("a file was cut") {
    folder.write("tls.crt", next.tls_crt.substr(0, 100));
    expected = "no readable PEM certificate";
  }
  SECTION("a file is gone") {
    std::filesystem::remove(folder / "tls.key");
    expected = "tls.key";
  }
  for (int look = 0; look < 2; ++look) {
    const auto broken = store.reload_if_changed();
    CHECK_FALSE(broken.reloaded);
    CHECK_THAT(broken.problem, Contains(expected));
    CHECK(broken.not_after == kNow + std::chrono::days(30));
    CHECK(store.current() == before);
  }
  certs::write_files(next, folder.path());
  const auto whole = store.reload_if_changed();
  CHECK(whole.reloaded);
  CHECK(whole.problem.empty());
}

TEST_CASE("store: says when the served certificate would be refused by a client") {
  const Folder folder;
  certs::write_files(make(30), folder.path());
  certs::Store store(folder.path());
  CHECK(store.problem_at(kNow).empty());
  CHECK(store.problem_at(kNow - 1h) == "the certificate is not valid before 2026-11-21T08:55:00Z");
  CHECK(store.problem_at(kNow + std::chrono::days(31)) == "the certificate expired at 2026-12-21T09:00:00Z");
  folder.write("ca.crt", make().ca_crt);
  store.reload_if_changed();
  CHECK(store.problem_at(kNow) == "the certificate is not signed by what ca.crt holds");
}
