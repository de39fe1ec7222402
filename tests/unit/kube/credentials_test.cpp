#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>

#include "src/kube/auth/exec_credential.hpp"
#include "src/kube/auth/watched_file.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/kube/asking.hpp"

using namespace holdfast;
using namespace holdfast::test;

namespace {

const ApiAnswer kObject{.body = R"({"kind":"PersistentVolumeClaim"})"};
constexpr const char* kVersion = "client.authentication.k8s.io/v1";

/// Answers whoever shows this token, and nobody else.
FakeApiServer::Script only_for(std::string token) {
  return [token](const ApiRequest& request) {
    return request.header("authorization") == "Bearer " + token ? kObject : refusal(401, "Unauthorized");
  };
}

/// A program that counts its runs in `runs` and prints a token of that number.
std::string write_plugin(const Folder& folder, const std::string& expires = "") {
  const std::string path = folder.write(
      "plugin", "#!/bin/sh\necho run >> " + folder.path().string() + "/runs\nn=$(wc -l < " + folder.path().string() +
                    "/runs)\nprintf '%s' \"$KUBERNETES_EXEC_INFO\" > " + folder.path().string() + "/info\n" +
                    R"(echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{)" +
                    (expires.empty() ? "" : "\"expirationTimestamp\":\"" + expires + "\",") + R"("token":"t'$n'"}}')" +
                    "\n");
  chmod(path.c_str(), 0700);
  return path;
}

kube::ExecPlugin plugin(const std::string& command) {
  kube::ExecPlugin made;
  made.api_version = kVersion;
  made.command = command;
  made.install_hint = "install it";
  return made;
}

std::function<void(kube::Config&)> with_plugin(const std::string& path) {
  return [path](kube::Config& config) { config.exec = plugin(path); };
}

std::string problem_in(std::string_view text) {
  const auto read = kube::read_exec_credential(text, kVersion);
  const auto* problem = std::get_if<kube::ExecProblem>(&read);
  return problem ? problem->text : "";
}

}  // namespace

TEST_CASE("a token is sent as a bearer's") {
  Asking asking(only_for("abc"), [](kube::Config& config) { config.token = "abc"; });
  text_in(asking.get(kClaim));
}

TEST_CASE("a token of a file is sent without its line end, and read again at once when it is refused") {
  const Folder folder;
  const std::string file = folder.write("token", "old\n");
  std::atomic<bool> rotated = false;
  Asking asking([&](const ApiRequest& request) { return only_for(rotated ? "new" : "old")(request); },
                [&](kube::Config& config) { config.token_file = file; });
  text_in(asking.get(kClaim));
  folder.write("token", "new\n");
  rotated = true;
  text_in(asking.get(kClaim));
}

TEST_CASE("a request is repeated once after a 401, and not at all where nothing can change") {
  const Folder folder;
  const std::string file = folder.write("token", "abc");
  Asking from_file(always(refusal(401, "Unauthorized")), [&](kube::Config& config) { config.token_file = file; });
  CHECK(error_in(from_file.get(kClaim)).forbidden());
  CHECK(from_file.server.requests().size() == 2);
  Asking fixed(always(refusal(401, "Unauthorized")), [](kube::Config& config) { config.token = "abc"; });
  CHECK(error_in(fixed.get(kClaim)).code == 401);
  CHECK(fixed.server.requests().size() == 1);
}

TEST_CASE("a file that cannot be read is a bad configuration at first, and later an error of the request") {
  const Folder folder;
  CHECK_THROWS_AS(Asking(always(kObject), [&](kube::Config& c) { c.token_file = folder.path().string() + "/none"; }),
                  kube::ConfigError);
  const std::string empty = folder.write("empty", "\n");
  CHECK_THROWS_WITH(Asking(always(kObject), [&](kube::Config& c) { c.token_file = empty; }),
                    Catch::Contains("token is empty"));

  const std::string file = folder.write("token", "abc");
  Asking asking(always(refusal(401, "Unauthorized")), [&](kube::Config& config) { config.token_file = file; });
  std::filesystem::remove(file);
  const kube::ApiError error = error_in(asking.get(kClaim));
  CHECK(error.code == 0);
  CHECK_THAT(error.message, Catch::Contains("tokenFile") && Catch::Contains(file));
}

TEST_CASE("a token that would break out of its header is never sent") {
  CHECK_THROWS_WITH(Asking(always(kObject), [](kube::Config& config) { config.token = "secret\r\nX: y"; }),
                    Catch::Contains("a byte that no token has") && !Catch::Contains("secret"));
}

TEST_CASE("a file is looked at again only after a while, at once after a failure, and when asked to") {
  const Folder folder;
  const std::string path = folder.write("f", "one");
  kube::WatchedFile file("field", path, "");
  CHECK(file.text() == "one");
  const auto start = kube::WatchedFile::Clock::now();
  folder.write("f", "longer");
  CHECK_FALSE(file.look(start));
  CHECK(file.look(start + kube::WatchedFile::kInterval + 1s));
  CHECK(file.text() == "longer");
  folder.write("f", "third!!");
  CHECK(file.look(start, true));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(file.look(start + 60s), Catch::Contains("field") && Catch::Contains(path));
  CHECK(file.text() == "third!!");
  folder.write("f", "back");
  CHECK(file.look(start + 60s));
}

TEST_CASE("exec: the program is run once for many requests, is told of the API, and again after a 401") {
  const Folder folder;
  std::atomic<int> good = 1;
  Asking asking([&](const ApiRequest& request) { return only_for("t" + std::to_string(good))(request); },
                with_plugin(write_plugin(folder)));
  std::atomic<int> answers = 0;
  for (int i = 0; i < 5; ++i) {
    asking.client.get(kClaim, within(20s),
                      [&](const kube::Result& r) { answers += std::holds_alternative<std::string>(r); });
  }
  REQUIRE(eventually([&] { return answers == 5; }));
  CHECK(std::filesystem::file_size(folder.path().string() + "/runs") == 4);
  std::string info;
  std::getline(std::ifstream(folder.path().string() + "/info"), info);
  CHECK(info ==
        R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","spec":{"interactive":false}})");
  good = 2;
  text_in(asking.get(kClaim));
  CHECK(std::filesystem::file_size(folder.path().string() + "/runs") == 8);
}

TEST_CASE("exec: what has expired is not used again") {
  const Folder folder;
  Asking asking(always(kObject), with_plugin(write_plugin(folder, "2020-01-01T00:00:00Z")));
  text_in(asking.get(kClaim));
  text_in(asking.get(kClaim));
  const auto requests = asking.server.requests();
  CHECK(requests.at(0).header("authorization") == "Bearer t1");
  CHECK(requests.at(1).header("authorization") == "Bearer t2");
}

TEST_CASE("exec: a failure says command, exit code and hint, and nothing that the program printed") {
  const Folder folder;
  const std::string path = folder.write("plugin", "#!/bin/sh\necho secret\necho secret >&2\nexit 3\n");
  chmod(path.c_str(), 0700);
  Asking asking(always(kObject), with_plugin(path));
  const kube::ApiError error = error_in(asking.get(kClaim));
  CHECK(error.message == "credential plugin " + path + ": exit code 3 (install it)");
}

TEST_CASE("exec: a program that fails is not run again at once, and is run again later") {
  const Folder folder;
  const std::string path =
      folder.write("plugin", "#!/bin/sh\necho run >>" + folder.path().string() + "/runs\nexit 3\n");
  chmod(path.c_str(), 0700);
  Asking asking(always(kObject), with_plugin(path));
  const auto runs = [&] { return std::filesystem::file_size(folder.path().string() + "/runs") / 4; };
  const auto began = std::chrono::steady_clock::now();
  std::size_t requests = 0;
  while (std::chrono::steady_clock::now() - began < 1500ms) {
    error_in(asking.get(kClaim));
    ++requests;
  }
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(runs() >= 2);
  CHECK(runs() <= 2 + static_cast<std::size_t>(took / 1s));
  CHECK(runs() < requests);
}

TEST_CASE("exec: a program that hangs costs a request no more than its deadline") {
  const Folder folder;
  const std::string path = folder.write("plugin", "#!/bin/sh\nexec sleep 100\n");
  chmod(path.c_str(), 0700);
  Asking asking(always(kObject), with_plugin(path));
  CHECK_THAT(error_in(asking.get(kClaim, 200ms)).message, Catch::Contains("no result in time"));
}

TEST_CASE("exec: our own secrets are not in the environment that the program gets; its own variables win") {
  setenv("KOPIA_PASSWORD", "secret", 1);
  setenv("HOLDFAST_TEST_KEPT", "ours", 1);
  kube::ExecPlugin exec = plugin("x");
  exec.environment = {{"HOLDFAST_TEST_KEPT", "its"}};
  const auto environment = kube::exec_environment(exec);
  unsetenv("KOPIA_PASSWORD");
  unsetenv("HOLDFAST_TEST_KEPT");
  const auto has = [&](const std::string& entry) {
    return std::find(environment.begin(), environment.end(), entry) != environment.end();
  };
  CHECK_FALSE(has("KOPIA_PASSWORD=secret"));
  CHECK_FALSE(has("HOLDFAST_TEST_KEPT=ours"));
  CHECK(has("HOLDFAST_TEST_KEPT=its"));
}

TEST_CASE("exec: the cluster is described only where it was asked for") {
  kube::Config config;
  config.host = "fd00::1";
  config.port = 6443;
  config.exec = plugin("x");
  config.exec->provide_cluster_info = true;
  CHECK_THAT(kube::exec_info(config, "CA!"), Catch::Contains(R"("server":"https://[fd00::1]:6443")") &&
                                                 Catch::Contains(R"("certificate-authority-data":"Q0Eh")"));
}

TEST_CASE("exec: output that is no credential is named by what is wrong, without its content") {
  CHECK(problem_in("secret") == "it did not print a JSON object");
  CHECK(problem_in(std::string(100, '[')) == "it did not print a JSON object");
  CHECK(problem_in(R"({"kind":"Secret"})") == "kind: expected ExecCredential");
  CHECK(problem_in(R"({"kind":"ExecCredential","apiVersion":"v0"})") ==
        "apiVersion: expected client.authentication.k8s.io/v1");
  const std::string head = R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":)";
  CHECK(problem_in(head + "{}}") == "status: no token and no client certificate");
  CHECK(problem_in(head + R"({"clientKeyData":"secret"}})") ==
        "status: clientCertificateData and clientKeyData belong together");
  CHECK(problem_in(head + R"({"token":"secret","expirationTimestamp":"soon"}})") ==
        "status.expirationTimestamp: expected an RFC 3339 time");
}
