// Whoever asks the same at the same time is answered together, and never from a moment before the question.
#include "webhook/shared_question.hpp"

#include <catch2/catch.hpp>
#include <thread>

using namespace holdfast;
using namespace std::chrono_literals;

namespace {

/// What was asked for, to be answered by hand.
struct Bench {
  using Shared = webhook::SharedQuestion<int>;
  struct Question {
    std::string about;
    index::Deadline deadline;
    Shared::Taker taker;
  };

  void ask(int who, const std::string& about = "media", std::chrono::milliseconds budget = 10s) {
    shared.ask(about, start + budget,
               [this, who](const std::shared_ptr<const int>& answer) { answers.emplace_back(who, *answer); });
  }
  void answer(std::size_t which, int what) {
    std::exchange(questions.at(which).taker, nullptr)(std::make_shared<const int>(what));
  }

  const index::Deadline start = index::Deadline::clock::now();
  std::vector<Question> questions;
  std::vector<std::pair<int, int>> answers;
  Shared shared{[this](const std::string& about, index::Deadline deadline, Shared::Taker taker) {
    questions.push_back({about, deadline, std::move(taker)});
  }};
};

using Answers = std::vector<std::pair<int, int>>;

}  // namespace

TEST_CASE("who asks while a question is under way is answered by the next one, all of them together") {
  Bench bench;
  for (int who : {1, 2, 3}) bench.ask(who);
  REQUIRE(bench.questions.size() == 1);
  bench.answer(0, 70);
  CHECK(bench.answers == Answers{{1, 70}});
  REQUIRE(bench.questions.size() == 2);
  bench.ask(4);
  bench.answer(1, 71);
  CHECK(bench.answers == Answers{{1, 70}, {2, 71}, {3, 71}});
  bench.answer(2, 72);
  CHECK(bench.answers.back() == std::pair{4, 72});
  CHECK(bench.questions.size() == 3);
}

TEST_CASE("questions about different things do not wait for each other") {
  Bench bench;
  bench.ask(1, "media");
  bench.ask(2, "web");
  REQUIRE(bench.questions.size() == 2);
  bench.answer(1, 5);
  CHECK(bench.answers == Answers{{2, 5}});
}

TEST_CASE("a shared question ends when the first of its askers has no more time") {
  Bench bench;
  bench.ask(1);
  bench.ask(2, "media", 10'200ms);
  bench.ask(3, "media", 9'900ms);
  bench.answer(0, 1);
  CHECK(bench.questions.at(1).deadline == bench.start + 9'900ms);
}

TEST_CASE("who has much less time than the others asks alone, and ends nobody's question") {
  Bench bench;
  bench.ask(1);
  bench.ask(2, "media", 50ms);
  bench.ask(3);
  REQUIRE(bench.questions.size() == 2);
  CHECK(bench.questions[1].deadline == bench.start + 50ms);
  bench.answer(0, 1);
  REQUIRE(bench.questions.size() == 3);
  CHECK(bench.questions[2].deadline == bench.start + 10s);
  bench.answer(2, 3);
  bench.answer(1, 2);
  CHECK(bench.answers == Answers{{1, 1}, {3, 3}, {2, 2}});
}

TEST_CASE("nobody waits long for a question that hangs") {
  Bench bench;
  bench.ask(1);
  bench.ask(2);
  std::this_thread::sleep_for(Bench::Shared::kPatience + 10ms);
  bench.ask(3);
  REQUIRE(bench.questions.size() == 2);
  bench.answer(1, 8);
  CHECK(bench.answers == Answers{{2, 8}, {3, 8}});
  bench.answer(0, 7);
  CHECK(bench.answers.back() == std::pair{1, 7});
}
