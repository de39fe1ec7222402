#include "src/generator/attempt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "src/generator/hold.hpp"
#include "src/generator/text.hpp"

namespace holdfast::generator {
namespace {

constexpr int kMaxAttempt = 1'000'000;
constexpr std::size_t kMaxLogBytes = 320;
/// Over this, kopia prints a notice that makes the mover select no snapshot and succeed.
constexpr std::size_t kNoticedIndexBlobs = 1000;

/// FNV-1a: a token is no secret, it only must differ.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (unsigned char c : text) value = (value ^ c) * 0x100000001b3;
  return value;
}

std::string promise_hash(std::string_view claim_uid, std::string_view snapshot) {
  return fmt::format("{:016x}", hash(fmt::format("{}/{}", claim_uid, snapshot)));
}

/// The end of the log, where the reason stands.
std::string last_words(std::string_view log) {
  std::string line = one_line(log);
  if (line.size() <= kMaxLogBytes) return line;
  std::size_t from = line.size() - kMaxLogBytes;
  while (from < line.size() && (static_cast<unsigned char>(line[from]) & 0xc0) == 0x80) ++from;
  return "…" + line.substr(from);
}

std::string likely_cause(std::size_t index_blobs, bool nothing_selected) {
  if (index_blobs <= kNoticedIndexBlobs) {
    return nothing_selected ? "; likely cause: kopia printed something beside its list of snapshots, or the mover's "
                              "secret leads to another repository: read status.latestMoverStatus of its "
                              "ReplicationDestination"
                            : "";
  }
  return fmt::format(
      "; likely cause: the repository has {} index blobs, and over {} kopia prints a notice that makes the mover "
      "select no snapshot: let repository maintenance run",
      index_blobs, kNoticedIndexBlobs);
}

std::string file_count_problem(const core::SyncStatus& status, std::optional<std::int64_t> expected_files) {
  const auto seen = restored_files(status.mover_logs);
  const std::string expected = expected_files ? std::to_string(*expected_files) : "an unknown number of";
  if (!seen) {
    return fmt::format(
        "the mover selected no snapshot: expected {} files, and its log has no line \"Restored … files\"", expected);
  }
  if (!expected_files) return fmt::format("the mover restored {} files, and how many to expect is not known", *seen);
  if (*seen == *expected_files) return {};
  return fmt::format("expected {} files, and the mover restored {}", *expected_files, *seen);
}

}  // namespace

std::string attempt_token(std::string_view claim_uid, std::string_view snapshot, int attempt) {
  return fmt::format("{}-{}", promise_hash(claim_uid, snapshot), attempt);
}

std::optional<int> attempt_of(std::string_view token, std::string_view claim_uid, std::string_view snapshot) {
  const std::string prefix = promise_hash(claim_uid, snapshot) + "-";
  if (!token.starts_with(prefix)) return std::nullopt;
  const auto attempt = whole_number(token.substr(prefix.size()), 1, kMaxAttempt);
  return attempt ? std::optional(static_cast<int>(*attempt)) : std::nullopt;
}

std::chrono::minutes back_off(int attempt) {
  static constexpr std::array<int, 6> kMinutes = {1, 2, 4, 8, 16, 30};
  const auto last = static_cast<int>(kMinutes.size()) - 1;
  return std::chrono::minutes{kMinutes[static_cast<std::size_t>(std::clamp(attempt - 1, 0, last))]};
}

std::optional<std::int64_t> restored_files(std::string_view mover_log) {
  static constexpr std::string_view kBefore = "Restored ", kAfter = " files";
  std::optional<std::int64_t> found;
  for (std::size_t at = mover_log.find(kBefore); at != std::string_view::npos; at = mover_log.find(kBefore, at + 1)) {
    const std::string_view rest = mover_log.substr(at + kBefore.size());
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (error != std::errc{} || count < 0) continue;
    if (rest.substr(static_cast<std::size_t>(end - rest.data())).starts_with(kAfter)) found = count;
  }
  return found;
}

bool has_image(const core::SyncStatus& status) {
  return status.image && status.image->kind == "VolumeSnapshot" && !status.image->name.empty();
}

std::string attempt_problem(const core::SyncStatus& status, std::optional<std::int64_t> expected_files,
                            std::size_t index_blobs) {
  if (status.mover_result == "Failed") return mover_failure(status, index_blobs);
  std::string problem;
  const auto add = [&](const std::string& more) {
    if (!more.empty()) problem += (problem.empty() ? "" : "; ") + more;
  };
  if (status.mover_result != "Successful") {
    add(status.mover_result.empty() ? "no mover reported a result (was the run paused?)"
                                    : fmt::format("the mover's result is {}", cut(one_line(status.mover_result), 64)));
  }
  add(file_count_problem(status, expected_files));
  if (!has_image(status)) add("no volume snapshot was made of what was restored");
  const bool nothing_selected = !restored_files(status.mover_logs) && status.mover_result == "Successful";
  return problem.empty() ? problem : problem + likely_cause(index_blobs, nothing_selected);
}

std::string mover_failure(const core::SyncStatus& status, std::size_t index_blobs) {
  const std::string words = last_words(status.mover_logs);
  return fmt::format("the mover failed and {}{}", words.empty() ? "left no log" : "said last: " + words,
                     likely_cause(index_blobs, false));
}

}  // namespace holdfast::generator
