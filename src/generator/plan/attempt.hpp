// One attempt of a restore: its token, and whether the promised snapshot really arrived. VolSync's word for it is not
// enough, because its mover may restore nothing and report success.
// Pure; any thread. Source of the mover's words: the fork's mover-kopia/entry.sh (do_restore), and what its operator
// keeps of them: internal/controller/mover/kopia/logparser.go (LogFilter), internal/controller/utils/podlogs.go.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "holdfast/core/catalog.hpp"
#include "holdfast/core/claim.hpp"

namespace holdfast::generator {

/// `<16 hex digits of promise>-<attempt>`: another one for each PVC, snapshot and attempt.
std::string attempt_token(std::string_view claim_uid, std::string_view snapshot, int attempt);

/// Which attempt at restoring `snapshot` into this PVC the token is; nullopt: it belongs to something else.
std::optional<int> attempt_of(std::string_view token, std::string_view claim_uid, std::string_view snapshot);

/// How long to wait after this attempt: 1, 2, 4, 8, 16, 30, 30 … minutes.
std::chrono::minutes back_off(int attempt);

/// kopia's own count of what it restored. A number beyond all sense is the largest there is.
struct RestoredCount {
  std::int64_t files = 0;
  std::optional<std::int64_t> directories;  ///< the root included
  std::optional<std::int64_t> links;        ///< symbolic ones
  bool operator==(const RestoredCount&) const = default;
};

/// What a restore's mover says, as far as the operator has kept it: filtered lines, or with MOVER_LOG_DEBUG all of
/// them, and the last bytes of those, so that the first line may be the end of one.
struct MoverLog {
  bool empty = true;
  bool completed = false;             ///< a whole line says that the restore is complete
  bool nothing_selected = false;      ///< some line is only written where no snapshot was found
  std::vector<RestoredCount> counts;  ///< only with MOVER_LOG_DEBUG
  std::vector<std::string> selected;  ///< ids of snapshots, likewise
};
MoverLog read_mover_log(std::string_view log);

/// An image that the populator can use.
bool has_image(const core::SyncStatus& status);

/// What of a finished attempt is not as it should be, by VolSync's own words; empty: nothing is known against it.
/// `snapshot`: the id of the promised one. `index_blobs` 0: not known.
std::string attempt_problem(const core::SyncStatus& status, std::string_view snapshot, std::size_t index_blobs);

/// What kopia counted differently from what the snapshot holds; empty: nothing, or it did not say.
std::string count_problem(const MoverLog& log, const core::Snapshot& snapshot);

/// By what an attempt without a problem counts as arrived, in words.
std::string grounds_of(const MoverLog& log);

/// What a failed mover said last, on one line.
std::string mover_failure(const core::SyncStatus& status);

}  // namespace holdfast::generator
