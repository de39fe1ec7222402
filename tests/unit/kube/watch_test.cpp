#include <catch2/catch.hpp>
#include <mutex>

#include "src/kube/watch/watch_lines.hpp"
#include "tests/unit/kube/asking.hpp"

using namespace holdfast;
using namespace holdfast::test;
using kube::Client;

namespace {

/// What a watch says, from the loop's thread to the test's.
struct Heard {
  Client::WatchCallbacks callbacks() {
    return {.line = [this](std::string_view line) { add(std::string(line)); },
            .end = [this](const kube::ApiError& e) { add("end " + std::to_string(e.code) + " " + e.message); },
            .begun = [this] { add("begun"); }};
  }
  void add(std::string text) {
    const std::lock_guard lock(mutex);
    all.push_back(std::move(text));
  }
  std::vector<std::string> get() const {
    const std::lock_guard lock(mutex);
    return all;
  }
  bool wait_for(std::size_t count) const {
    return eventually([&] { return get().size() >= count; });
  }

  mutable std::mutex mutex;
  std::vector<std::string> all;
};

std::vector<std::string> cut_up(std::size_t longest, const std::vector<std::string>& parts, bool& fits) {
  kube::WatchLines lines(longest);
  std::vector<std::string> found;
  fits = true;
  for (const std::string& part : parts) {
    fits = fits && lines.feed(part, [&](std::string_view line) {
      found.emplace_back(line);
      return true;
    });
  }
  return found;
}

}  // namespace

TEST_CASE("lines are put together from any pieces; what has no end yet is kept back") {
  bool fits = false;
  CHECK(cut_up(100, {"on", "e\ntwo\n\nth", "r", "ee", "\nfo"}, fits) ==
        std::vector<std::string>{"one", "two", "three"});
  CHECK(fits);
}

TEST_CASE("a line over the limit ends it, in one piece or in many") {
  bool fits = true;
  CHECK(cut_up(4, {"four\nfives\n"}, fits) == std::vector<std::string>{"four"});
  CHECK_FALSE(fits);
  CHECK(cut_up(4, {"fi", "v", "es"}, fits).empty());
  CHECK_FALSE(fits);
}

TEST_CASE("watch: asks for bookmarks from a version on, and delivers line by line") {
  const auto stream = std::make_shared<ApiStream>();
  Asking asking(always({.stream = stream}));
  Heard heard;
  const auto watch =
      asking.client.watch(kube::kClaims, "", {.label_selector = "backup", .resource_version = "7"}, heard.callbacks());
  REQUIRE(heard.wait_for(1));
  stream->line(R"({"type":"ADDED"})");
  REQUIRE(heard.wait_for(2));
  stream->line(R"({"type":"DELETED"})");
  stream->end();
  REQUIRE(heard.wait_for(4));
  CHECK(heard.get() == std::vector<std::string>{"begun", R"({"type":"ADDED"})", R"({"type":"DELETED"})", "end 0 "});
  const ApiRequest request = asking.server.requests().at(0);
  CHECK(request.path == "/api/v1/persistentvolumeclaims");
  CHECK(request.query == "watch=1&allowWatchBookmarks=true&labelSelector=backup&resourceVersion=7&timeoutSeconds=290");
}

TEST_CASE("watch: a refusal is its end, with the API server's words") {
  Asking asking(always(refusal(410, "Expired", "too old resource version")));
  Heard heard;
  const auto watch = asking.client.watch(kube::kClaims, "", {}, heard.callbacks());
  REQUIRE(heard.wait_for(1));
  CHECK(heard.get() == std::vector<std::string>{"end 410 too old resource version"});
}

TEST_CASE("watch: a connection that breaks is said, and differs from the server's own end") {
  const auto stream = std::make_shared<ApiStream>();
  Asking asking(always({.stream = stream}));
  Heard heard;
  const auto watch = asking.client.watch(kube::kClaims, "", {}, heard.callbacks());
  REQUIRE(heard.wait_for(1));
  stream->cut();
  REQUIRE(heard.wait_for(2));
  CHECK(heard.get().at(1).size() > std::string("end 0 ").size());
}

TEST_CASE("watch: nothing is heard after it was let go") {
  const auto stream = std::make_shared<ApiStream>();
  Asking asking(always({.stream = stream}));
  Heard heard;
  auto watch = asking.client.watch(kube::kClaims, "", {}, heard.callbacks());
  REQUIRE(heard.wait_for(1));
  asking.on_loop([&] { watch.reset(); });
  stream->line("late");
  text_in(Asking::answer_of([&](kube::Done done) {
    stream->end();
    asking.loop.post([done] { done(std::string("the loop turns")); }, 100ms);
  }));
  CHECK(heard.get() == std::vector<std::string>{"begun"});
}
