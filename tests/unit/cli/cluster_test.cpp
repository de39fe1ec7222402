#include "src/cli/cluster.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/cli/load.hpp"

using namespace holdfast;
using holdfast::test::load;
using holdfast::test::Variables;

namespace {

/// Of a kubeconfig whose current context names this namespace.
std::string own_namespace(const std::string& of_context, const Variables& variables = {}) {
  const std::string line = of_context.empty() ? "" : ", namespace: " + of_context;
  const TempFile file(
      "apiVersion: v1\nkind: Config\ncurrent-context: home\n"
      "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
      "contexts: [{name: home, context: {cluster: c" +
      line + "}}]\n");
  cli::Settings settings = load({}, variables);
  settings.kubeconfig = file.path();
  const kube::Config config = cli::need_cluster(settings);
  return cli::generator_setup(settings, config).options.own_namespace;
}

}  // namespace

TEST_CASE("our own namespace is POD_NAMESPACE, or else that of the kubeconfig's context, or not known") {
  CHECK(own_namespace("work", {{"POD_NAMESPACE", "holdfast-system"}}) == "holdfast-system");
  CHECK(own_namespace("work") == "work");
  CHECK(own_namespace("").empty());
}
