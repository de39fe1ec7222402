#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "holdfast/base/file.hpp"
#include "holdfast/certs/generate.hpp"

namespace holdfast::certs {

namespace {

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
  throw std::runtime_error("cannot " + what + " " + path.string() + ": " + std::generic_category().message(errno));
}

void write_all(int fd, std::string_view rest, const std::filesystem::path& path) {
  while (!rest.empty()) {
    const ssize_t written = ::write(fd, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) fail("write", path);
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Written beside its place and renamed: a reader sees the old file or the new one, a crash leaves the old one.
void replace_file(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  std::string temporary = path.string() + ".XXXXXX";
  const base::Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) fail("create a file beside", path);
  try {
    if (::fchmod(file.get(), mode) != 0) fail("set the mode of", path);
    write_all(file.get(), content, path);
    if (::fsync(file.get()) != 0) fail("write", path);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("replace", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::path parent = folder.parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (::mkdir(folder.c_str(), 0700) != 0 && !std::filesystem::is_directory(folder, error)) {
    errno = errno ? errno : ENOTDIR;
    fail("create the folder", folder);
  }
}

}  // namespace

void write_files(const CertificateSet& set, const std::filesystem::path& folder) {
  make_folder(folder);
  replace_file(folder / "ca.key", set.ca_key, 0600);
  replace_file(folder / "tls.key", set.tls_key, 0600);
  replace_file(folder / "ca.crt", set.ca_crt, 0644);
  replace_file(folder / "tls.crt", set.tls_crt, 0644);
}

}  // namespace holdfast::certs
