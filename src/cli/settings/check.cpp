#include "src/cli/settings/table.hpp"

#include <fmt/format.h>

namespace holdfast::cli {
namespace {

using Kind = volsync::RepositoryOptions::Kind;

/// `key` is needed because of `reason` ("index.backend kopia-fs").
void need(const std::string& value, std::string_view key, std::string_view reason) {
  if (value.empty()) throw SettingsError(fmt::format("{} is not set, and {} needs it", key, reason));
}

void check_contracts(const core::Policy& policy) {
  if (policy.simple_contract || policy.plumber_contract) return;
  throw SettingsError(
      "contracts: the list is empty, so that nothing would be protected; allowed: simple|pvc-plumber-v4");
}

void check_index(Settings& settings) {
  const std::string reason = "index.backend " + settings.index.backend;
  if (settings.index.backend == "kopia-fs") need(settings.index.path, "index.path (--index-path)", reason);
  if (settings.index.backend == "kopia-s3") {
    need(settings.index.s3.endpoint, "index.s3.endpoint (--s3-endpoint)", reason);
    need(settings.index.s3.bucket, "index.s3.bucket (--s3-bucket)", reason);
  }
  if (settings.index.backend != "catalog") return;
  need(settings.index.catalog_file, "index.catalogFile (--catalog-file)", reason);
  settings.policy.pin = core::NoRepositoryId{};
}

void check_webhook(const Settings::Webhook& webhook) {
  if (webhook.client_names.empty()) return;
  need(webhook.client_ca_file, "webhook.clientCaFile (--webhook-client-ca-file)", "webhook.clientNames");
}

void check_secret(const volsync::SecretOptions& secret) {
  if (secret.mode == volsync::SecretOptions::Mode::None) return;
  const std::string reason = std::string("generator.secret.mode ") + (secret.copies() ? "copy" : "external-secret");
  if (secret.writes_external()) {
    need(secret.store, "generator.secret.store", reason);
    need(secret.key, "generator.secret.key", reason);
  }
  if (secret.name.find("{pvc}") == std::string::npos) {
    throw SettingsError("generator.secret.name must have {pvc} in it with " + reason +
                        ": one Secret is made for each PVC");
  }
}

/// What movers need is what holdfast has.
void check_copies(const Settings& settings) {
  const volsync::SecretOptions& secret = settings.generator.secret;
  if (secret.access_key_file.empty() != secret.secret_key_file.empty()) {
    throw SettingsError("generator.secret.accessKeyFile and generator.secret.secretKeyFile: one without the other");
  }
  if (!secret.copies()) return;
  const std::string& backend = settings.index.backend;
  if (backend == "catalog") {
    throw SettingsError("generator.secret.mode copy needs index.backend kopia-fs|kopia-s3: a catalog has no password");
  }
  if (settings.generator.repository.kind == Kind::None) {
    throw SettingsError("generator.secret.mode copy needs generator.repository.kind nfs|s3|pvc: where movers find it");
  }
  if (settings.generator.repository.kind == Kind::S3 && backend == "kopia-fs") {
    throw SettingsError(
        "generator.secret.mode copy with generator.repository.kind s3 needs index.backend kopia-s3: its keys are those "
        "that movers get");
  }
}

void check_repository(const volsync::RepositoryOptions& repository) {
  if (repository.kind == Kind::Nfs) {
    constexpr std::string_view kReason = "generator.repository.kind nfs";
    need(repository.server, "generator.repository.server", kReason);
    need(repository.path, "generator.repository.path", kReason);
  }
  if (repository.all_squash && repository.kind != Kind::Nfs) {
    throw SettingsError(
        "generator.repository.allSquash: it says something of an NFS server, and "
        "generator.repository.kind is not nfs");
  }
  if (repository.kind == Kind::Pvc) {
    need(repository.claim, "generator.repository.claim", "generator.repository.kind pvc");
  }
  if (repository.kind == Kind::S3) {
    constexpr std::string_view kReason = "generator.repository.kind s3";
    need(repository.bucket, "generator.repository.bucket", kReason);
    need(repository.endpoint, "generator.repository.endpoint", kReason);
  }
}

void check_injection(volsync::RepositoryOptions& repository) {
  if (!repository.inject) {
    if (repository.jitter.count() == 0) return;
    throw SettingsError(
        "generator.repository.jitter needs generator.repository.inject true: it is put into mover Jobs");
  }
  if (repository.kind != Kind::Nfs && repository.kind != Kind::Pvc) {
    throw SettingsError("generator.repository.inject true needs generator.repository.kind nfs|pvc: a volume to mount");
  }
  repository.mover_volumes = false;
}

void check_offsite(const volsync::OffsiteOptions& offsite) {
  if (!offsite.enabled) return;
  constexpr std::string_view kReason = "generator.offsite.enabled true";
  need(offsite.repository, "generator.offsite.repository", kReason);
  need(offsite.store, "generator.offsite.store", kReason);
  need(offsite.key, "generator.offsite.key", kReason);
}

}  // namespace

void check_together(Settings& settings) {
  check_contracts(settings.policy);
  check_index(settings);
  check_webhook(settings.webhook);
  check_secret(settings.generator.secret);
  check_repository(settings.generator.repository);
  check_injection(settings.generator.repository);
  check_copies(settings);
  check_offsite(settings.generator.offsite);
}

}  // namespace holdfast::cli
