// What kopia writes to stderr, understood. Source of the texts: kopia 0.22, repo/content/committed_read_manager.go,
// repo/format/format_blob.go and repo/open.go.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::index {

/// What is left of a successful run's stderr without the notices that do not concern the listing; empty: it counts.
/// kopia logs manifests that it cannot read and leaves them out, so anything else spoils the listing.
std::string without_notices(std::string_view errors);

/// Whether kopia was given another password than the repository's.
bool says_wrong_password(std::string_view errors);

/// Whether kopia keeps away from the repository because of a format upgrade that has not come to its end.
bool says_upgrade(std::string_view errors);

/// One line of at most 200 bytes for people: the last one that says something, without control characters and without
/// any of the secrets.
std::string summary(std::string_view errors, const std::vector<std::string>& secrets);

}  // namespace holdfast::index
