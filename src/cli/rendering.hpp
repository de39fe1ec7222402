// What `render` prints: the objects of a file's PVCs, or those of a restore by hand.
// Pure; any thread.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "holdfast/cli/settings.hpp"
#include "holdfast/core/evidence.hpp"
#include "holdfast/core/verdict.hpp"
#include "holdfast/volsync/objects.hpp"
#include "src/cli/input/input.hpp"

namespace holdfast::cli {

/// What the generator would apply at last, had each PVC been bound and old enough.
struct Rendering {
  std::vector<volsync::Object> objects;  ///< by PVC in the order of the file, then those of the installation
  std::vector<std::string> skipped;      ///< "media/cache: exempt"
  std::vector<std::string> problems;     ///< settings on a PVC that are left out, and why
};

/// `evidence` nullptr: the repository was not asked, and a PVC's first identity counts.
Rendering render_objects(const Input& input, const core::Evidence* evidence, const Settings& settings);

// A restore by hand, next to what stands: a new PVC and the ReplicationDestination that it is filled from.

struct RestoreRequest {
  core::PvcName pvc;  ///< whose backup
  std::string as_of;  ///< RFC 3339; empty: the newest
  std::string into;   ///< name of the new PVC; empty: <pvc>-restored
  std::string size;   ///< quantity; empty: the snapshot's with room to spare
};

/// What decide() says of a PVC that asks for this and nothing else. Its Restore names source and snapshot.
core::Verdict find_snapshot(const RestoreRequest& request, const core::Evidence& evidence, core::Policy policy,
                            core::Time now);

/// The name of the new PVC, at most 253 bytes.
std::string restored_name(const RestoreRequest& request);

/// Both objects. They carry no label of ours: the generator leaves them alone, and the PVC is not opted in.
std::vector<Json::Value> restore_objects(const RestoreRequest& request, const core::Restore& found,
                                         const Settings& settings);

}  // namespace holdfast::cli
