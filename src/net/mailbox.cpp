#include "src/net/mailbox.hpp"

#include <utility>

namespace holdfast::net {

class Mailbox::Letter {
 public:
  Letter(std::shared_ptr<Mailbox> mailbox, std::uint64_t exchange)
      : mailbox_(std::move(mailbox)), exchange_(exchange) {}
  // Delivered before? Then the mailbox does not want it any more.
  ~Letter() { deliver(Response{.status = 500, .body = "no answer\n"}); }
  Letter(const Letter&) = delete;
  Letter& operator=(const Letter&) = delete;

  void deliver(Response response) { mailbox_->deliver(exchange_, std::move(response)); }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t exchange_;
};

Respond Mailbox::open(const std::shared_ptr<Mailbox>& mailbox) {
  std::lock_guard lock(mailbox->mutex_);
  mailbox->exchange_ = ++mailbox->last_;
  mailbox->answer_.reset();
  return [letter = std::make_shared<Letter>(mailbox, mailbox->exchange_)](Response response) {
    letter->deliver(std::move(response));
  };
}

void Mailbox::deliver(std::uint64_t exchange, Response response) {
  std::lock_guard lock(mutex_);
  if (exchange != exchange_) return;
  exchange_ = 0;
  answer_ = std::move(response);
  if (notify_) notify_();
}

std::optional<Response> Mailbox::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(answer_, std::nullopt);
}

void Mailbox::close() {
  std::lock_guard lock(mutex_);
  exchange_ = 0;
  notify_ = nullptr;
}

}  // namespace holdfast::net
