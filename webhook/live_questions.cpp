#include "holdfast/webhook/live_questions.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "webhook/inquiry.hpp"

namespace holdfast::webhook {
namespace {

Found<volsync::Seen> read_seen(const kube::Result& result) {
  const auto no_answer = [](std::string_view why) {
    return core::NoAnswer{fmt::format("the memory of seen backups: {}", why)};
  };
  auto object = read_object(result, json::read_config_map);
  if (const auto* silent = std::get_if<core::NoAnswer>(&object)) return no_answer(silent->reason);
  const auto& config_map = std::get<0>(object);
  if (!config_map) return std::optional<volsync::Seen>();
  auto read = volsync::read_seen(*config_map);
  if (const auto* fault = std::get_if<json::ObjectFault>(&read)) return no_answer(fault->problem);
  return std::optional(std::get<volsync::Seen>(std::move(read)));
}

SharedQuestion<NamespaceView> looks(kube::Client& client, const Templates& templates, bool claims) {
  return SharedQuestion<NamespaceView>(
      [&client, templates, claims](const std::string& ns, index::Deadline deadline, ViewTaker taker) {
        look_at_namespace(client, ns, claims, templates, deadline, std::move(taker));
      });
}

SharedQuestion<Memory> recollection(kube::Client& client, const kube::Target& place, const Templates& templates,
                                    const LiveQuestions::Known& known) {
  return SharedQuestion<Memory>([&client, place, templates, known](const std::string&, index::Deadline deadline,
                                                                   SharedQuestion<Memory>::Taker taker) {
    client.get(place, deadline, [templates, known, taker = std::move(taker)](const kube::Result& result) {
      Memory memory{.seen = read_seen(result)};
      const auto* seen = std::get_if<std::optional<volsync::Seen>>(&memory.seen);
      const auto here = known ? known->seen.read() : nullptr;
      if (seen != nullptr && *seen) {
        const bool is_known = here && here->owners && here->seen.owners == (*seen)->owners;
        memory.owners = is_known ? here->owners : volsync::owner_table(**seen, *templates);
      }
      taker(std::make_shared<const Memory>(std::move(memory)));
    });
  });
}

}  // namespace

struct LiveQuestions::Impl {
  Questions questions;
  const Known known;
};

LiveQuestions::LiveQuestions(kube::Client& client, core::Policy policy, const volsync::Options& options,
                             std::optional<kube::Target> memory, Known known) {
  const auto templates = std::make_shared<const std::vector<core::IdentityTemplate>>(core::every_template(policy));
  std::optional<SharedQuestion<Memory>> remembered;
  if (memory) remembered = recollection(client, *memory, templates, known);
  impl_ = std::make_unique<Impl>(
      Impl{{client, std::move(policy), templates, options.adopt, options.overlong_sync, looks(client, templates, true),
            looks(client, templates, false), std::move(remembered)},
           std::move(known)});
}

LiveQuestions::~LiveQuestions() = default;

void LiveQuestions::ask(const core::WantsRestore& wanted, About about, index::Deadline deadline,
                        std::function<void(core::ClusterFacts)> done) {
  const auto inquiry = std::make_shared<Inquiry>(impl_->questions, wanted, deadline, std::move(done));
  if (impl_->known) {
    impl_->known->asked = std::chrono::steady_clock::now();
    if (auto watched = impl_->known->watched.read(); watched->current) inquiry->hear(std::move(watched));
    inquiry->hear(impl_->known->seen.read());
  }
  inquiry->ask(about);
}

void LiveQuestions::ask_namespace(const std::string& name, index::Deadline deadline, std::function<void(Labels)> done) {
  impl_->questions.client.get({kube::kNamespaces, "", name}, deadline,
                              [name, done = std::move(done)](const kube::Result& result) {
                                auto found = read_object(result, json::read_meta);
                                if (auto* silent = std::get_if<core::NoAnswer>(&found)) return done(std::move(*silent));
                                auto& meta = std::get<0>(found);
                                if (!meta) return done(core::NoAnswer{fmt::format("there is no namespace {}", name)});
                                done(std::move(meta->labels));
                              });
}

}  // namespace holdfast::webhook
