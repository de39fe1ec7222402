// The reason codes of verdicts and warnings. They are the contract with users: log key, metric label, Event reason,
// `status.reason`, and a heading in docs/codes.md.
#pragma once

#include <string_view>

namespace holdfast::core {

enum class Code {
  InternalError,  // the zero value: whatever escapes us is a Wait
  // Pass
  NotCreate,
  NamespaceExcluded,
  NotOptedIn,
  Exempt,
  StaticVolume,
  SourceAlreadySet,
  SkipRestore,
  NameNotGenerated,
  InjectionOff,
  NotMoverJob,
  RepositoryInjected,
  // Refuse
  Unprotected,
  ExemptReasonMissing,
  UnsupportedVolumeMode,
  DataSourceIgnored,
  ReferenceWithoutBackup,
  SkipRestoreReasonMissing,
  RestoreAsOfInvalid,
  RestoreFromNotAllowed,
  RestoreIdentityInvalid,
  RestoreIdentityNotAllowed,
  RepositoryChanged,
  IdentityAmbiguous,
  BackupUnderOtherName,
  ForeignDestination,
  RestoreDoesNotFit,
  BackupShrunk,
  NoBackupAsOf,
  RestoreFromNoBackup,
  BackupsVanished,
  RepositoryUnpinned,
  RepositoryOutdated,
  MalformedReview,
  // Wait
  IndexUnavailable,
  IndexRefreshing,
  RestoreImageStale,
  BackupInFlight,
  RestoreReferenceMissing,
  ClusterUnavailable,
  Overloaded,
  // Restore, Fresh
  BackupFound,
  NoBackup,
  // Warnings only
  UnknownTier,
  UnknownContract,
  UnknownAnnotation,
  BackupsIgnored,
  SnapshotHasErrors,
  kLast = SnapshotHasErrors,
};

/// The code as users see it, such as "BackupFound".
std::string_view to_string(Code code);

}  // namespace holdfast::core
