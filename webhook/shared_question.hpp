// One question to the API server for all who ask the same at the same time: who asks while one is under way waits for
// the next, which begins when that ends. So no answer is of a moment before the question, and a wave of reviews costs a
// handful of requests. Any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/index/index.hpp"

namespace holdfast::webhook {

template <class Answer>
class SharedQuestion {
 public:
  using Taker = std::function<void(const std::shared_ptr<const Answer>&)>;
  /// Asks, and calls the taker exactly once, at the latest shortly after the deadline, from any thread.
  using Ask = std::function<void(const std::string& about, index::Deadline, Taker)>;

  /// Longer nobody waits for one that may hang.
  static constexpr std::chrono::milliseconds kPatience{250};
  /// With whom has much more or much less time nobody shares: who is in a hurry would end the question of the others.
  static constexpr std::chrono::milliseconds kLikeness{500};

  /// What `ask` uses outlives every question.
  explicit SharedQuestion(Ask ask) : inside_(std::make_shared<Inside>(std::move(ask))) {}

  /// As Ask.
  void ask(const std::string& about, index::Deadline deadline, Taker taker) {
    inside_->ask(about, {deadline, std::move(taker)});
  }

 private:
  struct Asker {
    index::Deadline deadline;
    Taker taker;
  };
  using Askers = std::vector<Asker>;

  struct Line {
    int under_way = 0;
    std::chrono::steady_clock::time_point began;  ///< the latest of them
    index::Deadline deadline;                     ///< its
    Askers next;
  };

  struct Inside : std::enable_shared_from_this<Inside> {
    explicit Inside(Ask a) : put(std::move(a)) {}

    void ask(const std::string& about, Asker asker) {
      Askers askers;
      {
        const std::lock_guard lock(mutex);
        Line& line = lines[about];
        const auto now = std::chrono::steady_clock::now();
        const bool is_like = line.under_way == 0 || std::chrono::abs(asker.deadline - line.deadline) <= kLikeness;
        (is_like ? line.next : askers).push_back(std::move(asker));
        if (is_like && line.under_way > 0 && now - line.began < kPatience) return;
        if (is_like)
          askers = begin(line);
        else
          ++line.under_way;
      }
      put_to_api_server(about, std::move(askers));
    }

    Askers begin(Line& line) {
      ++line.under_way;
      line.began = std::chrono::steady_clock::now();
      line.deadline = earliest(line.next);
      return std::exchange(line.next, {});
    }

    static index::Deadline earliest(const Askers& askers) {
      return std::ranges::min_element(askers, {}, &Asker::deadline)->deadline;
    }

    void put_to_api_server(const std::string& about, Askers askers) {
      const index::Deadline deadline = earliest(askers);
      put(about, deadline,
          [self = this->shared_from_this(), about,
           askers = std::move(askers)](const std::shared_ptr<const Answer>& answer) {
            self->ended(about);
            for (const Asker& asker : askers) asker.taker(answer);
          });
    }

    /// Those who have gathered meanwhile come next.
    void ended(const std::string& about) {
      Askers askers;
      {
        const std::lock_guard lock(mutex);
        const auto found = lines.find(about);
        Line& line = found->second;
        --line.under_way;
        if (!line.next.empty())
          askers = begin(line);
        else if (line.under_way == 0)
          lines.erase(found);
      }
      if (!askers.empty()) put_to_api_server(about, std::move(askers));
    }

    const Ask put;
    std::mutex mutex;
    std::map<std::string, Line> lines;
  };

  std::shared_ptr<Inside> inside_;
};

}  // namespace holdfast::webhook
