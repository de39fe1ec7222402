// The answer to one question: may this PVC be created, and with which data?
// Values; any thread. A default-constructed Verdict is a Wait.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "holdfast/core/catalog.hpp"
#include "holdfast/core/code.hpp"
#include "holdfast/core/policy.hpp"

namespace holdfast::core {

struct Wait {};    ///< denied for now; the client tries again after Policy::retry_after
struct Refuse {};  ///< denied until a person acts
struct Pass {};    ///< not ours
struct Fresh {};   ///< proven now: no complete backup exists
/// A promise: this snapshot is what the volume will hold.
struct Restore {
  Identity source;
  Snapshot snapshot;
  std::string destination;         ///< name of the ReplicationDestination to refer to
  bool reference_present = false;  ///< the object already refers to it: only the annotations are missing
  std::optional<Time> as_of;       ///< no later snapshot was wanted
};
using Outcome = std::variant<Wait, Refuse, Pass, Fresh, Restore>;

/// "wait", "refuse", "pass", "fresh" or "restore".
std::string_view to_string(const Outcome& outcome);

struct Verdict {
  Outcome outcome;
  Code code = Code::InternalError;
  /// For a denial the whole sentence `holdfast: <Code>: …`, at most 1,024 bytes of UTF-8; else a short account.
  std::string message;
  /// The same for whoever creates PVCs: it does not tell where the backups are, whose repository that is, and what is
  /// wrong with it. Empty: `message` tells nothing of that.
  std::string discreet;
  /// Admission warnings, `<Code>: …`.
  std::vector<std::string> warnings;
  /// What the evidence rested on; absent where none was needed.
  std::optional<Time> evidence_at;

  bool denies() const { return std::holds_alternative<Wait>(outcome) || std::holds_alternative<Refuse>(outcome); }
};

inline constexpr std::size_t kMaxMessageBytes = 1024;

/// `holdfast: <Code>: <problem>; checked <place> at <time>; <remedy>`, cut to kMaxMessageBytes at a character boundary
/// (the problem gives way first, so that the remedy stays readable).
std::string denial_message(Code code, std::string_view problem, std::string_view place, Time at,
                           std::string_view remedy);

/// What a Restore says of itself to people.
std::string restore_message(const Restore& restore);

/// A Wait for reasons outside the rules: InternalError, Overloaded.
Verdict wait_verdict(Code code, std::string_view problem, std::string_view place, Time at);

/// What an installation in `mode` answers where the rules say `verdict`: permissive and audit deny nothing, audit
/// promises nothing either.
Verdict in_mode(Verdict verdict, Mode mode);

}  // namespace holdfast::core
