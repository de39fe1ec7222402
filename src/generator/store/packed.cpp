#include "src/generator/store/packed.hpp"

#include <chrono>
#include <optional>

#include "src/generator/store/bytes.hpp"

namespace holdfast::generator {
namespace {

using Moment = std::chrono::steady_clock::time_point;

void write(Writer& out, const core::Meta& meta) {
  out.text(meta.uid);
  out.text(meta.resource_version);
  out.moment(meta.created);
  out.number(meta.deleting);
  out.map(meta.labels);
  out.map(meta.annotations);
  out.number(meta.owners.size());
  for (const core::Meta::Owner& owner : meta.owners) {
    out.word(owner.kind);
    out.text(owner.name);
    out.text(owner.uid);
  }
}

void read(Reader& in, core::Meta& meta) {
  meta.uid = in.text();
  meta.resource_version = in.text();
  meta.created = in.moment();
  meta.deleting = in.number() != 0;
  meta.labels = in.map();
  meta.annotations = in.map();
  meta.owners.resize(in.number());
  for (core::Meta::Owner& owner : meta.owners) {
    owner.kind = in.word();
    owner.name = in.text();
    owner.uid = in.text();
  }
}

void write(Writer& out, const core::SyncStatus& status) {
  out.text(status.last_manual_sync);
  out.moment(status.last_sync);
  out.moment(status.sync_started);
  out.number(status.synchronizing);
  out.text(status.error);
  out.moment(status.error_since);
  out.word(status.mover_result);
  out.text(status.mover_logs);
  out.number(status.image.has_value());
  if (!status.image) return;
  out.text(status.image->api_group);
  out.text(status.image->kind);
  out.text(status.image->name);
}

void read(Reader& in, core::SyncStatus& status) {
  status.last_manual_sync = in.text();
  status.last_sync = in.moment();
  status.sync_started = in.moment();
  status.synchronizing = in.number() != 0;
  status.error = in.text();
  status.error_since = in.moment();
  status.mover_result = in.word();
  status.mover_logs = in.text();
  if (in.number() == 0) return;
  core::Image& image = status.image.emplace();
  image.api_group = in.text();
  image.kind = in.text();
  image.name = in.text();
}

void write(Writer& out, const std::optional<core::ObjectReference>& reference) {
  out.number(reference.has_value());
  if (!reference) return;
  out.word(reference->api_group);
  out.word(reference->kind);
  out.text(reference->name);
  out.text(reference->ns);
}

void read(Reader& in, std::optional<core::ObjectReference>& reference) {
  if (in.number() == 0) return;
  reference.emplace();
  reference->api_group = in.word();
  reference->kind = in.word();
  reference->name = in.text();
  reference->ns = in.text();
}

/// Without namespace and name.
void write(Writer& out, const core::Pvc& pvc) {
  out.text(pvc.generate_name);
  out.number(pvc.has_annotations);
  out.map(pvc.labels);
  out.map(pvc.annotations);
  out.number(pvc.owners.size());
  for (const core::OwnerReference& owner : pvc.owners) {
    out.word(owner.kind);
    out.number(owner.controller);
    out.text(owner.uid);
  }
  out.word(pvc.volume_mode);
  out.text(pvc.volume_name);
  out.number(pvc.storage_class.has_value());
  if (pvc.storage_class) out.text(*pvc.storage_class);
  out.number(pvc.has_selector);
  out.number(pvc.requested_bytes.has_value());
  if (pvc.requested_bytes) out.number(static_cast<std::uint64_t>(*pvc.requested_bytes));
  write(out, pvc.data_source);
  write(out, pvc.data_source_ref);
}

void read(Reader& in, core::Pvc& pvc) {
  pvc.generate_name = in.text();
  pvc.has_annotations = in.number() != 0;
  pvc.labels = in.map();
  pvc.annotations = in.map();
  pvc.owners.resize(in.number());
  for (core::OwnerReference& owner : pvc.owners) {
    owner.kind = in.word();
    owner.controller = in.number() != 0;
    owner.uid = in.text();
  }
  pvc.volume_mode = in.word();
  pvc.volume_name = in.text();
  if (in.number() != 0) pvc.storage_class = in.text();
  pvc.has_selector = in.number() != 0;
  if (in.number() != 0) pvc.requested_bytes = static_cast<std::int64_t>(in.number());
  read(in, pvc.data_source);
  read(in, pvc.data_source_ref);
}

void write(Writer& out, const core::Observed& object) {
  out.text(object.meta.ns);
  out.text(object.meta.name);
  write(out, object.meta);
  write(out, object.status);
  out.text(object.spec);
  out.word(object.ready);
  out.number(static_cast<std::uint64_t>(object.end_seen.time_since_epoch().count()));
}

void read(Reader& in, core::Observed& object) {
  object.meta.ns = in.text();
  object.meta.name = in.text();
  read(in, object.meta);
  read(in, object.status);
  object.spec = in.text();
  object.ready = in.word();
  object.end_seen = Moment(Moment::duration(static_cast<std::int64_t>(in.number())));
}

void write(Writer& out, const core::Claim& claim) {
  out.text(claim.pvc.ns);
  out.text(claim.pvc.name);
  write(out, claim.pvc);
  out.text(claim.uid);
  out.text(claim.resource_version);
  out.moment(claim.created);
  out.number(claim.deleting);
  out.number(static_cast<std::uint64_t>(claim.phase));
  out.number(claim.access_modes.size());
  for (const std::string& mode : claim.access_modes) out.word(mode);
  out.text(claim.requested);
  out.text(claim.capacity);
}

void read(Reader& in, core::Claim& claim) {
  claim.pvc.ns = in.text();
  claim.pvc.name = in.text();
  read(in, claim.pvc);
  claim.uid = in.text();
  claim.resource_version = in.text();
  claim.created = in.moment();
  claim.deleting = in.number() != 0;
  claim.phase = static_cast<core::Claim::Phase>(in.number());
  claim.access_modes.resize(in.number());
  for (std::string& mode : claim.access_modes) mode = in.word();
  claim.requested = in.text();
  claim.capacity = in.text();
}

}  // namespace

template <class Value>
Packed<Value>::Packed(const Value& value) {
  Writer out;
  write(out, value);
  bytes_ = out.bytes();
}

template <class Value>
Value Packed<Value>::unpack() const {
  Reader in(bytes_);
  Value value;
  read(in, value);
  return value;
}

template <class Value>
Place Packed<Value>::place() const {
  Reader in(bytes_);
  const std::string_view ns = in.text();
  return {ns, in.text()};
}

template class Packed<core::Observed>;
template class Packed<core::Claim>;

}  // namespace holdfast::generator
