#include "holdfast/index/index.hpp"

#include <future>

namespace holdfast::index {

core::Evidence prove_now(Index& index, Deadline deadline) {
  const auto answer = std::make_shared<std::promise<core::Evidence>>();
  auto future = answer->get_future();
  index.prove(deadline, [answer](core::Evidence evidence) { answer->set_value(std::move(evidence)); });
  return future.get();
}

}  // namespace holdfast::index
