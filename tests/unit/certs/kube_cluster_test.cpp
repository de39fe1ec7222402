#include "holdfast/certs/kube_cluster.hpp"

#include <catch2/catch.hpp>
#include <future>

#include "holdfast/json/tree.hpp"
#include "holdfast/kube/base64.hpp"
#include "tests/fakes/fake_api_server.hpp"

using namespace holdfast;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using fakes::ApiAnswer;
using fakes::ApiRequest;

namespace {

const std::string kSecret = "/api/v1/namespaces/ns/secrets/shared";
const std::string kAdmission = "/apis/admissionregistration.k8s.io/v1/";
const std::string kMutating = kAdmission + "mutatingwebhookconfigurations/holdfast";
const std::string kValidating = kAdmission + "validatingwebhookconfigurations/holdfast";

/// An API server with these pages, by method and path; what is not among them is 404.
struct Bench {
  std::map<std::string, ApiAnswer> pages;
  fakes::FakeApiServer server{[this](const ApiRequest& request) {
    const auto page = pages.find(request.method + " " + request.path);
    return page == pages.end() ? fakes::refusal(404, "NotFound") : page->second;
  }};
  net::Loop loop{1};
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Error, ops::Format::Text};
  kube::Client client{loop, server.config(), {}, log};
  certs::KubeSecretStore store{client, "ns", "shared"};
  certs::KubeBundlePublisher publisher{client, {"ns", "holdfast"}, {"holdfast"}};

  template <class T>
  static T answer_of(const std::function<void(std::function<void(T)>)>& ask) {
    auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    ask([promise](T answer) { promise->set_value(std::move(answer)); });
    REQUIRE(future.wait_for(20s) == std::future_status::ready);
    return future.get();
  }
  certs::SecretStore::Found read() {
    return answer_of<certs::SecretStore::Found>([&](auto done) { store.read(std::move(done)); });
  }
  certs::SecretStore::Written write(const certs::SharedSecret& secret) {
    return answer_of<certs::SecretStore::Written>([&](auto done) { store.write(secret, std::move(done)); });
  }
  certs::BundlePublisher::Found look() {
    return answer_of<certs::BundlePublisher::Found>([&](auto done) { publisher.look(std::move(done)); });
  }
  std::string publish(const std::string& bundle) {
    using Problem = std::optional<certs::Problem>;
    const auto problem = answer_of<Problem>([&](auto done) { publisher.publish(bundle, std::move(done)); });
    return problem ? problem->text : "";
  }
  Json::Value last_body() const { return *json::read_tree(server.requests().back().body); }
};

/// An entry of a webhook configuration.
std::string entry(const std::string& name, const std::string& service, const std::string& bundle) {
  return R"({"name":")" + name + R"(","clientConfig":{"caBundle":")" + kube::encode_base64(bundle) +
         R"(","service":{"namespace":"ns","name":")" + service + R"("}}})";
}

ApiAnswer configuration(const std::string& entries) {
  return {.body = R"({"metadata":{"resourceVersion":"41"},"webhooks":[)" + entries + "]}"};
}

std::string problem_in(const auto& answer) {
  const auto* problem = std::get_if<certs::Problem>(&answer);
  return problem ? problem->text : "";
}

}  // namespace

TEST_CASE("secret store: tells a Secret that is missing, ours, somebody else's, and one that cannot be had") {
  Bench bench;
  CHECK(std::get<0>(bench.read()) == std::nullopt);
  bench.pages["GET " + kSecret] = {
      .body = R"({"metadata":{"resourceVersion":"7","labels":{"app.kubernetes.io/managed-by":"holdfast"}},
                  "data":{"tls.crt":"Zm9v","tls.key":""}})"};
  CHECK(std::get<0>(bench.read()) == certs::SharedSecret{"7", true, {{"tls.crt", "foo"}}});
  bench.pages["GET " + kSecret] = {.body = R"({"metadata":{"resourceVersion":"7"},"data":{"a":"Zm9v"}})"};
  CHECK_FALSE(std::get<0>(bench.read())->ours);
  bench.pages["GET " + kSecret] = fakes::refusal(403, "Forbidden", "not you");
  CHECK_THAT(problem_in(bench.read()), Contains("Secret ns/shared cannot be read") && Contains("not you"));
  bench.pages["GET " + kSecret] = {.body = R"({"metadata":{"resourceVersion":"7"},"data":{"a":"!"}})"};
  CHECK_THAT(problem_in(bench.read()), Contains("cannot be understood"));
}

TEST_CASE("secret store: creates it with our mark") {
  Bench bench;
  bench.pages["POST /api/v1/namespaces/ns/secrets"] = {.status = 201,
                                                       .body = R"({"metadata":{"resourceVersion":"8"}})"};
  CHECK(std::get<std::string>(bench.write({"", true, {{"tls.crt", "foo"}}})) == "8");
  const Json::Value body = bench.last_body();
  CHECK(json::text_at(body, {"type"}) == "kubernetes.io/tls");
  CHECK(json::text_at(body, {"metadata", "labels", "app.kubernetes.io/managed-by"}) == "holdfast");
  CHECK(json::text_at(body, {"data", "tls.crt"}) == "Zm9v");
}

TEST_CASE("secret store: replaces the version that was read and keeps what others have put there") {
  Bench bench;
  bench.pages["GET " + kSecret] = {
      .body = R"({"metadata":{"resourceVersion":"7","name":"shared","annotations":{"a":"b"}},"type":"Opaque"})"};
  bench.read();
  bench.pages["PUT " + kSecret] = {.body = R"({"metadata":{"resourceVersion":"8"}})"};
  CHECK(std::get<std::string>(bench.write({"7", true, {{"tls.crt", "foo"}}})) == "8");
  const Json::Value body = bench.last_body();
  CHECK(json::text_at(body, {"metadata", "resourceVersion"}) == "7");
  CHECK(json::text_at(body, {"metadata", "annotations", "a"}) == "b");
  CHECK(json::text_at(body, {"type"}) == "Opaque");
  CHECK(json::text_at(body, {"metadata", "labels", "app.kubernetes.io/managed-by"}) == "holdfast");
}

TEST_CASE("secret store: somebody faster is a conflict, a refusal a problem") {
  Bench bench;
  for (const int code : {404, 409}) {
    bench.pages["POST /api/v1/namespaces/ns/secrets"] = fakes::refusal(code, "No");
    CHECK(std::holds_alternative<certs::SecretStore::Conflict>(bench.write({"", true, {{"tls.key", "s3cret"}}})));
  }
  bench.pages["POST /api/v1/namespaces/ns/secrets"] = fakes::refusal(403, "Forbidden", "not you");
  const std::string problem = problem_in(bench.write({"", true, {{"tls.key", "s3cret"}}}));
  CHECK_THAT(problem, Contains("cannot be written: ") && Contains("not you") && !Contains("s3cret"));
}

TEST_CASE("publisher: sees the entries of our service, and no others") {
  Bench bench;
  bench.pages["GET " + kMutating] = configuration(entry("theirs", "other", "x") + "," + entry("ours", "holdfast", "y"));
  const auto found = std::get<std::vector<certs::Entry>>(bench.look());
  REQUIRE(found.size() == 1);
  CHECK(found[0].where == "MutatingWebhookConfiguration holdfast, ours");
  CHECK(found[0].bundle == "y");
  bench.pages["GET " + kValidating] = fakes::refusal(403, "Forbidden", "not you");
  CHECK_THAT(problem_in(bench.look()), Contains("ValidatingWebhookConfiguration holdfast cannot be read"));
}

TEST_CASE("publisher: patches the caBundle of what differs, and only of the version that was seen") {
  Bench bench;
  bench.pages["GET " + kMutating] = configuration(entry("theirs", "other", "x") + "," + entry("a", "holdfast", "") +
                                                  "," + entry("b", "holdfast", "new"));
  bench.pages["GET " + kValidating] = configuration(entry("a", "holdfast", "new"));
  bench.look();
  bench.pages["PATCH " + kMutating] = {.body = "{}"};
  CHECK(bench.publish("new") == "");
  REQUIRE(bench.server.requests().size() == 3);  // the other configuration needs nothing
  const Json::Value steps = bench.last_body();
  REQUIRE(steps.size() == 2);
  CHECK(json::text_at(steps[0], {"path"}) == "/metadata/resourceVersion");
  CHECK(json::text_at(steps[0], {"value"}) == "41");
  CHECK(json::text_at(steps[1], {"path"}) == "/webhooks/1/clientConfig/caBundle");
  CHECK(json::text_at(steps[1], {"value"}) == "bmV3");
}

TEST_CASE("publisher: a configuration that has changed waits for the next look, one that refuses is told") {
  Bench bench;
  bench.pages["GET " + kMutating] = configuration(entry("a", "holdfast", ""));
  bench.pages["GET " + kValidating] = configuration(entry("a", "holdfast", ""));
  bench.look();
  bench.pages["PATCH " + kMutating] = fakes::refusal(409, "Conflict");
  bench.pages["PATCH " + kValidating] = {.body = "{}"};
  CHECK(bench.publish("new") == "");
  bench.pages["PATCH " + kMutating] = fakes::refusal(403, "Forbidden", "not you");
  CHECK_THAT(bench.publish("new"), Contains("MutatingWebhookConfiguration holdfast cannot be written: "));
  CHECK(bench.server.requests().back().path == kValidating);  // which is written all the same
}
