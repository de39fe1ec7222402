#include "src/cli/settings/rows.hpp"
#include "src/cli/settings/values.hpp"

namespace holdfast::cli {
namespace {

using volsync::BackupLayer;
using volsync::Retain;
using volsync::SecurityContext;
using V = std::string_view;

constexpr int kMostKept = 10'000;
constexpr int kMostParallel = 64;
constexpr std::int64_t kHighestId = 0xffff'fffe;

/// The rows of one layer.
class Rows {
 public:
  Rows(const std::string& prefix, BackupLayerOf layer, BackupLayerOf below)
      : prefix_(prefix), layer_(std::move(layer)), below_(std::move(below)) {}

  using ToText = bool (*)(V, std::string&);
  void text(std::string_view key, std::string_view value, std::string_view fallback, std::string_view help,
            std::optional<std::string> BackupLayer::*member, ToText read) {
    add(key, value, fallback, help, [member, read](BackupLayer& layer, const BackupLayer&, V v) {
      std::string text;
      if (!read(v, text)) return false;
      layer.*member = text;
      return true;
    });
  }

  void parallelism() {
    add("parallelism", "1..64", "2", "files that a mover works on at the same time",
        [](BackupLayer& layer, const BackupLayer&, V v) {
          int number = 0;
          if (!to_number(v, 1, kMostParallel, number)) return false;
          layer.parallelism = number;
          return true;
        });
  }

  void retain(std::string_view key, std::string_view fallback, std::string_view help, int Retain::*member) {
    add(key, "0..10000", fallback, help, [member](BackupLayer& layer, const BackupLayer& below, V v) {
      if (!layer.retain) layer.retain = below.retain.value_or(Retain{});
      return to_number(v, 0, kMostKept, *layer.retain.*member);
    });
  }

  using ToContext = bool (*)(V, SecurityContext&);
  Setting& context(std::string_view key, std::string_view value, std::string_view help, ToContext read) {
    return add(key, value, "", help, [read](BackupLayer& layer, const BackupLayer& below, V v) {
      if (!layer.security_context) layer.security_context = below.security_context.value_or(SecurityContext{});
      return read(v, *layer.security_context);
    });
  }

  /// supplementalGroups: a list replaces the one below it.
  void groups() {
    Setting& row = context("moverSecurityContext.supplementalGroups", "a group id", "further groups of movers",
                           [](V v, SecurityContext& c) {
                             return to_number(v, std::int64_t{0}, kHighestId, c.supplemental_groups.emplace_back());
                           });
    row.list = true;
    row.clear = [layer = layer_, below = below_](Settings& s) {
      if (!layer(s).security_context) layer(s).security_context = below(s).security_context.value_or(SecurityContext{});
      layer(s).security_context->supplemental_groups.clear();
    };
  }

  std::vector<Setting> take() { return std::move(rows_); }

 private:
  template <class Read>
  Setting& add(std::string_view key, std::string_view value, std::string_view fallback, std::string_view help,
               Read read) {
    Setting row;
    row.key = prefix_ + std::string(key);
    row.value = value;
    row.fallback = fallback;
    row.help = help;
    row.apply = [layer = layer_, below = below_, read](Settings& s, V v) { return read(layer(s), below(s), v); };
    return rows_.emplace_back(std::move(row));
  }

  const std::string& prefix_;
  BackupLayerOf layer_, below_;
  std::vector<Setting> rows_;
};

template <std::optional<std::int64_t> SecurityContext::*Member>
bool read_id(V v, SecurityContext& context) {
  std::int64_t id = 0;
  if (!to_number(v, std::int64_t{0}, kHighestId, id)) return false;
  context.*Member = id;
  return true;
}

bool read_non_root(V v, SecurityContext& context) {
  bool value = false;
  if (!to_bool(v, value)) return false;
  context.run_as_non_root = value;
  return true;
}

bool to_copy_method(V v, std::string& out) { return to_word(v, {"Snapshot", "Clone", "Direct"}, out); }

bool to_compression(V v, std::string& out) {
  return v.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == V::npos && to_text(v, out);
}

bool to_own_schedule(V v, std::string& out) { return to_schedule(v, true, out); }

void add_mover(Rows& rows) {
  rows.text("storageClassName", "NAME", "the PVC's own class",
            "storage class of the temporary volumes of backups, where its provisioner is that of the PVC's own class",
            &BackupLayer::storage_class, to_object_name);
  rows.text("volumeSnapshotClassName", "NAME", "the cluster's default",
            "VolumeSnapshotClass of backups and restores, where its driver is the provisioner of the PVC's class",
            &BackupLayer::snapshot_class, to_object_name);
  rows.text("cacheCapacity", "a quantity such as 2Gi", "2Gi", "size of a mover's cache", &BackupLayer::cache_capacity,
            to_quantity);
  rows.text("cacheStorageClassName", "NAME", "no cache that stays",
            "storage class of a cache that stays: a PVC of cacheCapacity for each ReplicationSource",
            &BackupLayer::cache_storage_class, to_object_name);
  rows.text("compression", "a kopia algorithm", "zstd-fastest", "as `kopia benchmark compression` lists them",
            &BackupLayer::compression, to_compression);
  rows.parallelism();
  rows.text("copyMethod", "Snapshot|Clone|Direct", "Snapshot",
            "how a mover gets a view of the volume that stands still", &BackupLayer::copy_method, to_copy_method);
}

void add_retain(Rows& rows) {
  rows.retain("retain.hourly", "24", "hourly backups that are kept", &Retain::hourly);
  rows.retain("retain.daily", "7", "daily backups that are kept", &Retain::daily);
  rows.retain("retain.weekly", "4", "weekly backups that are kept", &Retain::weekly);
  rows.retain("retain.monthly", "2", "monthly backups that are kept", &Retain::monthly);
}

/// Of movers alone: what maintains the repository has no data of its own.
void add_auto(Rows& rows) {
  rows.context("moverSecurityContext", "auto, or keys as below", "auto: short for moverSecurityContext.auto: true",
               [](V v, SecurityContext& c) { return c.automatic = v == "auto"; });
  rows.context("moverSecurityContext.auto", "true|false",
               "movers run as whom the data belongs to, where that can be found out; else as the keys below say",
               [](V v, SecurityContext& c) { return to_bool(v, c.automatic); });
}

void add_context(Rows& rows) {
  rows.context("moverSecurityContext.runAsUser", "a user id", "the user that movers run as",
               read_id<&SecurityContext::run_as_user>);
  rows.context("moverSecurityContext.runAsGroup", "a group id", "the group that movers run as",
               read_id<&SecurityContext::run_as_group>);
  rows.context("moverSecurityContext.fsGroup", "a group id", "the group that volumes are given",
               read_id<&SecurityContext::fs_group>);
  rows.context("moverSecurityContext.runAsNonRoot", "true|false", "refuse to run as root", read_non_root);
  rows.context("moverSecurityContext.fsGroupChangePolicy", "OnRootMismatch|Always", "when volumes are given to fsGroup",
               [](V v, SecurityContext& c) {
                 return to_word(v, {"OnRootMismatch", "Always"}, c.fs_group_change_policy);
               });
  rows.groups();
  rows.context("moverSecurityContext.seccompProfile", "RuntimeDefault", "type of the seccomp profile of movers",
               [](V v, SecurityContext& c) { return to_word(v, {"RuntimeDefault"}, c.seccomp_profile); });
}

void add_schedules(Rows& rows) {
  static constexpr V kForm = "cron of five fields, minute M: each PVC's own; or @hourly, @daily, …";
  rows.text("schedules.hourly", kForm, "M * * * *", "when PVCs of the tier hourly are backed up", &BackupLayer::hourly,
            to_own_schedule);
  rows.text("schedules.daily", kForm, "M 2 * * *", "when PVCs of the tier daily are backed up", &BackupLayer::daily,
            to_own_schedule);
}

}  // namespace

std::vector<Setting> backup_settings(const std::string& prefix, BackupLayerOf layer, BackupLayerOf below) {
  Rows rows(prefix, std::move(layer), std::move(below));
  add_mover(rows);
  add_retain(rows);
  add_auto(rows);
  add_context(rows);
  add_schedules(rows);
  return rows.take();
}

std::vector<Setting> security_context_settings(const std::string& prefix, BackupLayerOf layer, BackupLayerOf below) {
  Rows rows(prefix, std::move(layer), std::move(below));
  add_context(rows);
  return rows.take();
}

std::vector<Setting> class_settings(const std::string& storage_class) {
  std::string name;
  if (!to_object_name(storage_class, name)) return {};
  const auto below = [](Settings& s) -> BackupLayer& { return s.generator.backup; };
  const auto layer = [name](Settings& s) -> BackupLayer& { return s.generator.classes[name]; };
  return backup_settings(std::string(kClassesPrefix) + name + ".", layer, below);
}

}  // namespace holdfast::cli
