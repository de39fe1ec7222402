#include "holdfast/kube/reflector.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <mutex>

#include "holdfast/json/objects.hpp"
#include "src/kube/backoff.hpp"
#include "tests/unit/kube/asking.hpp"

using namespace holdfast;
using namespace holdfast::test;
using kube::Reflector;
using Is = kube::WatchState::Is;

namespace {

std::string claim(const std::string& name, int version) {
  return fmt::format(R"({{"metadata":{{"name":"{}","namespace":"demo","uid":"u","resourceVersion":"{}"}}}})", name,
                     version);
}

ApiAnswer page(const std::vector<std::string>& objects, const std::string& version, const std::string& token = "") {
  return {
      .body = fmt::format(
          R"({{"kind":"PersistentVolumeClaimList","apiVersion":"v1","metadata":{{"resourceVersion":"{}","continue":"{}"}},"items":[{}]}})",
          version, token, fmt::join(objects, ","))};
}

std::string event(const std::string& type, const std::string& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type, object);
}

/// The answer to a watch that the server ends after these lines.
ApiAnswer watched(const std::vector<std::string>& lines) {
  return {.body = fmt::format("{}\n", fmt::join(lines, "\n"))};
}

ApiAnswer quiet() { return {.stream = std::make_shared<ApiStream>()}; }

/// Says what it was told: "begin", "end", "+name", "-name", "current", "absent", ….
class Notes : public kube::Sink {
 public:
  void reset_begins() override { add("begin"); }
  void reset_ends() override { add("end"); }
  void apply(std::string_view object) override { add("+" + name_of(object)); }
  void remove(std::string_view object) override { add("-" + name_of(object)); }
  void state(const kube::WatchState& state) override {
    constexpr const char* kNames[] = {"starting", "current", "absent", "forbidden", "failing"};
    add(kNames[static_cast<int>(state.is)]);
    const std::lock_guard lock(mutex_);
    problem_ = state.problem;
  }

  std::string text() const {
    const std::lock_guard lock(mutex_);
    return fmt::format("{}", fmt::join(all_, " "));
  }
  std::string problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
  }
  bool wait_for(const std::string& end) const {
    return eventually([&] { return text().ends_with(end); });
  }

 private:
  static std::string name_of(std::string_view object) { return std::get<core::Meta>(json::read_meta(object)).name; }
  void add(std::string text) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(text));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> all_;
  std::string problem_;
};

/// Lists and watches have answers of their own, one after the other; then listings stay and watches are quiet.
struct Watching {
  Watching(std::vector<ApiAnswer> lists, std::vector<ApiAnswer> watches, Reflector::Options options = {})
      : asking([list = in_turn(std::move(lists)), watch = in_turn(std::move(watches))](const ApiRequest& request) {
          return request.is_watch() ? watch(request) : list(request);
        }),
        reflector(asking.loop, asking.client, kube::kClaims, std::move(options), notes, asking.log) {
    reflector.start();
  }

  std::vector<std::string> queries(bool of_watches) const {
    std::vector<std::string> found;
    for (const ApiRequest& request : asking.server.requests()) {
      if (request.is_watch() == of_watches) found.push_back(request.query);
    }
    return found;
  }
  bool watched_from(std::size_t number, const std::string& version) const {
    return eventually([&] { return queries(true).size() > number; }) &&
           queries(true)[number].find("&resourceVersion=" + version + "&") != std::string::npos;
  }

  Notes notes;
  Asking asking;
  Reflector reflector;
};

}  // namespace

TEST_CASE("a listing comes page by page, then a watch from its version") {
  Watching w({page({claim("a", 1), claim("b", 2)}, "9", "next"), page({claim("c", 3)}, "9")}, {quiet()}, {.page = 2});
  REQUIRE(w.notes.wait_for("current"));
  CHECK(w.notes.text() == "begin +a +b +c end current");
  CHECK(w.queries(false) == std::vector<std::string>{"limit=2", "limit=2&continue=next"});
  CHECK(w.watched_from(0, "9"));
}

TEST_CASE("events are passed on, and a bookmark moves the version that a watch goes on from") {
  Watching w({page({}, "5")},
             {watched({event("ADDED", claim("a", 6)), event("MODIFIED", claim("a", 7)), event("DELETED", claim("a", 8)),
                       event("BOOKMARK", R"({"kind":"PersistentVolumeClaim","metadata":{"resourceVersion":"20"}})")}),
              watched({event("ADDED", claim("b", 21))}), quiet()});
  REQUIRE(w.notes.wait_for("+b"));
  CHECK(w.notes.text() == "begin end current +a +a -a +b");
  CHECK(w.watched_from(1, "20"));
  CHECK(w.watched_from(2, "21"));
  CHECK(w.queries(false).size() == 1);
}

TEST_CASE("a page that has expired begins the list anew") {
  Watching w({page({claim("a", 1)}, "9", "next"), refusal(410, "Expired"), page({claim("b", 2)}, "11")}, {quiet()});
  REQUIRE(w.notes.wait_for("current"));
  CHECK(w.notes.text() == "begin +a begin +b end current");
  CHECK(w.queries(false).back() == "limit=250");
}

TEST_CASE("a version that is gone begins the list anew: as an answer, and as an event") {
  const std::string gone = R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})";
  Watching answer({page({}, "1"), page({}, "30")}, {refusal(410, "Expired"), quiet()});
  REQUIRE(answer.watched_from(1, "30"));
  CHECK(answer.notes.text() == "begin end current begin end");
  Watching as_event({page({}, "1"), page({}, "30")}, {watched({gone}), quiet()});
  REQUIRE(as_event.watched_from(1, "30"));
  CHECK(as_event.notes.text() == "begin end current begin end");
}

TEST_CASE("a version that is gone again and again is asked for with a pause") {
  Watching w({page({}, "1")}, {refusal(410, "Expired")});
  REQUIRE(w.notes.wait_for("failing"));
  CHECK(w.queries(true).size() == 2);
}

TEST_CASE("a watch on which nothing comes is cut and begun again from the same version") {
  Watching w({page({}, "5")}, {{.silent = true}, quiet()}, {.silence = 100ms});
  REQUIRE(w.notes.wait_for("failing current"));
  CHECK(w.notes.text().starts_with("begin end current failing current"));
  CHECK(w.watched_from(1, "5"));
  CHECK(w.queries(false).size() == 1);
}

TEST_CASE("a missing resource is asked for again until it is there") {
  Watching w({refusal(404, "NotFound"), refusal(404, "NotFound"), page({claim("a", 1)}, "2")}, {quiet()},
             {.retry = 20ms});
  REQUIRE(w.notes.wait_for("current"));
  CHECK(w.notes.text() == "absent begin +a end current");

  Watching never({refusal(404, "NotFound")}, {quiet()});
  REQUIRE(never.notes.wait_for("absent"));
  CHECK(never.notes.problem() == "the API server does not know persistentvolumeclaims of v1");
}

TEST_CASE("a forbidden resource is said with the API server's words, and asked for again") {
  Watching w({refusal(403, "Forbidden", "holdfast cannot list claims"), page({}, "2")}, {quiet()}, {.retry = 20ms});
  REQUIRE(w.notes.wait_for("current"));
  CHECK(w.notes.text() == "forbidden begin end current");
}

TEST_CASE("a watch that is forbidden leads to a new listing") {
  Watching w({page({}, "2"), page({}, "3")}, {refusal(403, "Forbidden", "not to be watched"), quiet()},
             {.retry = 20ms});
  REQUIRE(w.watched_from(1, "3"));
  CHECK(w.notes.text() == "begin end current forbidden begin end current");
}

TEST_CASE("a listing that fails half way says no end: nothing that it did not reach counts as gone") {
  Watching w({page({claim("a", 1)}, "9", "next"),
              {.body = R"({"kind":"L","metadata":{},"items":[{"metadata":{"name":"b"}},3]})"},
              page({claim("a", 1), claim("b", 2)}, "10")},
             {quiet()});
  REQUIRE(w.notes.wait_for("failing"));
  CHECK(w.notes.text() == "begin +a +b failing");
  CHECK_FALSE(w.notes.problem().empty());
  REQUIRE(w.notes.wait_for("current"));
  CHECK(w.notes.text() == "begin +a +b failing begin +a +b end current");
}

TEST_CASE("a hiccup within a listing repeats the page, not the listing") {
  Watching w({page({claim("a", 1)}, "9", "next"), refusal(503, "ServiceUnavailable"), page({claim("b", 2)}, "9")},
             {quiet()});
  REQUIRE(w.notes.wait_for("current"));
  CHECK(w.notes.text() == "begin +a failing +b end current");
  CHECK(w.queries(false).back() == "limit=250&continue=next");
}

TEST_CASE("a page that is too large is asked for by halves") {
  const std::string big(33 * 1024 * 1024, ' ');
  Watching w({{.body = "{" + big + "}"}, page({claim("a", 1)}, "9")}, {quiet()}, {.page = 8});
  REQUIRE(w.notes.wait_for("current"));
  CHECK(w.queries(false) == std::vector<std::string>{"limit=8", "limit=4"});
}

TEST_CASE("a watch that breaks goes on from the last version after a pause") {
  const auto stream = std::make_shared<ApiStream>();
  Watching w({page({}, "5")}, {{.stream = stream}, quiet()});
  REQUIRE(w.notes.wait_for("current"));
  stream->line(event("ADDED", claim("a", 6)));
  REQUIRE(w.notes.wait_for("+a"));
  stream->cut();
  REQUIRE(w.notes.wait_for("failing current"));
  CHECK(w.watched_from(1, "6"));
  CHECK(w.queries(false).size() == 1);
}

TEST_CASE("a line that cannot be read begins the list anew") {
  Watching w({page({}, "5"), page({}, "8")}, {watched({"nonsense"}), quiet()});
  REQUIRE(w.watched_from(1, "8"));
  CHECK(w.notes.text() == "begin end current failing begin end current");
}

TEST_CASE("nothing is heard of a reflector that is gone") {
  Notes notes;
  Asking asking([](const ApiRequest& request) { return request.is_watch() ? quiet() : page({}, "1"); });
  {
    Reflector reflector(asking.loop, asking.client, kube::kClaims, {}, notes, asking.log);
    reflector.start();
    REQUIRE(notes.wait_for("current"));
  }
  const std::string before = notes.text();
  asking.on_loop([] {});
  CHECK(notes.text() == before);
}

TEST_CASE("pauses double from one second to thirty, each a little different, and begin anew after a success") {
  kube::Backoff backoff(1, 1000ms);
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 10; ++i) pauses.push_back(backoff.next().count());
  for (int i = 0; i < 10; ++i) {
    const std::int64_t base = std::min<std::int64_t>(30'000, 1000 << std::min(i, 5));
    CHECK(pauses[i] >= std::max<std::int64_t>(1000, base * 3 / 4));
    CHECK(pauses[i] <= std::min<std::int64_t>(30'000, base * 5 / 4));
  }
  backoff.reset();
  CHECK(backoff.next() < 1300ms);
  CHECK(kube::Backoff(1, 1000ms).around(1000ms) != kube::Backoff(2, 1000ms).around(1000ms));
}
