// The backend against the real kopia.
#include "holdfast/index/backends.hpp"

#include <catch2/catch.hpp>

#include <random>

#include "tests/unit/index/index_bench.hpp"
#include "tests/unit/index/kopia_repository.hpp"

namespace holdfast::index::test {
namespace {

struct Fixture {
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};

  static KopiaFsOptions options(const KopiaRepository& repository) {
    KopiaFsOptions options;
    options.path = repository.path();
    options.password = repository.password();
    options.kopia_binary = repository.kopia();
    return options;
  }
  std::unique_ptr<Index> index(const KopiaFsOptions& options) { return make_kopia_fs_index(options, log, metrics); }
};

TEST_CASE("in both formats a backup is proven from the moment it is finished, ten times in a row", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  const char* format = GENERATE("1", "3");
  KopiaRepository repository(*kopia, format);
  Fixture test;
  const auto index = test.index(test.options(repository));
  CHECK(proven(*index) == 0);
  for (int i = 1; i <= 10; ++i) {
    repository.snapshot();
    CHECK(proven(*index) == i);
  }
  const core::Evidence evidence = ask(*index);
  CHECK(evidence.repository == repository_id(repository.path()));
  CHECK(evidence.place == repository.path());
  const auto newest = catalog_of(evidence)->newest({"app-backup", "media", "/data"});
  REQUIRE(newest);
  CHECK(newest->files == 1);
}

/// Files whose upload takes kopia long enough to write checkpoints.
void write_noise(const Folder& folder, std::size_t files) {
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < files; ++i) {
    std::string noise;
    while (noise.size() < 25'000'000) {
      const std::uint64_t word = random();
      noise.append(reinterpret_cast<const char*>(&word), sizeof word);
    }
    folder.write("source/noise" + std::to_string(i), noise);
  }
}

TEST_CASE("checkpoints of an upload under way, or killed, are not backups", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  write_noise(repository.folder(), 8);
  repository.run({"repository", "throttle", "set", "--upload-bytes-per-second=4000000"});
  Fixture test;
  const auto index = test.index(test.options(repository));
  {
    const base::Child upload = repository.start(
        {"snapshot", "create", repository.folder() / "source", "--parallel=1", "--checkpoint-interval=1s"}, 60s);
    const auto has_checkpoint = [](const core::Evidence& evidence) {
      const auto catalog = catalog_of(evidence);
      return catalog && catalog->incomplete() > 0;
    };
    REQUIRE(has_checkpoint(ask_until(*index, has_checkpoint)));
  }
  const auto catalog = catalog_of(ask_until_current(*index));
  REQUIRE(catalog);
  CHECK(catalog->incomplete() > 0);
  CHECK(catalog->snapshots() == 0);
}

TEST_CASE("a wrong password is named, and the right one helps without a restart", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  repository.snapshot();
  Fixture test;
  KopiaFsOptions options = test.options(repository);
  options.password_file = repository.folder().write("password", "wrong pony\n");
  const auto index = test.index(options);
  CHECK(reason_of(ask(*index)) ==
        "kopia: the repository password is wrong (index.passwordFile " + options.password_file + ")");
  repository.folder().write("password", repository.password() + "\n");
  CHECK(catalog_of(ask_until_current(*index)));
}

TEST_CASE("a password file that is missing or empty is named", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  Fixture test;
  KopiaFsOptions options = test.options(repository);
  options.password_file = repository.folder() / "missing";
  CHECK(reason_of(ask(*test.index(options))) ==
        "index.passwordFile: " + options.password_file + ": No such file or directory");
  options.password_file = repository.folder().write("empty", "\n");
  CHECK_THAT(reason_of(ask(*test.index(options))), Catch::Contains("password is empty (index.passwordFile"));
}

TEST_CASE("after a password change the old catalog proves nothing until the new password is there", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  repository.snapshot();
  Fixture test;
  KopiaFsOptions options = test.options(repository);
  options.password_file = repository.folder().write("password", repository.password());
  const auto index = test.index(options);
  CHECK(proven(*index) == 1);
  repository.change_password("battery staple");
  CHECK_THAT(reason_of(ask(*index)), Catch::Contains("password is wrong"));
  repository.folder().write("password", "battery staple");
  CHECK(catalog_of(ask_until_current(*index)));
}

TEST_CASE("another repository mounted in the place of the pinned one is named and never listed", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  KopiaRepository other(*kopia);
  repository.snapshot();
  Fixture test;
  KopiaFsOptions options = test.options(repository);
  options.pinned = repository_id(repository.path());
  const auto index = test.index(options);
  CHECK(proven(*index) == 1);
  std::filesystem::rename(repository.path(), repository.folder() / "away");
  std::filesystem::rename(other.path(), repository.path());
  const core::Evidence evidence = ask(*index);
  CHECK_FALSE(catalog_of(evidence));
  CHECK(evidence.repository == repository_id(repository.path()));
  CHECK(evidence.repository != options.pinned);
}

TEST_CASE("an unpinned repository that is swapped is listed anew", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  KopiaRepository other(*kopia);
  repository.snapshot();
  Fixture test;
  const auto index = test.index(test.options(repository));
  CHECK(proven(*index) == 1);
  std::filesystem::rename(repository.path(), repository.folder() / "away");
  std::filesystem::rename(other.path(), repository.path());
  CHECK(proven(*index) == 0);
}

TEST_CASE("an unmounted path is Unavailable and says so, and is current again once it is back", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  repository.snapshot();
  Fixture test;
  const auto index = test.index(test.options(repository));
  CHECK(proven(*index) == 1);
  std::filesystem::rename(repository.path(), repository.folder() / "away");
  std::filesystem::create_directory(repository.path());
  CHECK_THAT(reason_of(ask(*index)), Catch::Contains("a path that is not mounted looks the same"));
  std::filesystem::remove(repository.path());
  CHECK_THAT(reason_of(ask(*index)), Catch::Contains("a path that is not mounted looks the same"));
  std::filesystem::rename(repository.folder() / "away", repository.path());
  CHECK(proven(*index) == 1);
}

/// A program that is kopia, but puts the folder `older` in the repository's place for as long as kopia lists: in one
/// step each way, so that there is no moment without a repository.
std::string kopia_with_older_copy(const KopiaRepository& repository, const std::string& older) {
  const std::string newer = repository.folder() / "newer";
  std::filesystem::rename(repository.path(), newer);
  std::filesystem::create_directory_symlink(newer, repository.path());
  const std::string link = repository.folder() / "link";
  const auto stands = [&](const std::string& copy) {
    return "/bin/ln -s " + copy + " " + link + "\n/bin/mv -T " + link + " " + repository.path() + "\n";
  };
  const std::string file = repository.folder().write(
      "swapping", "#!/bin/sh\ncase \" $* \" in *' snapshot list '*) ;; *) exec " + repository.kopia() +
                      " \"$@\" ;; esac\n" + stands(older) + repository.kopia() + " \"$@\"\nresult=$?\n" +
                      stands(newer) + "exit $result\n");
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return file;
}

TEST_CASE("in both formats an older copy that stands there only while kopia lists is not believed", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  const char* format = GENERATE("1", "3");
  KopiaRepository repository(*kopia, format);
  const std::string older = repository.folder() / "older";
  std::filesystem::copy(repository.path(), older, std::filesystem::copy_options::recursive);
  repository.snapshot();
  Fixture test;
  KopiaFsOptions options = test.options(repository);
  options.kopia_binary = kopia_with_older_copy(repository, older);
  CHECK_THAT(reason_of(ask(*test.index(options))), Catch::Contains("index blobs that were there before"));
  options.kopia_binary = *kopia;
  CHECK(proven(*test.index(options)) == 1);
}

TEST_CASE("in the old format index blobs that a compaction has replaced are not missed", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia, "1");
  Fixture test;
  const auto index = test.index(test.options(repository));
  for (int i = 0; i < 3; ++i) repository.snapshot();
  CHECK(proven(*index) == 3);
  repository.run({"index", "optimize", "--all", "--dangerous-commands=enabled"});
  CHECK(proven(*index) == 3);
  CHECK(proven(*test.index(test.options(repository))) == 3);
}

/// Lets two hours pass for kopia, which tells the age of index blobs by their files.
void age(const std::string& repository) {
  namespace fs = std::filesystem;
  for (const auto& entry : fs::recursive_directory_iterator(repository + "/x")) {
    if (entry.is_regular_file()) fs::last_write_time(entry, entry.last_write_time() - 2h);
  }
}

TEST_CASE("in an epoch repository index blobs that compactions have replaced are not missed", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia, "3");
  repository.run({"repository", "set-parameters", "--epoch-advance-on-count=10", "--epoch-min-duration=1h",
                  "--epoch-refresh-frequency=10m", "--epoch-cleanup-safety-margin=40m"});
  Fixture test;
  const auto index = test.index(test.options(repository));
  int rounds = 0;
  while (rounds < 8 && !std::filesystem::exists(repository.path() + "/x/s0_")) {
    repository.sessions(12);
    age(repository.path());
    repository.run({"maintenance", "run", "--no-full", "--safety=none"});
    CHECK(proven(*index) == 12 * ++rounds);
  }
  CHECK(std::filesystem::remove_all(repository.path() + "/x/n0_") > 12);  // as full maintenance does hours later
  CHECK(proven(*index) == 12 * rounds);
}

TEST_CASE("on an NFS mount with attribute caching nothing is proven, unless it is allowed", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  Fixture test;
  KopiaFsOptions options = test.options(repository);
  options.mountinfo_path = repository.folder().write(
      "mountinfo", "1 0 0:1 / / rw - ext4 /dev/x rw\n2 1 0:2 / " + repository.path() + " rw - nfs4 srv:/x rw\n");
  CHECK_THAT(reason_of(ask(*test.index(options))), Catch::Contains("actimeo=0"));
  options.allow_cached_mount = true;
  CHECK(proven(*test.index(options)) == 0);
  options.allow_cached_mount = false;
  repository.folder().write("mountinfo", "2 1 0:2 / " + repository.path() + " rw - nfs4 srv:/x rw,noac\n");
  CHECK(proven(*test.index(options)) == 0);
  options.mountinfo_path = repository.folder() / "missing";
  CHECK_THAT(reason_of(ask(*test.index(options))), Catch::Contains("missing: No such file"));
}

TEST_CASE("the cache folder is private, ours alone, and a temporary one goes away with the index", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia);
  Fixture test;
  KopiaFsOptions options = test.options(repository);
  options.cache_dir = repository.folder() / "made/here";
  CHECK(proven(*test.index(options)) == 0);
  const auto permissions = std::filesystem::status(options.cache_dir).permissions();
  CHECK(permissions == std::filesystem::perms::owner_all);
  options.cache_dir.clear();
  const std::string temporary = repository.folder() / "tmp";
  std::filesystem::create_directory(temporary);
  setenv("TMPDIR", temporary.c_str(), 1);
  {
    const auto index = test.index(options);
    CHECK(proven(*index) == 0);
    CHECK_FALSE(std::filesystem::is_empty(temporary));
  }
  unsetenv("TMPDIR");
  CHECK(std::filesystem::is_empty(temporary));
}

TEST_CASE("an index in a folder left by an earlier start of another repository is not confused", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository first(*kopia);
  KopiaRepository second(*kopia, "3", "another password");
  first.snapshot();
  Fixture test;
  for (const auto& [repository, snapshots] : {std::pair(&first, 1), std::pair(&second, 0), std::pair(&first, 1)}) {
    KopiaFsOptions options = test.options(*repository);
    options.cache_dir = first.folder() / "shared-cache";
    CHECK(proven(*test.index(options)) == snapshots);
  }
}

}  // namespace
}  // namespace holdfast::index::test
