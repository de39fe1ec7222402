#include "src/core/unread_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "holdfast/core/edit_distance.hpp"

namespace holdfast::core {
namespace {

enum class Place { Label, Annotation, NamespaceLabel };

struct ReadKey {
  std::string_view key;
  Place place;
};

/// Every key of a PVC that is read, besides the annotations for the reason of an exemption: those are a setting.
constexpr ReadKey kRead[] = {
    {key::kBackup, Place::Label},
    {key::kBackupExempt, Place::Label},
    {key::kPlumberEnabled, Place::Label},
    {key::kPlumberManage, Place::Label},
    {key::kPlumberTier, Place::Label},
    {key::kPlumberNamespace, Place::NamespaceLabel},
    {key::kSkipRestore, Place::Annotation},
    {key::kSkipRestoreReason, Place::Annotation},
    {key::kRestoreAsOf, Place::Annotation},
    {key::kRestoreFrom, Place::Annotation},
    {key::kRestoreIdentity, Place::Annotation},
    {key::kAcceptVanished, Place::Annotation},
    {key::kAcceptUnverified, Place::Annotation},
    {key::kAcceptOlderBackups, Place::Annotation},
    {key::kRestoredSnapshot, Place::Annotation},
    {key::kRestoredAsOf, Place::Annotation},
    {key::kRestoredSource, Place::Annotation},
    {key::kSchedule, Place::Annotation},
    {key::kRetain, Place::Annotation},
    {key::kRunAs, Place::Annotation},
    {key::kStorageClass, Place::Annotation},
    {key::kSnapshotClass, Place::Annotation},
    {key::kCacheCapacity, Place::Annotation},
    {key::kCacheStorageClass, Place::Annotation},
    {key::kCompression, Place::Annotation},
    {key::kParallelism, Place::Annotation},
    {key::kCopyMethod, Place::Annotation},
    {key::kOffsite, Place::Annotation},
};

/// A key of pvc-plumber v4 that is not acted on, and what is here in its place. Source: internal/labels of its
/// repository.
struct PlumberKey {
  std::string_view key;
  std::string_view instead;
};
constexpr PlumberKey kPlumber[] = {
    {"pvc-plumber.io/mode", "the setting `mode`"},
    {"pvc-plumber.io/restore-mode", ""},
    {"pvc-plumber.io/uid", "the annotation `holdfast.dev/run-as`"},
    {"pvc-plumber.io/gid", "the annotation `holdfast.dev/run-as`"},
    {"pvc-plumber.io/fsGroup", "the annotation `holdfast.dev/run-as`"},
    {"pvc-plumber.io/backup-identity", "the setting `index.identities`, or `holdfast.dev/restore-identity`"},
    {"pvc-plumber.io/skip-restore", "the annotation `volsync.backup/skip-restore`"},
    {"pvc-plumber.io/skip-restore-reason", "the annotation `volsync.backup/skip-restore-reason`"},
    {"pvc-plumber.io/cache-capacity", "the annotation `holdfast.dev/cache-capacity`"},
    {"pvc-plumber.io/storage-class", "the annotation `holdfast.dev/storage-class`"},
    {"pvc-plumber.io/snapshot-class", "the annotation `holdfast.dev/volume-snapshot-class`"},
    {"pvc-plumber.io/min-backup-age", "the setting `generator.minAge`"},
    {"pvc-plumber.io/source-namespace", ""},
    {"pvc-plumber.io/source-pvc", ""},
};

constexpr std::string_view kPrefixes[] = {"holdfast.dev/", "pvc-plumber.io/", "volsync.backup/"};
constexpr std::size_t kMaxNameBytes = 63;  ///< the API server allows no more after the slash
constexpr std::size_t kMaxShownBytes = 80;

std::string_view to_string(Place place) {
  switch (place) {
    case Place::Label:
      return "label";
    case Place::Annotation:
      return "annotation";
    case Place::NamespaceLabel:
      return "label of a namespace";
  }
  return "annotation";
}

std::size_t name_begins(std::string_view key) {
  const std::size_t slash = key.find('/');
  return slash == std::string_view::npos ? 0 : slash + 1;
}

/// The readable keys, and what the settings add to them.
class Readers {
 public:
  explicit Readers(const Policy& policy)
      : reasons_(exempt_reason_keys(policy)), all_(std::begin(kRead), std::end(kRead)) {
    for (const std::string& reason : reasons_) all_.push_back({reason, Place::Annotation});
  }
  Readers(const Readers&) = delete;  // all_ looks into reasons_
  Readers& operator=(const Readers&) = delete;

  /// nullptr: nobody reads `key`, wherever it stands.
  const ReadKey* find(std::string_view key, Place place) const {
    const ReadKey* elsewhere = nullptr;
    for (const ReadKey& one : all_) {
      if (one.key != key) continue;
      if (one.place == place) return &one;
      elsewhere = &one;
    }
    return elsewhere;
  }

  /// The one that was probably meant; another prefix counts as one letter. nullptr: none is near.
  const ReadKey* nearest(std::string_view key) const {
    const std::size_t begin = name_begins(key);
    const std::string_view name = key.substr(begin);
    if (name.empty() || name.size() > kMaxNameBytes) return nullptr;
    std::size_t nearest = 2 + std::min<std::size_t>(name.size() / 4, 3);
    const ReadKey* found = nullptr;
    for (const ReadKey& one : all_) {
      const std::size_t its_begin = name_begins(one.key);
      const bool other_prefix = key.substr(0, begin) != one.key.substr(0, its_begin);
      const std::size_t distance = edit_distance(name, one.key.substr(its_begin)) + (other_prefix ? 1 : 0);
      if (distance >= nearest) continue;
      nearest = distance;
      found = &one;
    }
    return found;
  }

 private:
  const std::vector<std::string> reasons_;
  std::vector<ReadKey> all_;
};

std::string sentence(std::string_view key, Place place, const Readers& readers) {
  const std::string shown = fmt::format("{} {:?}", to_string(place), key.substr(0, kMaxShownBytes));
  if (const ReadKey* elsewhere = readers.find(key, place)) {
    return fmt::format("{} is read by nobody: it has to be {} {}", shown,
                       elsewhere->place == Place::Annotation ? "an" : "a", to_string(elsewhere->place));
  }
  for (const PlumberKey& one : kPlumber) {
    if (one.key != key) continue;
    return fmt::format("{} is one of pvc-plumber v4 that is not acted on{}{}", shown,
                       one.instead.empty() ? "" : "; here it is ", one.instead);
  }
  const ReadKey* meant = readers.nearest(key);
  if (meant == nullptr) return shown + " is read by nobody";
  return fmt::format("{} is read by nobody; did you mean the {} `{}`?", shown, to_string(meant->place), meant->key);
}

}  // namespace

std::vector<std::string> unread_keys(const Pvc& pvc, const Policy& policy) {
  const Readers readers(policy);
  std::vector<std::string> sentences;
  std::size_t more = 0;
  const auto look = [&](const StringMap& map, Place place) {
    for (const std::string_view prefix : kPrefixes) {
      for (auto one = map.lower_bound(prefix); one != map.end() && one->first.starts_with(prefix); ++one) {
        const ReadKey* reader = readers.find(one->first, place);
        if (reader != nullptr && reader->place == place) continue;
        if (sentences.size() == kMostUnreadKeys)
          ++more;
        else
          sentences.push_back(sentence(one->first, place, readers));
      }
    }
  };
  look(pvc.labels, Place::Label);
  look(pvc.annotations, Place::Annotation);
  if (more > 0) sentences.push_back(fmt::format("{} more keys are read by nobody", more));
  return sentences;
}

}  // namespace holdfast::core
