// What keeps a listing from its end and kopia does not say: files of another user, and a format upgrade.
#include "src/index/kopia/unreadable.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cerrno>
#include <set>
#include <thread>
#include <vector>

#include "holdfast/base/file.hpp"
#include "src/index/kopia/kopia_fs.hpp"
#include "tests/unit/index/index_bench.hpp"
#include "tests/unit/index/kopia_repository.hpp"

namespace holdfast::index::test {
namespace {

constexpr uid_t kStranger = 65532;

/// Opens as a user would who may not read `denied`, and writes down what.
struct Opener {
  std::set<std::string> denied;
  int error = EACCES;
  std::vector<std::string> opened;

  Access access() {
    const auto open = [this](int folder, const char* path, int flags) {
      opened.emplace_back(path);
      if (!denied.contains(path)) return openat(folder, path, flags);
      errno = error;
      return -1;
    };
    return {open, kStranger};
  }
};

struct Repository {
  Repository() {
    for (const char* name : {"kopia.repository.f", "kopia.blobcfg.f", "x/n0_/one.f", "n70/310/old.f", "m12/345/log.f",
                             "q84/6be/list.f", "p57/b1f/data.f"}) {
      chmod(folder.write(name).c_str(), 0600);
    }
  }

  std::optional<Unreadable> find(Opener& opener, const SearchLimits& limits = {}, bool cancel = false) const {
    return find_unreadable(folder.path(), opener.access(), std::atomic(cancel), limits);
  }

  Folder folder;
};

std::string reason_in(const std::optional<Unreadable>& found) { return found ? found->reason : "nothing"; }

std::string sentence(const std::string& path, const std::string& mode) {
  return "cannot read \"" + path + "\": it belongs to user " + std::to_string(geteuid()) + " with mode " + mode +
         ", and holdfast runs as user 65532";
}

TEST_CASE("what a listing reads and we may not open is named with its owner, its mode and our user") {
  const std::string name = GENERATE("kopia.repository.f", "kopia.blobcfg.f", "x/n0_/one.f", "n70/310/old.f",
                                    "m12/345/log.f", "q84/6be/list.f");
  Repository repository;
  Opener opener{{name}, GENERATE(EACCES, EPERM), {}};
  const auto found = repository.find(opener);
  CHECK(reason_in(found) == sentence(name, "0600"));
  CHECK((found && found->is_index) == !name.starts_with("q"));
}

TEST_CASE("a folder that may not be opened is named, and the repository's own with its whole path") {
  Repository repository;
  chmod((repository.folder / "x/n0_").c_str(), 0700);
  Opener inner{{"x/n0_"}, EACCES, {}};
  CHECK(reason_in(repository.find(inner)) == sentence("x/n0_", "0700"));
  const std::string root = repository.folder.path();
  Opener outer{{root}, EACCES, {}};
  CHECK(reason_in(repository.find(outer)) == sentence(root, "0700"));
}

TEST_CASE("where everything can be read, is gone, or fails otherwise, nothing is named") {
  Repository repository;
  Opener opener;
  CHECK_FALSE(repository.find(opener));
  Opener broken{{"x/n0_/one.f", "n70", "kopia.blobcfg.f"}, GENERATE(EIO, ENOENT, ESTALE), {}};
  CHECK_FALSE(repository.find(broken));
  CHECK_FALSE(find_unreadable("/nowhere/repository", opener.access(), std::atomic(false)));
}

TEST_CASE("packs of data, which no listing reads, are not opened") {
  Repository repository;
  Opener opener{{"p57", "p57/b1f", "p57/b1f/data.f"}, EACCES, {}};
  CHECK_FALSE(repository.find(opener));
}

TEST_CASE("a FIFO in the place of a blob does not hang the search") {
  Repository repository;
  REQUIRE(mkfifo((repository.folder / "x/n0_/fifo.f").c_str(), 0600) == 0);
  Opener opener;
  CHECK_FALSE(repository.find(opener));
}

TEST_CASE("a search is bounded in what it opens and in time, and can be ended") {
  Repository repository;
  Opener opener{{"q84/6be/list.f"}, EACCES, {}};
  CHECK_FALSE(repository.find(opener, {3, 1s}));
  CHECK(opener.opened.size() == 4);  // the root does not count
  CHECK_FALSE(repository.find(opener, {100, 0s}));
  CHECK_FALSE(repository.find(opener, {}, true));
  CHECK(repository.find(opener));
}

/// Runs `work` as another user, as a thread can. False, and a loud word: we are not root.
template <class Work>
bool as_stranger(Work work) {
  bool changed = false;
  std::thread([&] {
    // The calls themselves: those of the C library change the whole process.
    changed = syscall(SYS_setgroups, 0, nullptr) == 0 && syscall(SYS_setresgid, kStranger, kStranger, kStranger) == 0 &&
              syscall(SYS_setresuid, kStranger, kStranger, kStranger) == 0;
    if (changed) work();
  }).join();
  if (!changed) WARN("SKIPPED: only root can become another user");
  return changed;
}

void open_to_all(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  const auto add = [](const fs::path& path, bool folder) {
    const auto read = fs::perms::group_read | fs::perms::others_read;
    const auto search = fs::perms::group_exec | fs::perms::others_exec;
    fs::permissions(path, folder ? read | search : read, fs::perm_options::add);
  };
  add(root, true);
  for (const auto& entry : fs::recursive_directory_iterator(root)) add(entry.path(), entry.is_directory());
}

TEST_CASE("another user's file is found for real, and so is a folder that may not be searched") {
  Repository repository;
  open_to_all(repository.folder.path());
  const auto find = [&] {
    return reason_in(find_unreadable(repository.folder.path(), Access::ours(), std::atomic(false)));
  };
  std::string all, file, folder;
  chmod((repository.folder / "n70/310/old.f").c_str(), 0640);
  if (!as_stranger([&] { file = find(); })) return;
  chmod((repository.folder / "n70/310/old.f").c_str(), 0644);
  chmod((repository.folder / "n70").c_str(), 0744);  // may be listed, and no more
  as_stranger([&] { folder = find(); });
  chmod((repository.folder / "n70").c_str(), 0755);
  as_stranger([&] { all = find(); });
  CHECK(file == sentence("n70/310/old.f", "0640"));
  CHECK(folder == sentence("n70", "0744"));
  CHECK(all == "nothing");
}

/// What a user other than the writer is told; `kopia` in its folder is a copy, for the built one may lie where only
/// root can go.
struct Listing {
  Listing(const KopiaRepository& repository, const std::string& kopia) {
    std::filesystem::copy_file(kopia, repository.folder() / "kopia");
    open_to_all(repository.folder().path());
    std::filesystem::create_directory(repository.folder() / "theirs");
    chmod((repository.folder() / "theirs").c_str(), 0777);
    chmod((repository.folder() / "kopia").c_str(), 0755);
    options.path = repository.path();
    options.password = repository.password();
    options.kopia_binary = repository.folder() / "kopia";
    options.cache_dir = repository.folder() / "theirs/cache";
  }

  ProbeResult probe() const { return KopiaFs(options).probe(); }
  ListingResult list(std::chrono::seconds limit) const {
    KopiaFs backend(options);
    const ProbeResult before = backend.probe();
    if (const auto* failure = std::get_if<Failure>(&before)) return *failure;
    return backend.list(std::get<Fingerprint>(before), std::chrono::steady_clock::now() + limit, std::atomic(false));
  }

  KopiaFsOptions options;
};

std::string first_index_blob(const KopiaRepository& repository) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(repository.path() + "/x")) {
    if (entry.path().filename().string().ends_with(".f")) return entry.path();
  }
  throw std::runtime_error("no index blob");
}

TEST_CASE("an index blob of another user is named at once, and not taken for slowness", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia, "3");
  repository.snapshot();
  const Listing listing(repository, *kopia);
  const std::string blob = first_index_blob(repository);
  ListingResult readable = Failure{}, unreadable = Failure{};
  if (!as_stranger([&] { readable = listing.list(20s); })) return;
  chmod(blob.c_str(), 0000);
  as_stranger([&] { unreadable = listing.list(2s); });
  CHECK(std::holds_alternative<Reading>(readable));
  REQUIRE(std::holds_alternative<Failure>(unreadable));
  CHECK(std::get<Failure>(unreadable).reason == sentence(blob.substr(repository.path().size() + 1), "0000"));
  CHECK_FALSE(std::get<Failure>(unreadable).timed_out);
}

TEST_CASE("a repository's folder of another user is named by the first look", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia, "3");
  const Listing listing(repository, *kopia);
  chmod((repository.path() + "/x").c_str(), 0700);
  ProbeResult result = Fingerprint{};
  if (!as_stranger([&] { result = listing.probe(); })) return;
  REQUIRE(std::holds_alternative<Failure>(result));
  CHECK(std::get<Failure>(result).reason == sentence("x", "0700"));
}

/// Begins a format upgrade and ends the program while it waits for other users of the repository.
void interrupt_upgrade(KopiaRepository& repository) {
  const std::string format = repository.path() + "/kopia.repository.f";
  const std::string before = base::file_state(format);
  const base::Child upgrade = repository.start({"repository", "upgrade", "begin", "--upgrade-owner-id=me"}, 60s);
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (base::file_state(format) == before && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(50ms);
  }
  REQUIRE(base::file_state(format) != before);
}

TEST_CASE("an interrupted upgrade is named, and taken back the repository is listed again", "[kopia]") {
  const auto kopia = real_kopia();
  if (!kopia) return;
  KopiaRepository repository(*kopia, "1");
  repository.snapshot();
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};
  KopiaFsOptions options;
  options.path = repository.path();
  options.password = repository.password();
  options.kopia_binary = *kopia;
  options.timeout = 2s;
  const auto index = make_kopia_fs_index(options, log, metrics);
  const bool is_connected = GENERATE(false, true);
  if (is_connected) CHECK(catalog_of(ask_until_current(*index))->snapshots() == 1);
  interrupt_upgrade(repository);
  const auto named = [](const core::Evidence& evidence) {
    return reason_of(evidence).find("is being upgraded to another format") != std::string::npos;
  };
  for (int i = 0; i < 2; ++i) CHECK(named(ask_until(*index, named)));
  repository.run({"repository", "upgrade", "rollback", "--force", "--upgrade-owner-id=me"});
  CHECK(catalog_of(ask_until_current(*index))->snapshots() == 1);
}

}  // namespace
}  // namespace holdfast::index::test
