#include "src/generator/plan/attempt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "holdfast/base/text.hpp"
#include "holdfast/volsync/text.hpp"
#include "src/generator/plan/hold.hpp"

namespace holdfast::generator {
namespace {

constexpr int kMaxAttempt = 1'000'000;
constexpr std::size_t kMaxLogBytes = 320;

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
  const std::string line = one_line(log);
  return (line.size() > kMaxLogBytes ? "…" : "") + std::string(base::last_utf8(line, kMaxLogBytes));
}

/// The only sentence by which the mover says that it is done; whatever it did instead, it does not say it.
constexpr std::string_view kCompleted = "INFO: Snapshot restore completed successfully";
/// What the operator keeps by default. Of a log as long as that the first line may be what is left of another one, such
/// as a path in a list.
constexpr std::size_t kLeastCut = 1024;
constexpr std::string_view kSelected = "Selected snapshot with id: ";

/// The mover lists what there is only where it has found nothing to restore, or has failed. Of a long list nothing but
/// its last lines is left, and the paths in it are other people's.
bool says_nothing_selected(std::string_view line) {
  static constexpr std::string_view kSigns[] = {
      "No eligible snapshots", "No data will be restored",      "No snapshots found",   "=== Discovery Mode",
      "End Discovery Mode",    "Found snapshots in repository", "Available identities", " - Last snapshot: "};
  const auto has = [line](std::string_view text) { return line.find(text) != std::string_view::npos; };
  return std::ranges::any_of(kSigns, has) || (has("\"userName\"") && has("\"hostName\""));
}

/// Takes a number off the front.
std::optional<std::int64_t> take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + digits, value);
  text.remove_prefix(digits);
  return read.ec == std::errc{} ? value : std::numeric_limits<std::int64_t>::max();
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// `Restored 4 files, 6 directories and 3 symbolic links (8 B).`
std::optional<RestoredCount> read_count(std::string_view line) {
  if (!take(line, "Restored ")) return std::nullopt;
  RestoredCount count;
  const auto files = take_number(line);
  if (!files || !take(line, " files")) return std::nullopt;
  count.files = *files;
  if (!take(line, ", ")) return count;
  const auto directories = take_number(line);
  if (!directories || !take(line, " directories")) return count;
  count.directories = directories;
  if (!take(line, " and ")) return count;
  const auto links = take_number(line);
  if (links && line.starts_with(" symbolic links")) count.links = links;
  return count;
}

void read_line(std::string_view line, bool whole, MoverLog& log) {
  log.completed = log.completed || (whole && line == kCompleted);
  log.nothing_selected = log.nothing_selected || says_nothing_selected(line);
  if (const auto count = read_count(line)) log.counts.push_back(*count);
  if (line.starts_with(kSelected)) log.selected.emplace_back(line.substr(kSelected.size()));
}

std::string selection_problem(const MoverLog& log, std::string_view snapshot) {
  for (const std::string& id : log.selected) {
    if (id == snapshot) continue;
    return fmt::format("the mover restored snapshot {} in place of {}", cut(one_line(id), 64), cut(snapshot, 64));
  }
  return {};
}

/// Movers of before 2026-01-05 take kopia's notice of over 1,000 index blobs for a part of its list.
std::string likely_cause(std::size_t index_blobs) {
  constexpr std::size_t kNoticed = 1000;
  if (index_blobs > kNoticed) {
    return fmt::format(
        "; likely cause: VolSync's mover is of before 2026-01-05, which selects no snapshot while the repository has "
        "over {} index blobs (it has {}): update VolSync, and let repository maintenance run",
        kNoticed, index_blobs);
  }
  return "; likely cause: the mover's secret leads to another repository, or kopia could not list its snapshots: read "
         "status.latestMoverStatus of its ReplicationDestination, and the log of its Job";
}

std::string log_problem(const MoverLog& log, std::string_view snapshot, std::size_t index_blobs) {
  if (log.empty) {
    return "VolSync kept nothing of the mover's log, so nobody can say what was restored; likely cause: VolSync's "
           "operator may not read it: give its service account list on pods and get on pods/log";
  }
  if (log.nothing_selected) return "the mover selected no snapshot" + likely_cause(index_blobs);
  if (std::string problem = selection_problem(log, snapshot); !problem.empty()) return problem;
  if (log.completed) return {};
  return fmt::format(
      "the mover's log has no line \"{}\"; likely cause: a mover that is not the kopia one of VolSync's fork, or "
      "MOVER_LOG_MAX_BYTES of VolSync's operator keeps too little of it",
      kCompleted);
}

std::string differs(std::string_view what, std::int64_t restored, std::optional<std::int64_t> held) {
  return !held || restored == *held ? std::string()
                                    : fmt::format("expected {} {}, and the mover restored {}", *held, what, restored);
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

MoverLog read_mover_log(std::string_view text) {
  MoverLog log;
  log.empty = one_line(text).empty();
  bool whole = text.size() < kLeastCut;
  for (const std::string_view line : base::split(text, '\n')) {
    read_line(line, whole, log);
    whole = true;
  }
  return log;
}

bool has_image(const core::SyncStatus& status) {
  return status.image && status.image->kind == "VolumeSnapshot" && !status.image->name.empty();
}

std::string attempt_problem(const core::SyncStatus& status, std::string_view snapshot, std::size_t index_blobs) {
  if (status.mover_result == "Failed") return mover_failure(status);
  std::string problem;
  const auto add = [&](const std::string& more) {
    if (!more.empty()) problem += (problem.empty() ? "" : "; ") + more;
  };
  if (status.mover_result.empty()) {
    add("no mover reported a result (was the run paused?)");
  } else if (status.mover_result != "Successful") {
    add(fmt::format("the mover's result is {}", cut(one_line(status.mover_result), 64)));
  }
  if (!has_image(status)) add("no volume snapshot was made of what was restored");
  if (!status.mover_result.empty()) add(log_problem(read_mover_log(status.mover_logs), snapshot, index_blobs));
  return problem;
}

std::string count_problem(const MoverLog& log, const core::Snapshot& snapshot) {
  for (const RestoredCount& count : log.counts) {
    std::string problem = differs("files", count.files, snapshot.files);
    if (problem.empty() && count.directories)
      problem = differs("directories", *count.directories, snapshot.directories);
    if (problem.empty() && count.links) problem = differs("symbolic links", *count.links, snapshot.links);
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string grounds_of(const MoverLog& log) {
  if (log.counts.empty()) {
    return "its mover says that it is complete, and the snapshot is in the repository since; kopia's count is not kept "
           "(MOVER_LOG_DEBUG is not set on VolSync's operator)";
  }
  const RestoredCount& count = log.counts.back();
  std::string grounds = fmt::format("kopia counted what the snapshot holds: {} files", count.files);
  if (count.directories) grounds += fmt::format(", {} directories", *count.directories);
  if (count.links) grounds += fmt::format(", {} symbolic links", *count.links);
  return grounds;
}

std::string mover_failure(const core::SyncStatus& status) {
  const std::string words = last_words(status.mover_logs);
  return fmt::format("the mover failed and {}", words.empty() ? "left no log" : "said last: " + words);
}

}  // namespace holdfast::generator
