#include <cstdint>
#include <string>

#include "src/generator/attempt.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

void check_count(std::string_view log) {
  const auto files = generator::restored_files(log);
  if (!files) return;
  fuzz::require(*files >= 0, "a count of files is not negative");
  const std::string later = std::string(log) + "\nRestored 7 files, 1 directories\n";
  fuzz::require(generator::restored_files(later) == 7, "the last count is the one that counts");
}

void check_verdict(std::string_view log) {
  core::SyncStatus status;
  status.mover_logs = log;
  for (const char* result : {"Successful", "Failed", ""}) {
    status.mover_result = result;
    status.image = core::Image{"snapshot.storage.k8s.io", "VolumeSnapshot", "s"};
    const auto files = generator::restored_files(log);
    const std::string problem = generator::attempt_problem(status, 3, 0);
    fuzz::require(problem.empty() == (files == 3 && status.mover_result == "Successful"),
                  "a restore has arrived only with the files that were promised and VolSync's word");
    if (!problem.empty()) fuzz::require_message(problem);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  check_count(input.text());
  // Status fields come out of our own JSON reader, which takes nothing but UTF-8.
  if (json::find_invalid_utf8(input.text()) == std::string_view::npos) check_verdict(input.text());
  return 0;
}
