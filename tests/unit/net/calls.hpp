// Calls and streams of the client, as most tests want them.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/net/client.hpp"

namespace test {

inline holdfast::net::Call call_to(std::string target, std::chrono::milliseconds time = std::chrono::seconds(10)) {
  holdfast::net::Call call;
  call.target = std::move(target);
  call.deadline = std::chrono::steady_clock::now() + time;
  return call;
}

inline std::future<holdfast::net::CallResult> begin(holdfast::net::Client& client, holdfast::net::Call call) {
  auto result = std::make_shared<std::promise<holdfast::net::CallResult>>();
  client.send(std::move(call), [result](holdfast::net::CallResult r) { result->set_value(std::move(r)); });
  return result->get_future();
}

inline holdfast::net::CallResult ask(holdfast::net::Client& client, holdfast::net::Call call) {
  return begin(client, std::move(call)).get();
}

/// The body of the answer, or "! " and what failed.
inline std::string text_of(const holdfast::net::CallResult& result) {
  if (const auto* reply = std::get_if<holdfast::net::Reply>(&result)) return reply->body;
  return "! " + std::get<holdfast::net::CallFailure>(result).text;
}

inline holdfast::net::CallFailure failure_of(const holdfast::net::CallResult& result) {
  REQUIRE(std::holds_alternative<holdfast::net::CallFailure>(result));
  return std::get<holdfast::net::CallFailure>(result);
}

/// Writes down what a stream says: "head 200 <body>", "data <bytes>", "end <problem>". Must outlive the stream.
class Recorder {
 public:
  holdfast::net::Client::StreamCallbacks callbacks() {
    return {[this](const auto& head) { add("head " + std::to_string(head.status) + " " + head.body); },
            [this](std::string_view data) { add("data " + std::string(data)); },
            [this](const std::string& problem) { add("end " + problem); }};
  }
  std::vector<std::string> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  /// Waits for so many of them; gives up after a minute.
  std::vector<std::string> wait_for(std::size_t count) const {
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, std::chrono::seconds(60), [&] { return events_.size() >= count; });
    return events_;
  }
  void wait_for_end() const {
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, std::chrono::seconds(60),
                   [&] { return !events_.empty() && events_.back().starts_with("end"); });
  }

 private:
  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    more_.notify_all();
  }
  mutable std::mutex mutex_;
  mutable std::condition_variable more_;
  std::vector<std::string> events_;
};

}  // namespace test
