#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "holdfast/base/file.hpp"
#include "tests/unit/folder.hpp"

namespace holdfast::base {
namespace {

TEST_CASE("a file is read whole, up to the limit") {
  const Folder folder;
  const std::string path = folder.path() / "f";
  std::ofstream(path) << std::string(40'000, 'x');
  CHECK(read_file(path, 40'000).size() == 40'000);
  CHECK_THROWS_WITH(read_file(path, 39'999), path + ": longer than 39999 bytes");
}

TEST_CASE("what cannot be read is an error that names the path") {
  CHECK_THROWS_WITH(read_file("/nowhere/f", 10), Catch::Contains("/nowhere/f") && Catch::Contains("No such file"));
  CHECK_THROWS_WITH(read_file("/tmp", 10), "/tmp: not a regular file");
}

TEST_CASE("a FIFO does not hang the reader") {
  const Folder folder;
  const std::string path = folder.path() / "fifo";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_file(path, 10), path + ": not a regular file");
}

TEST_CASE("a file's state tells that it was written, replaced, taken away or pointed elsewhere") {
  const Folder folder;
  const std::string path = folder.path() / "f";
  const std::string missing = file_state(path);
  std::ofstream(path) << "one";
  const std::string first = file_state(path);
  CHECK(first != missing);
  CHECK(file_state(path) == first);
  std::ofstream(path) << "longer";
  CHECK(file_state(path) != first);

  const std::string other = folder.path() / "other";
  std::ofstream(other) << "longer";
  const std::string link = folder.path() / "link";
  std::filesystem::create_symlink(path, link);
  CHECK(file_state(link) == file_state(path));
  std::filesystem::remove(link);
  std::filesystem::create_symlink(other, link);
  CHECK(file_state(link) == file_state(other));
  CHECK(file_state(link) != file_state(path));

  std::filesystem::remove(path);
  CHECK(file_state(path) == missing);
}

TEST_CASE("a descriptor is closed once, by its last owner") {
  int number = -1;
  {
    Descriptor first = open_file("/dev/null", O_RDONLY);
    number = first.get();
    const Descriptor second = std::move(first);
    CHECK_FALSE(first);
    CHECK(fcntl(number, F_GETFD) == FD_CLOEXEC);
  }
  CHECK(fcntl(number, F_GETFD) == -1);
}

}  // namespace
}  // namespace holdfast::base
