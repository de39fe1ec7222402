#include "src/index/kopia/mountinfo.hpp"

#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "tests/unit/folder.hpp"

namespace holdfast::index::test {
namespace {

std::string line(const std::string& point, const std::string& type = "ext4", const std::string& options = "rw") {
  return "36 35 98:0 / " + point + " rw,noatime shared:1 master:2 - " + type + " server:/export " + options + "\n";
}

std::string point_of(const std::string& text, const std::string& path) {
  const auto mount = find_mount(text, path);
  return mount ? mount->point : "";
}

TEST_CASE("a path lies on the mount with the longest point above it") {
  const std::string text = line("/") + line("/a/b") + line("/a");
  CHECK(point_of(text, "/a/b/c") == "/a/b");
  CHECK(point_of(text, "/a/b") == "/a/b");
  CHECK(point_of(text, "/a/bc") == "/a");
  CHECK(point_of(text, "/other") == "/");
}

TEST_CASE("of mounts on one point the last is seen") {
  const auto mount = find_mount(line("/") + line("/r", "nfs4") + line("/r", "tmpfs"), "/r/x");
  REQUIRE(mount);
  CHECK(mount->type == "tmpfs");
}

TEST_CASE("blanks and backslashes in a mount point are unescaped") {
  CHECK(point_of(line("/a\\040b\\134c"), "/a b\\c/d") == "/a b\\c");
  CHECK(point_of(line("/a\\04"), "/a\\04") == "/a\\04");
}

TEST_CASE("tags between options and type may be missing or many") {
  const auto mount = find_mount("1 0 0:1 / / rw - nfs4 srv:/ rw,noac\n", "/x");
  REQUIRE(mount);
  CHECK(mount->type == "nfs4");
  CHECK(mount->options == "rw,noac");
}

TEST_CASE("lines that are not mounts are passed over") {
  CHECK_FALSE(find_mount("", "/x"));
  CHECK_FALSE(find_mount("garbage\n1 2 3\n- - - -\n1 2 3 4 / rw -\n", "/x"));
}

TEST_CASE("an NFS mount is trusted only without attribute caching") {
  struct Row {
    const char* type;
    const char* options;
    bool caches;
  };
  const auto row = GENERATE(
      Row{"nfs4", "rw,vers=4.2,hard,proto=tcp", true}, Row{"nfs", "rw,vers=3", true}, Row{"nfs4", "rw,noac", false},
      Row{"nfs4", "rw,sync,noac,hard", false}, Row{"nfs4", "rw,actimeo=0", false},
      Row{"nfs4", "rw,acregmin=0,acregmax=0,acdirmin=0,acdirmax=0,hard", false},
      Row{"nfs4", "rw,acregmin=0,acregmax=0,acdirmin=0", true},
      Row{"nfs4", "rw,acregmin=0,acregmax=0,acdirmin=0,acdirmax=60", true}, Row{"nfs4", "rw,actimeo=01", true},
      Row{"nfs4", "rw,acdirmin=1,acregmin=0,acregmax=0,acdirmax=0", true}, Row{"nfs4", "rw,xnoac", true},
      Row{"ext4", "rw", false}, Row{"overlay", "rw", false}, Row{"fuseblk", "rw", false},
      Row{"cifs", "rw,actimeo=0", true}, Row{"fuse.sshfs", "rw", true}, Row{"9p", "rw", true},
      Row{"virtiofs", "rw", true}, Row{"unheard-of", "rw", true});
  CAPTURE(row.type, row.options);
  CHECK(caches_attributes({"/r", row.type, row.options}) == row.caches);
}

TEST_CASE("a file system of this machine is told from one of another by its magic number") {
  CHECK(is_local(EXT4_SUPER_MAGIC));
  CHECK(is_local(OVERLAYFS_SUPER_MAGIC));
  CHECK_FALSE(is_local(NFS_SUPER_MAGIC));
  CHECK_FALSE(is_local(0));
}

/// In a mount namespace of its own, which ends with its thread; nothing where that may not be.
void in_own_mount_namespace(const std::function<void()>& act) {
  std::thread([&] {
    const bool may =
        ::unshare(CLONE_NEWNS | CLONE_FS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    if (may)
      act();
    else
      WARN("SKIPPED: no mount namespace of our own may be made here");
  }).join();
}

TEST_CASE("a mount that comes or goes is seen by the next look, although the mounts are not read for each") {
  in_own_mount_namespace([] {
    const Folder folder;
    const std::string path = folder.path();
    MountTable mounts("/proc/thread-self/mountinfo");
    const auto type = [&] { return mounts.find(path).value().type; };
    const std::string before = type();
    REQUIRE(::mount("one", path.c_str(), "ramfs", 0, nullptr) == 0);
    CHECK(type() == "ramfs");
    CHECK(type() == "ramfs");
    REQUIRE(::umount(path.c_str()) == 0);
    CHECK(type() == before);
  });
}

TEST_CASE("a text that cannot tell of changes is read each time") {
  const Folder folder;
  const std::string file = folder.write("mountinfo", line("/r", "nfs4", "rw,actimeo=0"));
  MountTable mounts(file);
  CHECK(mounts.find("/r/kopia").value().type == "nfs4");
  folder.write("mountinfo", line("/r"));
  CHECK(mounts.find("/r/kopia").value().type == "ext4");
  std::filesystem::remove(file);
  CHECK_THROWS_AS(mounts.find("/r/kopia"), std::system_error);
}

}  // namespace
}  // namespace holdfast::index::test
