#include "src/generator/store/memory_config_map.hpp"

#include <fmt/format.h>

#include <utility>

namespace holdfast::generator {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kOneCall{10};

}  // namespace

MemoryConfigMap::MemoryConfigMap(kube::Target place, const Words& words, kube::Client& client, const ops::Logger& log,
                                 ops::Metrics& metrics)
    : place_(std::move(place)), words_(words), client_(client), log_(log), metrics_(metrics) {}

void MemoryConfigMap::read(std::function<void(const std::optional<json::ConfigMap>&)> done) {
  if (under_way_) return;
  under_way_ = true;
  client_.get(place_, steady_clock::now() + kOneCall,
              alive_.guard([this, done = std::move(done)](const kube::Result& result) {
                if (const auto* error = std::get_if<kube::ApiError>(&result)) {
                  return error->not_found() ? done(std::nullopt) : over(error->message);
                }
                auto object = json::read_config_map(std::get<std::string>(result));
                if (const auto* fault = std::get_if<json::ObjectFault>(&object)) return over(fault->problem);
                done(std::get<json::ConfigMap>(std::move(object)));
              }));
}

void MemoryConfigMap::write(kube::Deadline until, std::string body, const std::string& version,
                            std::function<void()> written) {
  const auto now = steady_clock::now();
  if (now >= until) return over();
  kube::Done done = alive_.guard([this, written = std::move(written)](const kube::Result& result) {
    if (const auto* error = std::get_if<kube::ApiError>(&result)) return over("not written: " + error->message);
    over();
    written();
  });
  const kube::Deadline deadline = std::min(until, now + kOneCall);
  if (version.empty())
    client_.create(place_, std::move(body), deadline, std::move(done));
  else
    client_.merge_patch(place_, std::move(body), deadline, std::move(done));
}

void MemoryConfigMap::over(const std::string& problem, ops::Level level) {
  under_way_ = false;
  looked_ = true;
  if (problem != problem_ && !problem.empty()) {
    log_.log(level, words_.log, {{"name", place_.name}, {"problem", problem}});
  }
  problem_ = problem;
}

void MemoryConfigMap::note_lost() {
  log_.error(fmt::format("{} lost", words_.log),
             {{"name", place_.name}, {"message", "somebody deleted it: it is written anew from this replica's copy"}});
}

void MemoryConfigMap::note_shrunk(std::size_t by) {
  if (by > 0 && by != shrunk_by_) {
    metrics_.memory_shrunk(words_.metric);
    log_.error(fmt::format("{} shrunk", words_.log),
               {{"name", place_.name},
                {words_.held, by},
                {"message",
                 "somebody has put an older copy there, or taken lines away: what this replica remembers "
                 "is written back"}});
  }
  shrunk_by_ = by;
}

void MemoryConfigMap::note_left_out(std::size_t number, std::string full) {
  if (number == 0) full.clear();
  if (full != full_ && !full.empty()) log_.error(fmt::format("{} is full", words_.log), {{words_.held, number}});
  metrics_.memory_left_out(words_.metric, number);
  full_ = std::move(full);
}

std::string MemoryConfigMap::problem() const {
  const std::string& problem = problem_.empty() ? full_ : problem_;
  return problem.empty() ? problem : fmt::format("ConfigMap {}: {}", place_.name, problem);
}

}  // namespace holdfast::generator
