#include "src/cli/newcomer.hpp"

#include <future>
#include <memory>

#include "holdfast/base/clock.hpp"
#include "holdfast/webhook/live_questions.hpp"
#include "src/cli/cluster.hpp"

namespace holdfast::cli {
namespace {

constexpr std::chrono::seconds kPatience{10};

core::ClusterFacts ask_cluster(const core::WantsRestore& wanted, const core::Policy& policy, const Settings& settings,
                               const ops::Logger& log) {
  const kube::Config config = need_cluster(settings);
  net::Loop loop(1);
  kube::Client client(loop, config, {4, "holdfast-cli"}, log);
  webhook::LiveQuestions questions(client, policy, settings.generator, memory_place(settings, config));
  const auto answer = std::make_shared<std::promise<core::ClusterFacts>>();
  questions.ask(wanted, webhook::ClusterQuestions::About::Everything, std::chrono::steady_clock::now() + kPatience,
                [answer](core::ClusterFacts facts) { answer->set_value(std::move(facts)); });
  core::ClusterFacts facts = answer->get_future().get();
  loop.stop();
  // Whoever asks from elsewhere may not know holdfast's namespace.
  if (const auto* silent = std::get_if<core::NoAnswer>(&facts.tombstone)) {
    log.warn("what is remembered of seen backups is left out", {{"problem", silent->reason}});
    const auto* whose = std::get_if<core::NoAnswer>(&facts.ownership);
    if (whose != nullptr && whose->reason == silent->reason) facts.ownership = std::move(facts.heard);
    facts.tombstone = core::NotApplicable{};
  }
  return facts;
}

}  // namespace

Newcomer newcomer(const core::PvcName& name, const Settings& settings, const ops::Logger& log) {
  Newcomer asked{settings.policy, {}};
  asked.policy.simple_contract = true;
  core::Claim& claim = asked.input.claims.emplace_back();
  claim.pvc.ns = name.ns;
  claim.pvc.name = name.name;
  claim.pvc.labels.emplace(core::key::kBackup, "daily");
  const core::Intent intent = core::read_intent(asked.input.question(claim), asked.policy, base::utc_now());
  if (const auto* wanted = std::get_if<core::WantsRestore>(&intent)) {
    asked.input.facts[wanted->owner.ns] = ask_cluster(*wanted, asked.policy, settings, log);
  }
  return asked;
}

}  // namespace holdfast::cli
