#include "src/generator/run/evidence_refresher.hpp"

#include <algorithm>

namespace holdfast::generator {
namespace {

constexpr std::chrono::seconds kFresh{60};
constexpr std::chrono::seconds kFreshUnknown{10};  ///< what could not be told is asked again soon
constexpr std::chrono::seconds kBudget{120};       ///< a listing of a large repository is worth waiting for here

}  // namespace

EvidenceRefresher::EvidenceRefresher(net::Loop& loop, index::Index& index, std::shared_ptr<Return> way_back,
                                     std::chrono::milliseconds between, std::function<void()> arrived)
    : later_(loop), index_(index), way_back_(std::move(way_back)), between_(between), arrived_(std::move(arrived)) {}

const core::Evidence* EvidenceRefresher::since(Steady moment, Steady now) const {
  if (!evidence_ || began_ < moment) return nullptr;
  const bool known = std::holds_alternative<core::Current>(evidence_->state);
  // From its arrival: a listing of a large repository may take minutes. That it began late enough is asked above.
  return now - arrived_at_ <= (known ? kFresh : kFreshUnknown) ? &*evidence_ : nullptr;
}

void EvidenceRefresher::want(Steady now, std::chrono::milliseconds pause) {
  if (under_way_) {
    again_ = std::min(again_.value_or(pause), pause);
    return;
  }
  const Steady due = asked_ + pause;
  if (due <= now) return begin(now);
  if (planned_ && *planned_ <= due) return;
  planned_ = due;
  later_.run(std::chrono::ceil<std::chrono::milliseconds>(due - now), [this, due] {
    // Another one may have been wanted sooner since.
    if (planned_ == due) begin(std::chrono::steady_clock::now());
  });
}

void EvidenceRefresher::begin(Steady now) {
  planned_.reset();
  under_way_ = true;
  again_.reset();
  asked_ = now;
  auto arrive = alive_.guard([this, began = now](core::Evidence evidence) { take(std::move(evidence), began); });
  index_.prove(now + kBudget, [arrive, way_back = way_back_](core::Evidence evidence) {
    way_back->post([arrive, evidence = std::move(evidence)]() mutable { arrive(std::move(evidence)); });
  });
}

void EvidenceRefresher::take(core::Evidence evidence, Steady began) {
  evidence_ = std::move(evidence);
  began_ = began;
  arrived_at_ = std::chrono::steady_clock::now();
  under_way_ = false;
  const auto again = again_;
  arrived_();
  if (again) want(std::chrono::steady_clock::now(), *again);
}

}  // namespace holdfast::generator
