#include <set>
#include <stdexcept>
#include <string>

#include "src/index/s3/answers.hpp"
#include "src/index/s3/bucket.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

index::S3Address address() {
  index::S3Options options;
  options.endpoint = "https://s3.example.org";
  options.bucket = "backups";
  return index::S3Address::of(options);
}

void check_page(std::string_view text) {
  try {
    const index::ListPage page = index::read_list_page(text);
    fuzz::require(page.keys.size() <= 10'000, "a page is bounded");
    for (const std::string& key : page.keys) fuzz::require(key.size() <= text.size(), "keys are part of the page");
  } catch (const std::runtime_error& error) {
    fuzz::require_message(error.what());
  }
}

void check_error(std::string_view text, int status) {
  const net::Reply reply{
      status, {{"date", std::string(text)}, {"x-amz-bucket-region", std::string(text)}}, std::string(text)};
  static const index::S3Address where = address();
  const index::S3Error error = index::read_error(reply);
  fuzz::require(error.code.size() <= 64 && error.region.size() <= 64 && error.date.size() <= 64, "words are short");
  fuzz::require_message(index::explain(error, where, core::Time()));
  static_cast<void>(index::is_passing(error));
}

/// Why these keys are not taken; empty: they are.
std::string problem_of_keys(std::string_view text) {
  index::S3Options options;
  options.access_key = options.secret_key = options.session_token = text;
  try {
    const index::S3Credentials keys = index::read_s3_keys(options);
    fuzz::require(!keys.access_key.empty() && keys.secret_key.find_first_of(" \t\r\n") == std::string::npos,
                  "a key can stand in a header");
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

void check_keys(std::string_view text) {
  static const std::set<std::string> kKnown = {"", problem_of_keys(""), problem_of_keys(" "), problem_of_keys("\x01")};
  fuzz::require(kKnown.contains(problem_of_keys(text)), "what is said of a key does not depend on what is in it");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  constexpr int kStatuses[] = {301, 400, 403, 404, 500, 503};
  const int status = kStatuses[input.choose(std::size(kStatuses))];
  check_page(input.text());
  check_error(input.text(), status);
  check_keys(input.text());
  return 0;
}
