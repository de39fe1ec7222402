#include "holdfast/core/code.hpp"

namespace holdfast::core {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::InternalError:
      return "InternalError";
    case Code::NotCreate:
      return "NotCreate";
    case Code::NamespaceExcluded:
      return "NamespaceExcluded";
    case Code::NotOptedIn:
      return "NotOptedIn";
    case Code::Exempt:
      return "Exempt";
    case Code::StaticVolume:
      return "StaticVolume";
    case Code::SourceAlreadySet:
      return "SourceAlreadySet";
    case Code::SkipRestore:
      return "SkipRestore";
    case Code::NameNotGenerated:
      return "NameNotGenerated";
    case Code::InjectionOff:
      return "InjectionOff";
    case Code::NotMoverJob:
      return "NotMoverJob";
    case Code::RepositoryInjected:
      return "RepositoryInjected";
    case Code::Unprotected:
      return "Unprotected";
    case Code::ExemptReasonMissing:
      return "ExemptReasonMissing";
    case Code::UnsupportedVolumeMode:
      return "UnsupportedVolumeMode";
    case Code::DataSourceIgnored:
      return "DataSourceIgnored";
    case Code::ReferenceWithoutBackup:
      return "ReferenceWithoutBackup";
    case Code::SkipRestoreReasonMissing:
      return "SkipRestoreReasonMissing";
    case Code::RestoreAsOfInvalid:
      return "RestoreAsOfInvalid";
    case Code::RestoreFromNotAllowed:
      return "RestoreFromNotAllowed";
    case Code::RestoreIdentityInvalid:
      return "RestoreIdentityInvalid";
    case Code::RepositoryChanged:
      return "RepositoryChanged";
    case Code::IdentityAmbiguous:
      return "IdentityAmbiguous";
    case Code::ForeignDestination:
      return "ForeignDestination";
    case Code::RestoreDoesNotFit:
      return "RestoreDoesNotFit";
    case Code::BackupShrunk:
      return "BackupShrunk";
    case Code::NoBackupAsOf:
      return "NoBackupAsOf";
    case Code::RestoreFromNoBackup:
      return "RestoreFromNoBackup";
    case Code::BackupsVanished:
      return "BackupsVanished";
    case Code::RepositoryUnpinned:
      return "RepositoryUnpinned";
    case Code::MalformedReview:
      return "MalformedReview";
    case Code::IndexUnavailable:
      return "IndexUnavailable";
    case Code::IndexRefreshing:
      return "IndexRefreshing";
    case Code::RestoreImageStale:
      return "RestoreImageStale";
    case Code::BackupInFlight:
      return "BackupInFlight";
    case Code::RestoreReferenceMissing:
      return "RestoreReferenceMissing";
    case Code::ClusterUnavailable:
      return "ClusterUnavailable";
    case Code::Overloaded:
      return "Overloaded";
    case Code::BackupFound:
      return "BackupFound";
    case Code::NoBackup:
      return "NoBackup";
    case Code::UnknownTier:
      return "UnknownTier";
    case Code::SnapshotHasErrors:
      return "SnapshotHasErrors";
  }
  return "InternalError";
}

}  // namespace holdfast::core
