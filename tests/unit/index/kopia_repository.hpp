// A real kopia repository on this machine, written by the real kopia.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/base/child.hpp"
#include "tests/unit/folder.hpp"

namespace holdfast::index::test {

/// The built kopia; nullopt (and a loud word): this machine has none.
inline std::optional<std::string> real_kopia() {
  const char* components = std::getenv("HOLDFAST_COMPONENTS");
  if (components && std::filesystem::exists(std::string(components) + "/kopia")) {
    return std::string(components) + "/kopia";
  }
  WARN("SKIPPED: no kopia (set HOLDFAST_COMPONENTS to the folder that holds it)");
  return std::nullopt;
}

class KopiaRepository {
 public:
  explicit KopiaRepository(std::string kopia, const std::string& format_version = "0",
                           const std::string& password = "correct horse")
      : kopia_(std::move(kopia)), password_(password) {
    run({"repository", "create", "filesystem", "--path=" + path(), "--format-version=" + format_version,
         "--cache-directory=" + folder_ / "cache"});
    folder_.write("source/file", "first");
  }

  std::string path() const { return folder_ / "repository"; }
  const std::string& kopia() const { return kopia_; }
  const std::string& password() const { return password_; }
  const Folder& folder() const { return folder_; }

  void snapshot() {
    folder_.write("source/file", std::to_string(++snapshots_));
    run({"snapshot", "create", folder_ / "source", "--override-source=app-backup@media:/data"});
  }

  /// As many sessions, one after the other; each backs up a PVC of its own.
  void sessions(int count) {
    const std::string number = std::to_string(count);
    base::ChildOptions options = child({folder_ / "writer.config", number, "1", number}, std::chrono::seconds(60));
    options.program = std::filesystem::path(kopia_).parent_path() / "bulksnap";
    const base::ChildResult result = runner_.start(options).finish(1 << 20);
    if (result.exit_code != 0) throw std::runtime_error("bulksnap: " + result.errors);
  }

  void change_password(const std::string& password) {
    run({"repository", "change-password", "--new-password=" + password});
    password_ = password;
  }

  /// Runs the writer's kopia to its end.
  void run(const std::vector<std::string>& arguments) {
    const base::ChildResult result = start(arguments, std::chrono::seconds(60)).finish(1 << 20);
    if (result.exit_code != 0) throw std::runtime_error(arguments[0] + ": " + result.errors);
  }

  base::Child start(std::vector<std::string> arguments, std::chrono::seconds limit) {
    for (const char* common : {"--no-persist-credentials", "--disable-file-logging", "--disable-content-log"}) {
      arguments.emplace_back(common);
    }
    arguments.push_back("--config-file=" + folder_ / "writer.config");
    return runner_.start(child(std::move(arguments), limit));
  }

 private:
  base::ChildOptions child(std::vector<std::string> arguments, std::chrono::seconds limit) const {
    base::ChildOptions options;
    options.program = kopia_;
    options.arguments = std::move(arguments);
    options.environment = {"HOME=" + folder_.path().string(), "USER=writer", "KOPIA_CHECK_FOR_UPDATES=false",
                           "KOPIA_UPGRADE_LOCK_ENABLED=1", "KOPIA_PASSWORD=" + password_};
    options.deadline = std::chrono::steady_clock::now() + limit;
    return options;
  }

  const std::string kopia_;
  std::string password_;
  Folder folder_;
  base::ChildRunner runner_{"kopia"};
  int snapshots_ = 0;
};

}  // namespace holdfast::index::test
