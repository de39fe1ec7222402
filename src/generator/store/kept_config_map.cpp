#include "src/generator/store/kept_config_map.hpp"

#include <utility>

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kOneCall{10};

}  // namespace

KeptConfigMap::KeptConfigMap(kube::Target place, std::string what, kube::Client& client, const ops::Logger& log)
    : place_(std::move(place)), what_(std::move(what)), client_(client), log_(log) {}

void KeptConfigMap::read(std::function<void(const std::optional<json::ConfigMap>&)> done) {
  if (under_way_) return;
  under_way_ = true;
  const std::weak_ptr<bool> alive = alive_;
  client_.get(place_, steady_clock::now() + kOneCall,
              [this, alive, done = std::move(done)](const kube::Result& result) {
                if (!alive.lock()) return;
                if (const auto* error = std::get_if<kube::ApiError>(&result)) {
                  return error->not_found() ? done(std::nullopt) : over(error->message);
                }
                auto object = json::read_config_map(std::get<std::string>(result));
                if (const auto* fault = std::get_if<json::ObjectFault>(&object)) return over(fault->problem);
                done(std::get<json::ConfigMap>(std::move(object)));
              });
}

void KeptConfigMap::write(kube::Deadline until, std::string body, const std::string& version,
                          std::function<void()> written) {
  const auto now = steady_clock::now();
  if (now >= until) return over();
  const std::weak_ptr<bool> alive = alive_;
  kube::Done done = [this, alive, written = std::move(written)](const kube::Result& result) {
    if (!alive.lock()) return;
    if (const auto* error = std::get_if<kube::ApiError>(&result)) return over("not written: " + error->message);
    over();
    written();
  };
  const kube::Deadline deadline = std::min(until, now + kOneCall);
  if (version.empty())
    client_.create(place_, std::move(body), deadline, std::move(done));
  else
    client_.merge_patch(place_, std::move(body), deadline, std::move(done));
}

void KeptConfigMap::over(const std::string& problem, ops::Level level) {
  under_way_ = false;
  looked_ = true;
  if (problem != problem_ && !problem.empty()) {
    log_.log(level, what_, {{"name", place_.name}, {"problem", problem}});
  }
  problem_ = problem;
}

}  // namespace holdfast::generator
