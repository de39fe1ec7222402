#include "src/generator/store/packed.hpp"

#include "src/generator/store/bytes.hpp"

namespace holdfast::generator {
namespace {

/// Of a value that is written, or of one that is read.
template <class Bytes, class T>
using Field = typename Bytes::template Field<T>;

template <class Bytes>
void pass(Bytes& bytes, Field<Bytes, core::Meta>& meta) {
  bytes.text(meta.uid);
  bytes.text(meta.resource_version);
  bytes.moment(meta.created);
  bytes.number(meta.deleting);
  bytes.map(meta.labels);
  bytes.map(meta.annotations);
  bytes.each(meta.owners, [&](auto& owner) {
    bytes.word(owner.kind);
    bytes.text(owner.name);
    bytes.text(owner.uid);
  });
}

template <class Bytes>
void pass(Bytes& bytes, Field<Bytes, core::SyncStatus>& status) {
  bytes.text(status.last_manual_sync);
  bytes.moment(status.last_sync);
  bytes.moment(status.sync_started);
  bytes.number(status.synchronizing);
  bytes.text(status.error);
  bytes.moment(status.error_since);
  bytes.word(status.mover_result);
  bytes.text(status.mover_logs);
  bytes.optional(status.image, [&](auto& image) {
    bytes.text(image.api_group);
    bytes.text(image.kind);
    bytes.text(image.name);
  });
}

template <class Bytes>
void pass(Bytes& bytes, Field<Bytes, core::ObjectReference>& reference) {
  bytes.word(reference.api_group);
  bytes.word(reference.kind);
  bytes.text(reference.name);
  bytes.text(reference.ns);
}

/// Without namespace and name.
template <class Bytes>
void pass(Bytes& bytes, Field<Bytes, core::Pvc>& pvc) {
  bytes.text(pvc.generate_name);
  bytes.number(pvc.has_annotations);
  bytes.map(pvc.labels);
  bytes.map(pvc.annotations);
  bytes.each(pvc.owners, [&](auto& owner) {
    bytes.word(owner.kind);
    bytes.number(owner.controller);
    bytes.text(owner.uid);
  });
  bytes.word(pvc.volume_mode);
  bytes.text(pvc.volume_name);
  bytes.optional(pvc.storage_class, [&](auto& name) { bytes.text(name); });
  bytes.number(pvc.has_selector);
  bytes.optional(pvc.requested_bytes, [&](auto& size) { bytes.number(size); });
  bytes.optional(pvc.data_source, [&](auto& reference) { pass(bytes, reference); });
  bytes.optional(pvc.data_source_ref, [&](auto& reference) { pass(bytes, reference); });
}

template <class Bytes>
void pass(Bytes& bytes, Field<Bytes, core::Observed>& object) {
  bytes.text(object.meta.ns);
  bytes.text(object.meta.name);
  pass(bytes, object.meta);
  pass(bytes, object.status);
  bytes.text(object.spec);
  bytes.word(object.ready);
  bytes.point(object.end_seen);
}

template <class Bytes>
void pass(Bytes& bytes, Field<Bytes, core::Claim>& claim) {
  bytes.text(claim.pvc.ns);
  bytes.text(claim.pvc.name);
  pass(bytes, claim.pvc);
  bytes.text(claim.uid);
  bytes.text(claim.resource_version);
  bytes.moment(claim.created);
  bytes.number(claim.deleting);
  bytes.number(claim.phase);
  bytes.each(claim.access_modes, [&](auto& mode) { bytes.word(mode); });
  bytes.text(claim.requested);
  bytes.text(claim.capacity);
}

}  // namespace

template <class Value>
Packed<Value>::Packed(const Value& value) {
  Writer out;
  pass(out, value);
  bytes_ = out.bytes();
}

template <class Value>
Value Packed<Value>::unpack() const {
  Reader in(bytes_);
  Value value;
  pass(in, value);
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
