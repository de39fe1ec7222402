#include "src/generator/store/event_reader.hpp"

#include <fmt/format.h>

#include <utility>

#include "holdfast/json/objects.hpp"

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostKept = 1000;
constexpr std::size_t kMostEvents = 50;  ///< of one object; an API server adds the same ones up
constexpr std::chrono::seconds kOneRead{10};

/// The newest warning in a list of Events; empty: there is none, or it cannot be read.
std::string newest_warning(const kube::Result& result) {
  const auto* body = std::get_if<std::string>(&result);
  if (body == nullptr) return {};
  json::Said newest;
  const auto consider = [&](std::string_view text) {
    auto read = json::read_event(text);
    auto* said = std::get_if<json::Said>(&read);
    // Our own say what a plan says, which would quote itself.
    if (said == nullptr || !said->warning || said->by == kManager || said->last < newest.last) return;
    newest = std::move(*said);
  };
  const auto head = json::read_list(*body, consider);
  return std::holds_alternative<json::ListHead>(head) ? newest.text : std::string();
}

}  // namespace

EventReader::EventReader(kube::Client& client, std::chrono::milliseconds again, Answered answered)
    : client_(client), again_(again), answered_(std::move(answered)) {}

void EventReader::ask(const core::PvcName& pvc, const std::vector<EventsOf>& quotes) {
  const auto now = steady_clock::now();
  for (const EventsOf& of : quotes) {
    if (!asked_.contains(of)) make_room(now);
    if (!asked_.contains(of) && asked_.size() >= kMostKept) continue;
    const auto [asked, is_new] = asked_.try_emplace(of, Asked{now, false, {}});
    asked->second.by.insert(pvc);
    if (is_new || (!asked->second.under_way && now - asked->second.at >= again_)) read(of, now);
  }
}

const Events* EventReader::known() const { return asked_.size() < kMostKept ? &known_ : nullptr; }

/// What nobody asks for any more is not read again.
void EventReader::make_room(Steady now) {
  if (asked_.size() < kMostKept) return;
  std::erase_if(asked_, [&](const auto& one) { return !one.second.under_way && now - one.second.at >= 2 * again_; });
  std::erase_if(known_, [&](const auto& one) { return !asked_.contains(one.first); });
}

void EventReader::read(const EventsOf& of, Steady now) {
  asked_[of].at = now;
  asked_[of].under_way = true;
  kube::Client::ListOptions options;
  options.field_selector = fmt::format("involvedObject.kind={},involvedObject.name={},type=Warning", of.kind, of.name);
  options.limit = kMostEvents;
  client_.list(kube::kEvents, of.ns, options, now + kOneRead,
               alive_.guard([this, of](const kube::Result& result) { answer(of, result); }));
}

void EventReader::answer(const EventsOf& of, const kube::Result& result) {
  Asked& asked = asked_[of];
  asked.under_way = false;
  const auto by = std::exchange(asked.by, {});
  std::string text = newest_warning(result);
  const auto [known, is_new] = known_.try_emplace(of, text);
  if (!is_new && known->second == text) return;
  known->second = std::move(text);
  for (const core::PvcName& pvc : by) answered_(pvc);
}

}  // namespace holdfast::generator
