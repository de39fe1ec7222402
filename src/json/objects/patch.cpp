#include "holdfast/json/review.hpp"

#include <array>
#include <utility>

#include "src/json/reader/write.hpp"

namespace holdfast::json {
namespace {

/// One reference token of a JSON Pointer (RFC 6901).
std::string escape_token(std::string_view token) {
  std::string out;
  for (const char c : token) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

std::string annotation_path(std::string_view key) { return "/metadata/annotations/" + escape_token(key); }

/// Operations in the order they are asked for.
class Patch {
 public:
  Patch() { out_.StartArray(); }

  void add_empty_object(std::string_view path) {
    operation("add", path, [&] { write_object(out_, "value", [] {}); });
  }
  void add_text(std::string_view path, std::string_view value) {
    operation("add", path, [&] { write_member(out_, "value", value); });
  }
  void add_reference(std::string_view path, std::string_view name) {
    operation("add", path, [&] {
      write_object(out_, "value", [&] {
        write_member(out_, "apiGroup", core::kVolSyncGroup);
        write_member(out_, "kind", core::kDestinationKind);
        write_member(out_, "name", name);
      });
    });
  }
  void remove(std::string_view path) {
    operation("remove", path, [] {});
  }

  std::string text() && {
    if (empty_) return {};
    out_.EndArray();
    return {buffer_.GetString(), buffer_.GetSize()};
  }

 private:
  template <class Members>
  void operation(std::string_view name, std::string_view path, Members members) {
    empty_ = false;
    write_object(out_, [&] {
      write_member(out_, "op", name);
      write_member(out_, "path", path);
      members();
    });
  }

  rapidjson::StringBuffer buffer_;
  Writer out_{buffer_};
  bool empty_ = true;
};

/// An "add" replaces what is there, so that a client's own value never survives.
void add_promise(Patch& patch, const core::Pvc& pvc, const core::Restore& restore) {
  const std::array<std::pair<std::string_view, std::string>, 3> promise = {{
      {core::key::kRestoredSnapshot, restore.snapshot.id},
      {core::key::kRestoredAsOf, restore.snapshot.start_time},
      {core::key::kRestoredSource, core::to_string(restore.source)},
  }};
  if (!pvc.has_annotations) patch.add_empty_object("/metadata/annotations");
  for (const auto& [key, value] : promise) {
    const std::string* sent = core::lookup(pvc.annotations, key);
    if (sent == nullptr || *sent != value) patch.add_text(annotation_path(key), value);
  }
}

void remove_promise(Patch& patch, const core::Pvc& pvc) {
  for (std::string_view key : core::kPromiseKeys) {
    if (core::lookup(pvc.annotations, key) != nullptr) patch.remove(annotation_path(key));
  }
}

}  // namespace

std::string write_patch(const core::Pvc& pvc, const core::Verdict& verdict) {
  Patch patch;
  if (const auto* restore = std::get_if<core::Restore>(&verdict.outcome)) {
    if (!pvc.has_spec) patch.add_empty_object("/spec");
    if (!restore->reference_present) patch.add_reference("/spec/dataSourceRef", restore->destination);
    add_promise(patch, pvc, *restore);
  } else {
    remove_promise(patch, pvc);
  }
  return std::move(patch).text();
}

}  // namespace holdfast::json
