// The checks of `doctor`: each looks at one part of an installation and adds at least one finding.
// One thread. None changes anything, but that the API server is asked to review our permissions.
#pragma once

#include "holdfast/cli/settings.hpp"
#include "holdfast/index/index.hpp"
#include "holdfast/ops/log.hpp"
#include "src/cli/cluster_client.hpp"
#include "src/cli/doctor/report.hpp"

namespace holdfast::cli::diagnosis {

/// Settings that can be used, and yet are not what one wants for long.
void check_configuration(const Settings& settings, Part part);

/// The program that lists the backups.
void check_kopia(const Settings& settings, Part part);
/// The repository can be reached, and is the pinned one.
void check_repository(const Settings& settings, Part part);
/// The list of backups is provably current; with the time that took. Returns what was found.
core::Evidence check_index(const Settings& settings, index::Index& index, Part part);

/// What the webhook serves with, of files.
void check_certificate(const Settings& settings, core::Time now, Part part);
/// The same of a holdfast that makes it: what its replicas share.
void check_own_certificate(const Settings& settings, ClusterClient& cluster, core::Time now, Part part);
/// What is served, as PEM; empty where it cannot be had. Why not, is said by the checks of the certificate.
std::string served_chain(const Settings& settings, ClusterClient& cluster);

/// The API server answers; false: nothing else needs to be asked of it.
bool check_cluster(ClusterClient& cluster, const std::string& host, Part part);
/// The verbs that this installation needs.
void check_permissions(const Settings& settings, ClusterClient& cluster, Part part);
/// The definitions of what it writes, and that VolSync is one with the kopia mover.
void check_kinds(const Settings& settings, ClusterClient& cluster, Part part);
/// Webhook configurations lead to us, fail closed, and trust our certificate.
void check_webhooks(const Settings& settings, ClusterClient& cluster, Part part);
/// The classes that the settings name.
void check_storage(const Settings& settings, ClusterClient& cluster, Part part);
/// The repository is maintained: what VolSync says of it, how its last Job ended, and when one succeeded.
void check_maintenance(const Settings& settings, ClusterClient& cluster, core::Time now, Part part);
/// The Secrets that movers read are there, complete, and lead to where movers have the repository.
void check_secrets(const Settings& settings, ClusterClient& cluster, Part part);
/// Whom movers run as, and whether they can read what each other writes.
void check_movers(const Settings& settings, ClusterClient& cluster, Part part);
/// By what restores are verified, as far as earlier ones tell.
void check_verification(const Settings& settings, ClusterClient& cluster, Part part);
/// Backups that no PVC claims. `evidence` is what check_index() found.
void check_unclaimed(const Settings& settings, const core::Evidence& evidence, ClusterClient& cluster, core::Time now,
                     Part part);
/// Somebody writes.
void check_leader(const Settings& settings, ClusterClient& cluster, core::Time now, Part part);

}  // namespace holdfast::cli::diagnosis
