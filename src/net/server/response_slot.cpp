#include "src/net/server/response_slot.hpp"

#include <utility>

namespace holdfast::net {

class ResponseSlot::Sender {
 public:
  Sender(std::shared_ptr<ResponseSlot> slot, std::uint64_t exchange) : slot_(std::move(slot)), exchange_(exchange) {}
  // Delivered before? Then the slot does not want it any more.
  ~Sender() { deliver(Response{.status = 500, .body = "no answer\n"}); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void deliver(Response response) { slot_->deliver(exchange_, std::move(response)); }

 private:
  std::shared_ptr<ResponseSlot> slot_;
  std::uint64_t exchange_;
};

Respond ResponseSlot::open(const std::shared_ptr<ResponseSlot>& slot) {
  std::lock_guard lock(slot->mutex_);
  slot->exchange_ = ++slot->last_;
  slot->answer_.reset();
  return [sender = std::make_shared<Sender>(slot, slot->exchange_)](Response response) {
    sender->deliver(std::move(response));
  };
}

void ResponseSlot::deliver(std::uint64_t exchange, Response response) {
  std::lock_guard lock(mutex_);
  if (exchange != exchange_) return;
  exchange_ = 0;
  answer_ = std::move(response);
  if (notify_) notify_();
}

std::optional<Response> ResponseSlot::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(answer_, std::nullopt);
}

void ResponseSlot::close() {
  std::lock_guard lock(mutex_);
  exchange_ = 0;
  notify_ = nullptr;
}

}  // namespace holdfast::net
