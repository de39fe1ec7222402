#include <cstdint>
#include <string>

#include "src/generator/plan/attempt.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

constexpr std::string_view kCompleted = "INFO: Snapshot restore completed successfully";

void check_words(std::string_view log) {
  const generator::MoverLog read = generator::read_mover_log(log);
  for (const generator::RestoredCount& count : read.counts) {
    fuzz::require(count.files >= 0 && count.directories.value_or(0) >= 0 && count.links.value_or(0) >= 0,
                  "a count is not negative");
  }
  fuzz::require(!read.completed || log.find(kCompleted) != std::string_view::npos,
                "nothing but the mover's own sentence says that a restore is complete");
  const generator::MoverLog later = generator::read_mover_log(std::string(log) + "\nRestored 7 files\n");
  fuzz::require(!later.counts.empty() && later.counts.back().files == 7, "every count counts");
  fuzz::require(later.nothing_selected == read.nothing_selected, "what was said stays said");
}

void check_verdict(std::string_view log) {
  const generator::MoverLog read = generator::read_mover_log(log);
  core::Snapshot snapshot;
  snapshot.id = "1";
  snapshot.files = 3;
  core::SyncStatus status;
  status.mover_logs = log;
  for (const char* result : {"Successful", "Failed", ""}) {
    status.mover_result = result;
    status.image = core::Image{"snapshot.storage.k8s.io", "VolumeSnapshot", "s"};
    const std::string problem = generator::attempt_problem(status, snapshot.id, 0);
    if (problem.empty()) {
      fuzz::require(read.completed && !read.nothing_selected && status.mover_result == "Successful",
                    "a restore has arrived only with the mover's sentence and VolSync's word");
    } else {
      fuzz::require_message(problem);
    }
  }
  const std::string problem = generator::count_problem(read, snapshot);
  if (!problem.empty()) fuzz::require_message(problem);
  for (const generator::RestoredCount& count : read.counts) {
    fuzz::require(count.files == 3 || !problem.empty(), "every count of files is compared");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  check_words(input.text());
  // Status fields come out of our own JSON reader, which takes nothing but UTF-8.
  if (base::find_invalid_utf8(input.text()) == std::string_view::npos) check_verdict(input.text());
  return 0;
}
