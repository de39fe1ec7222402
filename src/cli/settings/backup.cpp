#include "src/cli/settings/table.hpp"

namespace holdfast::cli {
namespace {

using volsync::BackupLayer;
using volsync::Retain;
using volsync::SecurityContext;

std::optional<std::string> to_compression(std::string_view text) {
  const bool good = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
  return good ? to_one_line(text) : std::nullopt;
}

std::optional<bool> to_auto(std::string_view text) { return text == "auto" ? std::optional(true) : std::nullopt; }

std::optional<std::int64_t> to_id(std::string_view text) { return to_number<std::int64_t>(text, 0, 0xffff'fffe); }

/// A group of values in `layer`. Where only some are given, the others are those of the layer below.
template <class Group>
std::function<Group&(Settings&)> group_in(const BackupLayerOf& layer, const BackupLayerOf& below,
                                          std::optional<Group> BackupLayer::*group) {
  return [=](Settings& s) -> Group& {
    std::optional<Group>& own = layer(s).*group;
    if (!own) own = (below(s).*group).value_or(Group{});
    return *own;
  };
}

void add_mover(Rows<BackupLayer> mover) {
  using Layer = BackupLayer;
  mover.add("storageClassName",
            "storage class of the temporary volumes of backups, where its provisioner is that of the PVC's own class",
            value(&Layer::storage_class, "NAME", to_object_name), by_default("the PVC's own class"));
  mover.add("volumeSnapshotClassName",
            "VolumeSnapshotClass of backups and restores, where its driver is the provisioner of the PVC's class",
            value(&Layer::snapshot_class, "NAME", to_object_name), by_default("the cluster's default"));
  mover.add("cacheCapacity", "size of a mover's cache",
            value(&Layer::cache_capacity, "a quantity such as 2Gi", to_quantity), by_default("2Gi"));
  mover.add("cacheStorageClassName",
            "storage class of a cache that stays: a PVC of cacheCapacity for each ReplicationSource",
            value(&Layer::cache_storage_class, "NAME", to_object_name), by_default("no cache that stays"));
  mover.add("compression", "as `kopia benchmark compression` lists them",
            value(&Layer::compression, "a kopia algorithm", to_compression), by_default("zstd-fastest"));
  mover.add("parallelism", "files that a mover works on at the same time", number(&Layer::parallelism, 1, 128),
            by_default("2"));
  mover.add("copyMethod", "how a mover gets a view of the volume that stands still",
            word(&Layer::copy_method, {"Snapshot", "Clone", "Direct"}), by_default("Snapshot"));
}

void add_retain(Rows<Retain> retain) {
  retain.add("retain.hourly", "hourly backups that are kept", kept(&Retain::hourly), by_default("24"));
  retain.add("retain.daily", "daily backups that are kept", kept(&Retain::daily), by_default("7"));
  retain.add("retain.weekly", "weekly backups that are kept", kept(&Retain::weekly), by_default("4"));
  retain.add("retain.monthly", "monthly backups that are kept", kept(&Retain::monthly), by_default("2"));
}

/// Of movers alone: what maintains the repository has no data of its own.
void add_auto(Rows<SecurityContext> context) {
  context.add("moverSecurityContext", "auto: short for moverSecurityContext.auto: true",
              value(&SecurityContext::automatic, "auto, or keys as below", to_auto));
  context.add("moverSecurityContext.auto",
              "movers run as whom the data belongs to, where that can be found out; else as the keys below say",
              boolean(&SecurityContext::automatic));
}

void add_context(Rows<SecurityContext> context) {
  using Context = SecurityContext;
  context.add("moverSecurityContext.runAsUser", "the user that movers run as",
              value(&Context::run_as_user, "a user id", to_id));
  context.add("moverSecurityContext.runAsGroup", "the group that movers run as",
              value(&Context::run_as_group, "a group id", to_id));
  context.add("moverSecurityContext.fsGroup", "the group that volumes are given",
              value(&Context::fs_group, "a group id", to_id));
  context.add("moverSecurityContext.runAsNonRoot", "refuse to run as root", boolean(&Context::run_as_non_root));
  context.add("moverSecurityContext.fsGroupChangePolicy", "when volumes are given to fsGroup",
              word(&Context::fs_group_change_policy, {"OnRootMismatch", "Always"}));
  context.add("moverSecurityContext.supplementalGroups", "further groups of movers",
              list(&Context::supplemental_groups, "a group id", to_id));
  context.add("moverSecurityContext.seccompProfile", "type of the seccomp profile of movers",
              word(&Context::seccomp_profile, {"RuntimeDefault"}));
}

void add_schedules(Rows<BackupLayer> schedules) {
  schedules.add("schedules.hourly", "when PVCs of the tier hourly are backed up",
                value(&BackupLayer::hourly, kSpreadCron, to_spread_schedule), by_default("M * * * *"));
  schedules.add("schedules.daily", "when PVCs of the tier daily are backed up",
                value(&BackupLayer::daily, kSpreadCron, to_spread_schedule), by_default("M 2 * * *"));
}

}  // namespace

void add_backup(Table& table, const std::string& prefix, const BackupLayerOf& layer, const BackupLayerOf& below) {
  const auto context = group_in(layer, below, &BackupLayer::security_context);
  add_mover({table, layer, prefix});
  add_retain({table, group_in(layer, below, &BackupLayer::retain), prefix});
  add_auto({table, context, prefix});
  add_context({table, context, prefix});
  add_schedules({table, layer, prefix});
}

void add_security_context(Table& table, const std::string& prefix, const BackupLayerOf& layer,
                          const BackupLayerOf& below) {
  add_context({table, group_in(layer, below, &BackupLayer::security_context), prefix});
}

Table class_settings(const std::string& storage_class) {
  Table table;
  if (!to_object_name(storage_class)) return table;
  const auto below = [](Settings& s) -> BackupLayer& { return s.generator.backup; };
  const auto layer = [storage_class](Settings& s) -> BackupLayer& { return s.generator.classes[storage_class]; };
  add_backup(table, std::string(kClassesPrefix) + storage_class + ".", layer, below);
  return table;
}

}  // namespace holdfast::cli
