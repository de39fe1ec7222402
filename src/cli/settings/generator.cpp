#include <chrono>

#include "src/cli/settings/table.hpp"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;
using volsync::BackupLayer;
using volsync::MaintenanceOptions;
using volsync::OffsiteOptions;
using volsync::Options;
using volsync::RepositoryOptions;
using volsync::Retain;
using volsync::SecretOptions;

constexpr auto kLongest = 8760h;

template <class Part>
Value<Part> store_kind(std::string Part::*member) {
  return word(member, {"ClusterSecretStore", "SecretStore"});
}

void add_main(Table& table) {
  using Deadlines = volsync::RestoreDeadlines;
  Rows<Options> main(table, &Settings::generator);
  Rows<Deadlines> deadlines(table, [](Settings& s) -> auto& { return s.generator.restore_deadline; });
  main.add("generator.enabled", "write the VolSync objects of protected PVCs; needs a connection to the cluster",
           on_off(&Options::enabled), by_default("on"), flag("--generator"));
  main.add("generator.minAge", "how old a PVC must be before its first backup",
           duration(&Options::min_age, "a duration such as 8s", 0s, kLongest), by_default("2h"), flag("--min-age"));
  main.add("generator.overlongSync",
           "a backup or restore of VolSync that lasts longer is taken for one that hangs: it is no longer waited for, "
           "and its object may be changed; raise it where backups take longer",
           duration(&Options::overlong_sync, "10m..8760h", 10min, kLongest), by_default("6h"), flag("--overlong-sync"));
  deadlines.add("generator.restoreDeadline.start",
                "how long a promised restore may take to begin before it is a problem",
                duration(&Deadlines::start, "1m..8760h", 1min, kLongest), by_default("30m"));
  deadlines.add("generator.restoreDeadline.verify",
                "how long one whose mover is done may take to be verified and offered to its PVC",
                duration(&Deadlines::verify, "1m..8760h", 1min, kLongest), by_default("1h"));
  deadlines.add("generator.restoreDeadline.bind",
                "how long one that is offered may take to be bound, where a pod or the PVC's storage class wants it",
                duration(&Deadlines::bind, "1m..8760h", 1min, kLongest), by_default("1h"));
  using std::chrono::milliseconds;
  main.add("generator.drills",
           "how often the restore of each PVC is rehearsed, into a temporary volume of its size, one PVC at a time",
           choice(&Options::drill_every, {{"off", milliseconds{0}},
                                          {"daily", milliseconds{24h}},
                                          {"weekly", milliseconds{7 * 24h}},
                                          {"monthly", milliseconds{30 * 24h}}}),
           by_default("weekly"), flag("--drills"));
  Rows<Settings>(table, [](Settings& s) -> auto& { return s; })
      .add("generator.sweep", "how often everything is looked at again, besides what the watches tell at once",
           duration(&Settings::sweep, "10s..24h", 10s, 24h), by_default("15m"), flag("--sweep"));
  Rows<core::Policy>(table, &Settings::policy)
      .add("generator.naming", "names: <pvc>-backup for both VolSync objects, or <pvc> and <pvc>-dst",
           choice(&core::Policy::naming, {{"legacy-backup", core::Naming::LegacyBackup}, {"v4", core::Naming::V4}}),
           by_default("legacy-backup"));
  main.add("generator.podInsight",
           "watch pods: why movers fail or do not start, and whom movers run as with moverSecurityContext auto; needs "
           "the component pod-insight",
           on_off(&Options::pod_insight), by_default("off"), flag("--pod-insight"));
  main.add("generator.adopt", "take over objects that kyverno or pvc-plumber made",
           choice(&Options::adopt, {{"true", volsync::Adopts::Predecessors}, {"false", volsync::Adopts::Requested}}),
           by_default("false"));
  main.add("generator.cleanup", "who removes objects whose PVC is gone: holdfast, or a ClusterCleanupPolicy of kyverno",
           choice(&Options::kyverno_cleanup, {{"builtin", false}, {"kyverno", true}}), by_default("builtin"));
}

void add_secret(Table& table) {
  Rows<SecretOptions> secret(table, [](Settings& s) -> auto& { return s.generator.secret; });
  secret.add(
      "generator.secret.mode",
      "none: the Secret volsync-<pvc> is somebody else's; external-secret: an ExternalSecret is written; copy: the "
      "Secret is, with what holdfast itself opens the repository with; needs the component secret-copy",
      choice(&SecretOptions::mode, {{"none", SecretOptions::Mode::None},
                                    {"external-secret", SecretOptions::Mode::ExternalSecret},
                                    {"copy", SecretOptions::Mode::Copy}}),
      by_default("none"), flag("--secret-mode"));
  secret.add("generator.secret.name",
             "the Secret that the movers of a PVC read; unless the mode is none it must be another for each PVC",
             value(&SecretOptions::name, "a name, with {pvc} and {namespace} for those of the PVC", to_secret_name),
             by_default("volsync-{pvc}"));
  secret.add("generator.secret.store", "the secret store to read from",
             value(&SecretOptions::store, "NAME", to_object_name));
  secret.add("generator.secret.storeKind", "its kind", store_kind(&SecretOptions::store_kind),
             by_default("ClusterSecretStore"));
  secret.add("generator.secret.key", "the entry in the store", value(&SecretOptions::key, "KEY", to_one_line));
  secret.add("generator.secret.property", "the repository password in that entry",
             value(&SecretOptions::property, "NAME", to_one_line), by_default("kopia_password"));
  secret.add("generator.secret.accessKeyProperty", "repository kind s3: the access key in that entry",
             value(&SecretOptions::access_key_property, "NAME", to_one_line), by_default("access_key"));
  secret.add("generator.secret.secretKeyProperty", "repository kind s3: the secret key in that entry",
             value(&SecretOptions::secret_key_property, "NAME", to_one_line), by_default("secret_key"));
  secret.add("generator.secret.accessKeyFile",
             "copy, repository kind s3: holds the access key for movers, who write; else they get that of index.s3",
             value(&SecretOptions::access_key_file, "FILE", to_one_line));
  secret.add("generator.secret.secretKeyFile", "copy, repository kind s3: holds the secret key that belongs to it",
             value(&SecretOptions::secret_key_file, "FILE", to_one_line));
  secret.add("generator.secret.refreshInterval", "how often the store is read again",
             value(&SecretOptions::refresh_interval, "a duration such as 1h", to_interval), by_default("1h"));
}

void add_repository(Table& table) {
  using Options = RepositoryOptions;
  using Kind = Options::Kind;
  Rows<Options> repository(table, [](Settings& s) -> auto& { return s.generator.repository; });
  repository.add(
      "generator.repository.kind", "where movers find the repository",
      choice(&Options::kind, {{"none", Kind::None}, {"nfs", Kind::Nfs}, {"s3", Kind::S3}, {"pvc", Kind::Pvc}}),
      by_default("none"));
  repository.add("generator.repository.server", "nfs: the server", value(&Options::server, "HOST", to_one_line));
  repository.add("generator.repository.path", "nfs: the exported path", value(&Options::path, "PATH", to_path));
  repository.add("generator.repository.claim", "pvc: a claim of this name in every namespace with protected PVCs",
                 value(&Options::claim, "NAME", to_object_name));
  repository.add("generator.repository.mountPath",
                 "nfs, pvc: where movers mount it; with moverVolumes VolSync puts it under /mnt",
                 value(&Options::mount_path, "PATH", to_path), by_default("/repository"));
  repository.add("generator.repository.bucket", "s3: the bucket", value(&Options::bucket, "NAME", to_one_line));
  repository.add("generator.repository.endpoint", "s3: the server",
                 value(&Options::endpoint, "HOST or URL", to_one_line));
  repository.add("generator.repository.prefix", "s3: before the names of all objects",
                 value(&Options::prefix, "PREFIX", to_one_line));
  repository.add("generator.repository.region", "s3: the region", value(&Options::region, "NAME", to_one_line));
  repository.add("generator.repository.moverVolumes",
                 "nfs, pvc: write the volume into the VolSync objects; false: somebody else mounts it",
                 boolean(&Options::mover_volumes), by_default("true"));
  repository.add("generator.repository.allSquash",
                 "nfs: the server makes one user of all clients' users (all_squash), so that movers may run as several",
                 boolean(&Options::all_squash), by_default("false"));
  repository.add("generator.repository.inject",
                 "nfs, pvc: the webhook /mutate/job puts the volume into mover Jobs, at mountPath itself; the VolSync "
                 "objects then carry none",
                 boolean(&Options::inject), by_default("false"));
  repository.add(
      "generator.repository.jitter",
      "with inject: the longest time that a backup waits before it begins; each has its own, always the same",
      duration(&Options::jitter, "0s..30s", 0s, 30s), by_default("0s"));
  repository.add("generator.repository.jitterImage",
                 "with jitter: an image with a program sleep, for the init container that waits",
                 value(&Options::jitter_image, "IMAGE", to_one_line), by_default("the mover's own"));
}

BackupLayer& backup_of(Settings& s) { return s.generator.backup; }

void add_layers(Table& table) {
  add_backup(table, "generator.backup.", backup_of, backup_of);
  Setting& pattern = table.emplace_back();
  pattern.key = std::string(kClassesPrefix) + "<storage class>.<key>";
  pattern.value = "as for generator.backup.<key>";
  pattern.help = "every key of generator.backup again, for PVCs of one storage class; goes over those";
}

void add_maintenance(Table& table) {
  using Options = MaintenanceOptions;
  Rows<Options> maintenance(table, [](Settings& s) -> auto& { return s.generator.maintenance; });
  maintenance.add("generator.maintenance.enabled",
                  "write a KopiaMaintenance into our own namespace, where the repository is known",
                  boolean(&Options::enabled), by_default("true"));
  maintenance.add("generator.maintenance.schedule", "when the repository is maintained",
                  value(&Options::schedule, "cron of five fields, or @hourly, @daily, …", to_schedule),
                  by_default("0 */12 * * *"));
  maintenance.add("generator.maintenance.secret", "the repository's Secret in our own namespace",
                  value(&Options::secret, "NAME", to_object_name), by_default("volsync-holdfast-maintenance"));
  maintenance.add(
      "generator.maintenance.staleAfter", "how old the last successful maintenance may become before it is a problem",
      duration(&Options::stale_after, "1h..8760h", 1h, kLongest), by_default("three times the schedule, at least 36h"));
  const std::size_t own = table.size();
  const auto mover = [](Settings& s) -> auto& { return s.generator.maintenance.mover; };
  add_security_context(table, std::string(kMaintenancePrefix), mover, backup_of);
  for (std::size_t i = own; i < table.size(); ++i) {
    table[i].help = "the same of the pod that maintains the repository; over generator.backup.moverSecurityContext";
  }
}

void add_offsite(Table& table) {
  using Options = OffsiteOptions;
  Rows<Options> offsite(table, [](Settings& s) -> auto& { return s.generator.offsite; });
  offsite.add("generator.offsite.enabled",
              "a second backup with restic for PVCs with the annotation holdfast.dev/offsite: \"true\"",
              boolean(&Options::enabled), by_default("false"));
  offsite.add("generator.offsite.repository", "such as s3:https://host/bucket; /<namespace>/<pvc> is added",
              value(&Options::repository, "a restic repository", to_one_line));
  offsite.add("generator.offsite.store", "the secret store to read from",
              value(&Options::store, "NAME", to_object_name));
  offsite.add("generator.offsite.storeKind", "its kind", store_kind(&Options::store_kind),
              by_default("ClusterSecretStore"));
  offsite.add("generator.offsite.key", "the entry in the store", value(&Options::key, "KEY", to_one_line));
  offsite.add("generator.offsite.passwordProperty", "the repository password in that entry",
              value(&Options::password_property, "NAME", to_one_line), by_default("restic_password"));
  offsite.add("generator.offsite.accessKeyProperty", "the access key in that entry",
              value(&Options::access_key_property, "NAME", to_one_line), by_default("access_key"));
  offsite.add("generator.offsite.secretKeyProperty", "the secret key in that entry",
              value(&Options::secret_key_property, "NAME", to_one_line), by_default("secret_key"));
  offsite.add("generator.offsite.schedule", "when off-site backups are made",
              value(&Options::schedule, kSpreadCron, to_spread_schedule), by_default("30 2 * * *"));
  Rows<Retain> retain(table, [](Settings& s) -> auto& { return s.generator.offsite.retain; });
  retain.add("generator.offsite.retain.hourly", "hourly off-site backups that are kept", kept(&Retain::hourly),
             by_default("0"));
  retain.add("generator.offsite.retain.daily", "daily ones", kept(&Retain::daily), by_default("7"));
  retain.add("generator.offsite.retain.weekly", "weekly ones", kept(&Retain::weekly), by_default("4"));
  retain.add("generator.offsite.retain.monthly", "monthly ones", kept(&Retain::monthly), by_default("2"));
}

}  // namespace

void add_generator(Table& table) {
  for (auto* add : {add_main, add_secret, add_repository, add_layers, add_maintenance, add_offsite}) add(table);
}

}  // namespace holdfast::cli
