#include <json/reader.h>

#include <memory>
#include <sstream>
#include <string>

#include "holdfast/json/review.hpp"
#include "holdfast/webhook/admission.hpp"
#include "tests/fakes/fake_index.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/patched.hpp"

using namespace holdfast;

namespace {

constexpr const char* kPaths[] = {"/mutate/pvc", "/validate/pvc", "/mutate/job"};
constexpr std::size_t kJobs = 2;

/// The destination with a catalog in which media/photos has one backup.
class House {
 public:
  House() { index_.holds({fakes::listed("0123456789abcdef0123456789abcdef", "photos@media:/data")}); }

  net::Response ask(std::string_view body, std::size_t path) {
    int answers = 0;
    net::Response response;
    net::Request request{"POST", kPaths[path], "timeout=10s", "application/json", std::string(body), {}, false};
    request.arrived = std::chrono::steady_clock::now();
    destination_.handle(std::move(request), [&](net::Response answer) {
      ++answers;
      response = std::move(answer);
    });
    fuzz::require(answers == 1, "a review is answered once");
    return response;
  }

 private:
  static webhook::Admission::Options options() {
    webhook::Admission::Options options;
    options.policy.pin = core::NoRepositoryId{};
    options.injection.emplace();
    std::istringstream(R"({"nfs": {"server": "nas", "path": "/kopia"}})") >> options.injection->volume_source;
    options.injection->longest_delay = std::chrono::seconds(30);
    return options;
  }

  fakes::FakeIndex index_;
  ops::Logger log_{ops::Logger::Sink::None, ops::Level::Error, ops::Format::Text};
  ops::Metrics metrics_{"fuzz"};
  webhook::Admission destination_{options(), index_, nullptr, log_, metrics_};
};

Json::Value tree_of(std::string_view text) {
  const std::unique_ptr<Json::CharReader> reader(Json::CharReaderBuilder().newCharReader());
  Json::Value value;
  const bool read = reader->parse(text.data(), text.data() + text.size(), &value, nullptr);
  fuzz::require(read, "what we take for JSON, and what we write, is JSON to others");
  return value;
}

void check_denial(const Json::Value& response) {
  fuzz::require(!response.isMember("patch"), "a denial changes nothing");
  fuzz::require(!response["status"]["message"].asString().empty(), "a denial says why");
}

void check_patch(const std::string& body, const Json::Value& patch, std::size_t path) {
  const Json::Value object = tree_of(body)["request"]["object"];
  const Json::Value patched = fuzz::patched(object, patch);
  fuzz::require(patched != object, "a patch changes something");
  if (path != kJobs)
    fuzz::require(patched["metadata"]["name"] == object["metadata"]["name"], "an object keeps its name");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static House house;
  fuzz::Input input(data, size);
  const std::size_t path = input.choose(std::size(kPaths));
  const std::string body(input.text());
  const net::Response answer = house.ask(body, path);
  fuzz::require(answer.status == 200, "every review is answered as one");
  const Json::Value response = tree_of(answer.body)["response"];
  fuzz::require(response["allowed"].isBool(), "an answer is yes or no");
  const bool allowed = response["allowed"].asBool();
  const auto read = json::read_review(body);
  if (std::holds_alternative<json::ReviewFault>(read)) fuzz::require(!allowed, "what cannot be read is denied");
  if (!allowed) check_denial(response);
  if (response.isMember("patch")) check_patch(body, fuzz::patch_of(response), path);
  return 0;
}
