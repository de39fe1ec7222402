// One attempt of a restore: its token, and whether the promised snapshot really arrived. VolSync's word for it is not
// enough, because its mover may restore nothing and report success.
// Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "holdfast/core/claim.hpp"

namespace holdfast::generator {

/// `<16 hex digits of promise>-<attempt>`: another one for each PVC, snapshot and attempt.
std::string attempt_token(std::string_view claim_uid, std::string_view snapshot, int attempt);

/// Which attempt at restoring `snapshot` into this PVC the token is; nullopt: it belongs to something else.
std::optional<int> attempt_of(std::string_view token, std::string_view claim_uid, std::string_view snapshot);

/// How long to wait after this attempt: 1, 2, 4, 8, 16, 30, 30 … minutes.
std::chrono::minutes back_off(int attempt);

/// N of the last "Restored N files" in a mover's log, which is kopia's own count; nullopt: it restored nothing.
std::optional<std::int64_t> restored_files(std::string_view mover_log);

/// An image that the populator can use.
bool has_image(const core::SyncStatus& status);

/// What of a finished attempt is not as it should be; empty: the snapshot has arrived.
/// `expected_files` nullopt: not known. `index_blobs` 0: not known.
std::string attempt_problem(const core::SyncStatus& status, std::optional<std::int64_t> expected_files,
                            std::size_t index_blobs);

/// What a failed mover said last, on one line.
std::string mover_failure(const core::SyncStatus& status, std::size_t index_blobs);

}  // namespace holdfast::generator
