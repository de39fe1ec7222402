// What the checks of `doctor` look at, and what they say of it.
#pragma once

#include <catch2/catch.hpp>
#include <map>

#include "holdfast/certs/generate.hpp"
#include "src/cli/doctor/checks.hpp"
#include "tests/fakes/fake_api_server.hpp"
#include "tests/unit/cli/temp_file.hpp"

namespace holdfast::test {

using cli::diagnosis::Finding;
using fakes::ApiAnswer;
using fakes::ApiRequest;

/// What one check found, as a user sees it.
template <class Check>
std::string text_of(Check&& check) {
  std::vector<Finding> found;
  check(cli::diagnosis::Part("part", found));
  CHECK_FALSE(found.empty());
  return cli::diagnosis::to_text(found);
}

/// An API server with these pages, by path; what is not among them is 404. Permissions are granted but for `denied`.
class Cluster {
 public:
  Cluster() : server_([this](const ApiRequest& request) { return answer(request); }), cluster(server_.config(), log_) {}

  std::map<std::string, ApiAnswer> pages;
  std::string denied;

  void has(const std::string& path, const std::string& body) { pages[path] = {.body = body}; }

 private:
  ApiAnswer answer(const ApiRequest& request) const {
    if (request.path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") {
      const bool no = !denied.empty() && request.body.find(denied) != std::string::npos;
      return {.status = 201, .body = no ? R"({"status":{"allowed":false}})" : R"({"status":{"allowed":true}})"};
    }
    const auto page = pages.find(request.path);
    return page == pages.end() ? fakes::refusal(404, "NotFound") : page->second;
  }

  ops::Logger log_{ops::Logger::Sink::None, ops::Level::Error, ops::Format::Text};
  fakes::FakeApiServer server_;

 public:
  cli::ClusterClient cluster;
};

/// A folder of certificates.
class CertificateFolder {
 public:
  explicit CertificateFolder(std::chrono::days valid, core::Time now)
      : set(certs::generate({"localhost"}, valid, now)) {
    certs::write_files(set, folder_.path());
  }

  cli::Settings settings() const {
    cli::Settings settings;
    settings.webhook.cert_dir = folder_.path();
    return settings;
  }

  certs::CertificateSet set;

 private:
  const TempFolder folder_;
};

}  // namespace holdfast::test
