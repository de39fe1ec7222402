// The admission webhook with a fake index behind it, and reviews as the API server sends them.
#pragma once

#include <json/reader.h>
#include <json/writer.h>

#include <optional>
#include <sstream>
#include <string>

#include "holdfast/webhook/admission.hpp"
#include "tests/fakes/fake_index.hpp"

namespace holdfast::test {

inline Json::Value parse(const std::string& text) {
  Json::Value value;
  std::istringstream(text) >> value;
  return value;
}

/// A review of the creation of media/photos with label backup: hourly.
inline Json::Value review() {
  return parse(R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{
    "uid":"u-1","operation":"CREATE","name":"photos","namespace":"media","dryRun":false,
    "kind":{"group":"","version":"v1","kind":"PersistentVolumeClaim"},
    "resource":{"group":"","version":"v1","resource":"persistentvolumeclaims"},
    "userInfo":{"username":"gitops"},
    "object":{"apiVersion":"v1","kind":"PersistentVolumeClaim",
      "metadata":{"name":"photos","namespace":"media","labels":{"backup":"hourly"}},
      "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"10Gi"}}}}}})");
}

class AdmissionBench {
 public:
  explicit AdmissionBench(core::Policy policy = with_catalog(), std::size_t requests_under_way = 512)
      : admission({std::move(policy), requests_under_way}, index, nullptr, log, metrics) {}

  static core::Policy with_catalog() {
    core::Policy policy;
    policy.pin = core::NoRepositoryId{};
    return policy;
  }

  /// The answer, if there is one yet.
  std::optional<net::Response> send(const std::string& body, const std::string& path = "/mutate/pvc",
                                    const std::string& query = "timeout=10s") {
    std::optional<net::Response> answer;
    net::Request request{"POST", path, query, "application/json", body, std::chrono::steady_clock::now(), false};
    admission.handle(std::move(request), [this, &answer](net::Response response) {
      ++answers;
      answer = std::move(response);
    });
    return answer;
  }

  /// The `response` of the review that comes back.
  Json::Value ask(const Json::Value& review, const std::string& path = "/mutate/pvc") {
    const auto answer = send(Json::writeString(Json::StreamWriterBuilder(), review), path);
    return answer ? parse(answer->body)["response"] : Json::Value();
  }

  fakes::FakeIndex index;
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  ops::Metrics metrics{"test"};
  webhook::Admission admission;
  int answers = 0;
};

}  // namespace holdfast::test
