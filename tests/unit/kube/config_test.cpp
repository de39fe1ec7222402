#include "holdfast/kube/config.hpp"

#include <catch2/catch.hpp>

#include <map>

#include "tests/unit/folder.hpp"

using namespace holdfast;
using namespace holdfast::kube;
using Catch::Contains;

namespace {

/// A kubeconfig of one context, `home`, with these lines in its cluster and its user.
std::string kubeconfig(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: home\n"
         "contexts:\n- name: home\n  context: {cluster: here, user: me, namespace: media}\n"
         "clusters:\n- name: here\n  cluster:\n    " +
         cluster + "\nusers:\n- name: me\n  user:\n    " + user + "\n";
}

struct Read {
  test::Folder folder;
  Config of(const std::string& text) const { return read_kubeconfig(folder.write("config", text)); }
  std::string fault_of(const std::string& text) const {
    try {
      of(text);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }
};

constexpr auto kServer = "server: https://10.0.0.1:6443";

}  // namespace

TEST_CASE("the current context's cluster and user are taken, whatever others there are") {
  const Read read;
  const Config config = read.of(R"(
apiVersion: v1
kind: Config
preferences: {}
current-context: work
contexts:
- {name: home, context: {cluster: c1, user: u1}}
- {name: work, context: {cluster: c2, user: u2, namespace: media}}
clusters:
- {name: c1, cluster: {server: "https://one:1"}}
- {name: c2, cluster: {server: "https://two:2/k8s/clusters/c-1/", tls-server-name: api.internal}}
users:
- {name: u1, user: {token: first}}
- {name: u2, user: {token: second}}
)");
  CHECK(config.host == "two");
  CHECK(config.port == 2);
  CHECK(config.base_path == "/k8s/clusters/c-1");
  CHECK(config.tls);
  CHECK(config.tls_server_name == "api.internal");
  CHECK(config.token == "second");
  CHECK(config.ns == "media");
  CHECK(config.source == "kubeconfig " + read.folder.path().string() + "/config, context work");
}

TEST_CASE("a kubeconfig may be JSON") {
  const Read read;
  const Config config = read.of(
      "{\n\t\"current-context\": \"a\",\n\t\"contexts\": [{\"name\": \"a\", \"context\": {\"cluster\": \"b\"}}],\n"
      "\t\"clusters\": [{\"name\": \"b\", \"cluster\": {\"server\": \"https://[fd00::1]\"}}], \"users\": null}");
  CHECK(config.host == "fd00::1");
  CHECK(config.port == 443);
  CHECK(config.token.empty());
}

TEST_CASE("plain http is only what is written so") {
  const Config config = Read().of(kubeconfig("server: http://127.0.0.1:8001", "{}"));
  CHECK_FALSE(config.tls);
  CHECK(config.port == 8001);
  CHECK(Read().of(kubeconfig("server: http://localhost", "{}")).port == 80);
}

TEST_CASE("data in the file is decoded, and wins over the name of a file") {
  const Config config = Read().of(kubeconfig(std::string(kServer) + "\n    certificate-authority-data: Y2E=\n"
                                                                    "    certificate-authority: /ignored",
                                             "client-certificate-data: Y2VydA==\n    client-key-data: a2V5"));
  CHECK(config.ca_pem == "ca");
  CHECK(config.ca_file.empty());
  CHECK(config.cert_pem == "cert");
  CHECK(config.key_pem == "key");
}

TEST_CASE("relative paths begin where the kubeconfig stands") {
  const Read read;
  const Config config = read.of(kubeconfig(
      std::string(kServer) + "\n    certificate-authority: pki/ca.crt",
      "{client-certificate: /abs/me.crt, client-key: me.key, tokenFile: token, token: older, "
      "exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/login, args: [a, b], "
      "env: [{name: MODE, value: V}], installHint: get it, provideClusterInfo: true, interactiveMode: Never}}"));
  CHECK(config.ca_file == read.folder.path().string() + "/pki/ca.crt");
  CHECK(config.cert_file == "/abs/me.crt");
  CHECK(config.key_file == read.folder.path().string() + "/me.key");
  CHECK(config.token_file == read.folder.path().string() + "/token");
  CHECK(config.token.empty());
  REQUIRE(config.exec);
  CHECK(config.exec->command == read.folder.path().string() + "/bin/login");
  CHECK(config.exec->arguments == std::vector<std::string>{"a", "b"});
  CHECK(config.exec->environment == std::vector<std::pair<std::string, std::string>>{{"MODE", "V"}});
  CHECK(config.exec->install_hint == "get it");
  CHECK(config.exec->provide_cluster_info);
}

TEST_CASE("a plugin's name without a slash is left to PATH, and one of an unknown version is refused") {
  const auto plugin = [](const char* version) {
    return kubeconfig(kServer, std::string("exec: {command: login, apiVersion: ") + version + "}");
  };
  CHECK(Read().of(plugin("client.authentication.k8s.io/v1beta1")).exec->command == "login");
  CHECK_THAT(Read().fault_of(plugin("client.authentication.k8s.io/v1alpha1")),
             Contains("user \"me\": exec.apiVersion: expected client.authentication.k8s.io/v1 or"));
  CHECK_THAT(Read().fault_of(kubeconfig(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1}")),
             Contains("user \"me\": exec.command: missing"));
}

TEST_CASE("an unverified server is only what is written so, and not together with an authority") {
  const std::string insecure = std::string(kServer) + "\n    insecure-skip-tls-verify: true";
  CHECK(Read().of(kubeconfig(insecure, "{}")).insecure_skip_tls_verify);
  CHECK_FALSE(Read().of(kubeconfig(kServer, "{}")).insecure_skip_tls_verify);
  CHECK_THAT(Read().fault_of(kubeconfig(insecure + "\n    certificate-authority: ca.crt", "{}")),
             Contains("cluster \"here\": insecure-skip-tls-verify: excludes a certificate-authority"));
}

TEST_CASE("what is not supported is refused by its name") {
  const auto user = [](const char* text) { return Read().fault_of(kubeconfig(kServer, text)); };
  CHECK_THAT(user("{username: a, password: secret}"), Contains("username: passwords are not supported"));
  CHECK_THAT(user("{password: secret}"), Contains("username: ") && !Contains("secret"));
  CHECK_THAT(user("auth-provider: {name: gcp}"), Contains("auth-provider: not supported; use exec"));
  CHECK_THAT(user("as: admin"), Contains("as: impersonation is not supported"));
  CHECK_THAT(Read().fault_of(kubeconfig(std::string(kServer) + "\n    proxy-url: http://u:p@proxy", "{}")),
             Contains("cluster \"here\": proxy-url: proxies are not supported") && !Contains("u:p"));
}

TEST_CASE("half of a client certificate is refused") {
  CHECK_THAT(Read().fault_of(kubeconfig(kServer, "client-certificate: a.crt")), Contains("client-key: missing"));
  CHECK_THAT(Read().fault_of(kubeconfig(kServer, "client-key: a.key")), Contains("client-certificate: missing"));
}

TEST_CASE("a server that is no URL of ours is refused, and never quoted") {
  const auto server = [](const char* url) { return Read().fault_of(kubeconfig(std::string("server: ") + url, "{}")); };
  for (const char* url :
       {"10.0.0.1:6443", "ftp://host", "https://", "https://host:0", "https://host:66000", "https://u:hidden@host",
        "https://host/?hidden", "https://host/#hidden", "\"https://h idden\""}) {
    INFO(url);
    CHECK_THAT(server(url), Contains("cluster \"here\": server: ") && !Contains("hidden"));
  }
  CHECK_THAT(server("\"\""), Contains("server: missing"));
}

TEST_CASE("names that lead nowhere, or to two places, are named") {
  const Read read;
  const std::string good = kubeconfig(kServer, "{}");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return read.fault_of(text);
  };
  CHECK_THAT(with("current-context: home", ""), Contains("/config: current-context: not set"));
  CHECK_THAT(with("current-context: home", "current-context: away"),
             Contains("contexts: there is none of the name \"away\""));
  CHECK_THAT(with("cluster: here", "cluster: there"), Contains("clusters: there is none of the name \"there\""));
  CHECK_THAT(with("user: me,", "user: you,"), Contains("users: there is none of the name \"you\""));
  CHECK_THAT(with("users:\n", "users:\n- name: me\n"), Contains("users: the name \"me\" occurs twice"));
}

TEST_CASE("a file that cannot be read is named") {
  CHECK_THROWS_WITH(read_kubeconfig("/nonexistent/config"), Contains("/nonexistent/config"));
  CHECK_THAT(Read().fault_of(std::string(1024 * 1024 + 1, '#')), Contains("/config: longer than 1048576 bytes"));
}

TEST_CASE("errors name line and field, and hold nothing of what may be secret") {
  const Read read;
  CHECK_THAT(
      read.fault_of(kubeconfig(kServer, "token: 12345")),
      Contains("line 14: users[0].user.token: expected a string, found a number (quote it)") && !Contains("12345"));
  for (const char* user :
       {"token: hush\n    hush", "token: *hush", "token: !hush x", "token: \"hush", "hush", "? [hush]"}) {
    INFO(user);
    CHECK_THAT(read.fault_of(kubeconfig(kServer, std::string(user) + "\n    token: hush")),
               Contains("/config: line 1") && !Contains("hush"));
  }
  CHECK_THAT(read.fault_of(kubeconfig(kServer, "client-certificate-data: hu-sh")),
             Contains("user \"me\": client-certificate-data: not base64") && !Contains("hu-sh"));
  CHECK_THAT(read.fault_of(kubeconfig(kServer, "client-key-data: YWJ")), Contains("client-key-data: not base64"));
  CHECK_THAT(read.fault_of(""), Contains("expected one document, found 0"));
  CHECK_THAT(read.fault_of("a: 1\n---\nb: 2\n"), Contains("expected one document, found 2"));
  CHECK_THAT(read.fault_of("{\"a\":"), Contains("line 1"));
}

namespace {

struct Pod {
  test::Folder folder;
  std::map<std::string, std::string> variables = {{"KUBERNETES_SERVICE_HOST", "fd00::1"},
                                                  {"KUBERNETES_SERVICE_PORT", "6443"}};
  Pod() {
    folder.write("token", "t");
    folder.write("ca.crt", "c");
    folder.write("namespace", "media\n");
  }
  std::optional<Config> read() const {
    const auto environment = [&](const std::string& name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    return in_cluster_config(environment, folder.path().string());
  }
};

}  // namespace

TEST_CASE("a pod finds its API server, its token and its namespace") {
  const Pod pod;
  const auto config = pod.read();
  REQUIRE(config);
  CHECK(config->host == "fd00::1");
  CHECK(config->port == 6443);
  CHECK(config->tls);
  CHECK(config->ns == "media");
  CHECK(config->token.empty());
  CHECK(config->token_file == pod.folder.path().string() + "/token");
  CHECK(config->ca_file == pod.folder.path().string() + "/ca.crt");
  CHECK(config->source == "in-cluster");
}

TEST_CASE("outside of a cluster there is nothing to find") {
  Pod pod;
  pod.variables.erase("KUBERNETES_SERVICE_HOST");
  CHECK_FALSE(pod.read().has_value());
}

TEST_CASE("a pod without its token, authority or port says which") {
  for (const char* file : {"token", "ca.crt", "namespace"}) {
    Pod pod;
    std::filesystem::remove(pod.folder.path().string() + "/" + file);
    CHECK_THROWS_WITH(pod.read(), Contains(file));
  }
  Pod empty;
  empty.folder.write("token", "");
  CHECK_THROWS_AS(empty.read(), ConfigError);
  for (const char* port : {"", "0", "65536", "x", "1x"}) {
    Pod pod;
    pod.variables["KUBERNETES_SERVICE_PORT"] = port;
    CHECK_THROWS_WITH(pod.read(), Contains("KUBERNETES_SERVICE_PORT"));
  }
}
