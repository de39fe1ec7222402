#include "src/generator/store/seen_memories.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "holdfast/json/objects.hpp"
#include "holdfast/volsync/objects.hpp"

namespace holdfast::generator {
namespace {

constexpr std::chrono::seconds kOneLook{20};
constexpr std::size_t kOnePage = 4;  ///< each may hold 1 MiB
constexpr std::size_t kMost = 256;

/// The memory in one object of the list; nothing where it is something else that holdfast keeps.
std::string read_one(std::string_view text, SeenMemories::All& all) {
  const auto meta = json::read_meta(text);
  if (const auto* fault = std::get_if<json::ObjectFault>(&meta)) return fault->problem;
  const std::string& name = std::get<core::Meta>(meta).name;
  if (!is_seen_name(name)) return {};
  const auto object = json::read_config_map(text);
  if (const auto* fault = std::get_if<json::ObjectFault>(&object)) return name + ": " + fault->problem;
  auto seen = read_seen(std::get<json::ConfigMap>(object));
  if (const auto* fault = std::get_if<json::ObjectFault>(&seen)) return name + ": " + fault->problem;
  all.emplace(name, std::get<Seen>(std::move(seen)));
  return {};
}

}  // namespace

struct SeenMemories::Page {
  All all;
  std::size_t objects = 0;
  std::string continue_token;
};

SeenMemories::SeenMemories(std::string own_namespace, kube::Client& client, const ops::Logger& log,
                           std::function<void()> changed)
    : own_namespace_(std::move(own_namespace)), client_(client), log_(log), changed_(std::move(changed)) {}

void SeenMemories::look() {
  if (own_namespace_.empty() || under_way_) return;
  under_way_ = true;
  list(std::make_shared<Page>(), std::chrono::steady_clock::now() + kOneLook);
}

void SeenMemories::list(std::shared_ptr<Page> page, kube::Deadline deadline) {
  kube::Client::ListOptions options;
  options.label_selector = fmt::format("{}={}", key::kManagedBy, kManager);
  options.limit = kOnePage;
  options.continue_token = page->continue_token;
  client_.list(kube::kConfigMaps, own_namespace_, options, deadline,
               alive_.guard([this, page = std::move(page), deadline](const kube::Result& result) {
                 take(page, deadline, result);
               }));
}

void SeenMemories::take(const std::shared_ptr<Page>& page, kube::Deadline deadline, const kube::Result& result) {
  if (const auto* error = std::get_if<kube::ApiError>(&result)) return end(error->message);
  std::string problem;
  const auto head = json::read_list(std::get<std::string>(result), [&](std::string_view text) {
    ++page->objects;
    std::string found = read_one(text, page->all);
    if (problem.empty()) problem = std::move(found);
  });
  if (const auto* fault = std::get_if<json::ObjectFault>(&head)) problem = fault->problem;
  if (!problem.empty()) return end(problem);
  page->continue_token = std::get<json::ListHead>(head).continue_token;
  if (page->objects > kMost) return end(fmt::format("there are more than {}", kMost));
  if (!page->continue_token.empty()) return list(page, deadline);
  const bool news = all_ != page->all;
  all_ = std::move(page->all);
  end({});
  if (news && changed_) changed_();
}

void SeenMemories::end(const std::string& problem) {
  under_way_ = false;
  looked_ = true;
  if (problem != problem_ && !problem.empty()) log_.warn("memories of seen backups", {{"problem", problem}});
  problem_ = problem;
}

}  // namespace holdfast::generator
