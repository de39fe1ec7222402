// A client of a fake API server, with a loop of its own, whose answers are waited for.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "holdfast/kube/client.hpp"
#include "tests/fakes/fake_api_server.hpp"

namespace holdfast::test {

using fakes::ApiAnswer;
using fakes::ApiRequest;
using fakes::ApiStream;
using fakes::FakeApiServer;
using fakes::refusal;

using namespace std::chrono_literals;

inline kube::Deadline within(std::chrono::milliseconds time) { return kube::Deadline::clock::now() + time; }

/// Polls, because what another thread does next cannot be waited for otherwise; gives up after a minute.
inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
  return condition();
}

/// An answer that always is the same.
inline FakeApiServer::Script always(ApiAnswer answer) {
  return [answer](const ApiRequest&) { return answer; };
}

/// One answer after the other; the last one for ever.
inline FakeApiServer::Script in_turn(std::vector<ApiAnswer> answers) {
  auto next = std::make_shared<std::size_t>(0);
  return [answers = std::move(answers), next](const ApiRequest&) {
    const std::size_t at = std::min(*next, answers.size() - 1);
    ++*next;
    return answers[at];
  };
}

struct Asking {
  explicit Asking(FakeApiServer::Script script)
      : server(std::move(script)), client(loop, server.config(), {.user_agent = "holdfast/test"}, log) {}
  Asking(FakeApiServer::Script script, const std::function<void(kube::Config&)>& change)
      : server(std::move(script)), client(loop, changed(server.config(), change), {}, log) {}

  static kube::Config changed(kube::Config config, const std::function<void(kube::Config&)>& change) {
    change(config);
    return config;
  }

  /// The answer to what `ask(done)` begins.
  static kube::Result answer_of(const std::function<void(kube::Done)>& ask) {
    const auto promise = std::make_shared<std::promise<kube::Result>>();
    auto future = promise->get_future();
    ask([promise](kube::Result result) { promise->set_value(std::move(result)); });
    REQUIRE(future.wait_for(20s) == std::future_status::ready);
    return future.get();
  }
  kube::Result get(const kube::Target& target, std::chrono::milliseconds time = 10s) {
    return answer_of([&](kube::Done done) { client.get(target, within(time), std::move(done)); });
  }
  /// Runs `f` on the loop's one thread and waits for its end.
  void on_loop(const std::function<void()>& f) {
    std::promise<void> promise;
    loop.post([&] {
      f();
      promise.set_value();
    });
    promise.get_future().get();
  }

  FakeApiServer server;
  net::Loop loop{1};
  ops::Logger log{ops::Logger::Sink::None, ops::Level::Debug, ops::Format::Text};
  kube::Client client;
};

inline kube::ApiError error_in(const kube::Result& result) {
  const auto* error = std::get_if<kube::ApiError>(&result);
  REQUIRE(error != nullptr);
  return *error;
}

inline std::string text_in(const kube::Result& result) {
  const auto* error = std::get_if<kube::ApiError>(&result);
  INFO("answer: " << (error ? error->reason + ": " + error->message : ""));
  REQUIRE(std::holds_alternative<std::string>(result));
  return std::get<std::string>(result);
}

inline const kube::Target kClaim{kube::kClaims, "demo", "data"};

}  // namespace holdfast::test
