#include "src/generator/run/installation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "holdfast/json/objects.hpp"
#include "holdfast/volsync/observed.hpp"

namespace holdfast::generator {
namespace {

constexpr std::chrono::seconds kOneCall{10};
constexpr std::chrono::seconds kAgain{15};

/// As if everything were asked for: what an earlier setting may have made.
Options everything(Options options) {
  options.kyverno_cleanup = true;
  options.maintenance.enabled = true;
  options.secret.mode = volsync::SecretOptions::Mode::ExternalSecret;
  if (options.repository.kind == RepositoryOptions::Kind::None) options.repository.kind = RepositoryOptions::Kind::Nfs;
  return options;
}

kube::Target target(const Object& object) { return {resource(object.part), object.ns, object.name}; }

}  // namespace

Installation::Installation(const core::Policy& policy, const Options& options, kube::Client& client,
                           const ops::Logger& log, ops::Metrics& metrics)
    : adopts_(options.adopt), client_(client), log_(log), metrics_(metrics) {
  const std::vector<Object> wanted = installation_objects(policy, options);
  for (const Object& object : installation_objects(policy, everything(options))) {
    const auto same_place = [&](const Object& other) {
      return other.part == object.part && other.ns == object.ns && other.name == object.name;
    };
    const auto found = std::ranges::find_if(wanted, same_place);
    items_.push_back(found == wanted.end() ? Item{object, false} : Item{*found, true});
  }
}

void Installation::settle(kube::Deadline deadline) {
  if (under_way_) return;
  under_way_ = true;
  at_ = 0;
  found_.clear();
  next(deadline);
}

bool Installation::due(std::chrono::steady_clock::time_point now) const {
  return incomplete_ && !under_way_ && now >= ended_ + kAgain;
}

void Installation::finish(std::chrono::steady_clock::time_point now) {
  under_way_ = false;
  ended_ = now;
  incomplete_ = at_ < items_.size() || !found_.empty();
  if (found_ != problem_ && !found_.empty()) log_.warn("installation not complete", {{"error", found_}});
  problem_ = found_;
}

void Installation::next(kube::Deadline deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (at_ == items_.size() || now >= deadline) return finish(now);
  const Item& item = items_[at_++];
  client_.get(target(item.object), std::min(deadline, now + kOneCall),
              alive_.guard([this, &item, deadline](const kube::Result& found) { compare(item, found, deadline); }));
}

void Installation::compare(const Item& item, const kube::Result& found, kube::Deadline deadline) {
  if (const auto* error = std::get_if<kube::ApiError>(&found)) {
    if (!item.wanted) return next(deadline);
    if (error->not_found()) return write(item, nullptr, deadline);
    note(item, error->message);
    return next(deadline);
  }
  const auto read = json::read_observed(std::get<std::string>(found));
  const auto* object = std::get_if<core::Observed>(&read);
  if (object == nullptr) {
    note(item, std::get<json::ObjectFault>(read).problem);
    return next(deadline);
  }
  if (standing(object, adopts_) == Standing::Foreign) {
    if (item.wanted) note(item, "it exists and is not holdfast's");
    return next(deadline);
  }
  if (!item.wanted) return remove(item, *object, deadline);
  if (same(item.object, *object)) return next(deadline);
  write(item, object, deadline);
}

void Installation::write(const Item& item, const core::Observed* found, kube::Deadline deadline) {
  Object object = item.object;
  Json::Value& metadata = object.body["metadata"];
  if (found == nullptr)
    metadata["resourceVersion"] = std::string(kube::kVersionOfNone);
  else
    metadata["uid"] = found->meta.uid;
  client_.apply(target(object), to_json(object), found != nullptr, deadline,
                then(item, found == nullptr ? "created" : "changed", deadline));
}

void Installation::remove(const Item& item, const core::Observed& found, kube::Deadline deadline) {
  client_.remove(target(item.object), {found.meta.uid, found.meta.resource_version}, deadline,
                 then(item, "deleted", deadline));
}

kube::Done Installation::then(const Item& item, std::string_view verb, kube::Deadline deadline) {
  return alive_.guard([this, &item, verb, deadline](const kube::Result& result) {
    const std::string_view kind = resource(item.object.part).kind;
    if (const auto* error = std::get_if<kube::ApiError>(&result)) {
      note(item, error->message);
      metrics_.generator_apply(kind, "failed");
      return next(deadline);
    }
    log_.info(verb, {{"kind", kind}, {"namespace", item.object.ns}, {"name", item.object.name}});
    if (verb == "deleted")
      metrics_.generator_delete(kind, "not-wanted");
    else
      metrics_.generator_apply(kind, verb);
    next(deadline);
  });
}

void Installation::note(const Item& item, const std::string& what) {
  found_ +=
      fmt::format("{}{} {}: {}", found_.empty() ? "" : "; ", resource(item.object.part).kind, item.object.name, what);
}

}  // namespace holdfast::generator
