// What is remembered of verified restores, how it is written, and what becomes of it when others write.
#include "src/generator/store/verified_memory.hpp"

#include "tests/unit/generator/bench.hpp"

using namespace holdfast;
using namespace holdfast::generator;
using namespace holdfast::generator::test;
using holdfast::test::eventually;
using holdfast::test::within;

namespace {

const kube::Target kPlace = verified_place("holdfast");
const VerifiedMark kOne{"uid-1/aaaa", "log"}, kTwo{"uid-2/bbbb", "counts"}, kUnsaid{"uid-3/cccc", ""};

std::variant<VerifiedMarks, json::ObjectFault> read(const std::string& lines) {
  return read_verified({"1", {{"pvcs", lines}}});
}

struct Keeping : Bench {
  Keeping() { restart(); }
  ~Keeping() {
    asking.on_loop([&] {
      keeper.reset();
      another.reset();
    });
  }
  void restart() {
    asking.on_loop([&] { at->emplace("holdfast", asking.client, asking.log, metrics, [this] { ++changes; }); });
  }
  void change_replica() {
    at = at == &keeper ? &another : &keeper;
    if (!*at) restart();
  }
  bool learn(const VerifiedMark& mark) {
    bool news = false;
    asking.on_loop([&] { news = (*at)->learn(mark); });
    return news;
  }
  void round(bool leads, bool tidies = false) {
    asking.on_loop([&] {
      (*at)->begin({leads ? std::optional(within(10s)) : std::nullopt, [this] { return alive; }, tidies});
    });
    REQUIRE(eventually([&] {
      bool over = false;
      asking.on_loop([&] { over = !(*at)->busy(); });
      return over;
    }));
  }
  Remembered of(const std::string& uid) {
    Remembered found;
    asking.on_loop([&] { found = (*at)->of(uid); });
    return found;
  }
  std::string text() const { return cluster.find(kPlace.resource, kPlace.ns, kPlace.name)["data"]["pvcs"].asString(); }
  void edit(const std::string& text) {
    cluster.edit(kPlace.resource, kPlace.ns, kPlace.name, [&](Json::Value& object) { object["data"]["pvcs"] = text; });
  }
  bool has_shrunk(int times) const {
    return metrics.text().find("holdfast_memory_shrunk_total{memory=\"verified\"} " + std::to_string(times)) !=
           std::string::npos;
  }

  std::optional<std::set<std::string>> alive = std::set<std::string>{"uid-1", "uid-2", "uid-3"};
  std::atomic<int> changes = 0;
  std::optional<VerifiedMemory> keeper, another;
  std::optional<VerifiedMemory>* at = &keeper;
};

}  // namespace

TEST_CASE("what is written of verified restores is what is read") {
  VerifiedMarks marks;
  CHECK(add_marks(marks, {{"uid-1", kOne}, {"uid-2", kTwo}, {"uid-3", kUnsaid}}) == 0);
  for (const VerifiedMarks& some : {marks, VerifiedMarks{}}) {
    const auto object = json::read_config_map(write_verified(kPlace, some, "17"));
    CHECK(std::get<json::ConfigMap>(object).resource_version == "17");
    CHECK(std::get<VerifiedMarks>(read_verified(std::get<json::ConfigMap>(object))) == some);
  }
  const Json::Value object = parse(write_verified(kPlace, marks, ""));
  CHECK(object["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "holdfast");
  CHECK(object["data"]["pvcs"] == "uid-1 aaaa log\nuid-2 bbbb counts\nuid-3 cccc -\n");
}

TEST_CASE("a memory of verified restores that is not as holdfast writes it is a fault that names the line") {
  CHECK(std::get<json::ObjectFault>(read_verified({"1", {}})).problem == "data.pvcs: missing");
  for (const std::string bad : {"x", "a b", "a b c d", "a  c", "\n", "a/b c d", "a b \x01"}) {
    INFO(bad);
    CHECK(std::get<json::ObjectFault>(read("uid-1 aaaa log\n" + bad + "\n")).problem.find("line 2 ") !=
          std::string::npos);
  }
}

TEST_CASE("marks that no line can hold are not remembered, and those without room are counted") {
  for (const char* bad : {"", "uid-1", "/aaaa", "uid-1/", "uid-1/two words", "uid-1/a/b"}) {
    INFO(bad);
    CHECK_FALSE(can_be_remembered({bad, "log"}));
  }
  VerifiedMarks marks{{"uid-1", kOne}};
  CHECK(add_marks(marks, {{"uid-2", kTwo}}, 30) == 1);
  CHECK(add_marks(marks, {{"uid-1", {"uid-1/dddd", "log"}}}, 30) == 0);
  CHECK(marks == VerifiedMarks{{"uid-1", {"uid-1/dddd", "log"}}});
}

TEST_CASE("five thousand verified restores have room and can be read back") {
  VerifiedMarks marks, more;
  for (int i = 0; i < 5'000; ++i) {
    const std::string uid = "0b0e7c3a-0000-4000-8000-" + std::to_string(100'000'000'000 + i);
    more[uid] = {uid + "/" + std::string(kSnapshot), "counts"};
  }
  CHECK(add_marks(marks, more) == 0);
  const auto object = json::read_config_map(write_verified(kPlace, marks, "1"));
  CHECK(std::get<VerifiedMarks>(read_verified(std::get<json::ConfigMap>(object))) == marks);
}

TEST_CASE("the leader writes what destinations say, and nothing where nothing is new") {
  Keeping house;
  CHECK_FALSE(house.of("uid-1").known);
  house.round(true);
  CHECK(house.of("uid-1").known);
  CHECK(house.learn(kOne));
  CHECK_FALSE(house.of("uid-1").stored);
  house.round(true);
  CHECK(house.text() == "uid-1 aaaa log\n");
  CHECK(house.of("uid-1").stored);
  CHECK(house.of("uid-1").verified == kOne);
  CHECK_FALSE(house.learn(kOne));
  const int changes = house.changes;
  house.round(true);
  CHECK(house.changes == changes);
}

TEST_CASE("what is learned last is written, and what is taken back stays so for every replica") {
  Keeping house;
  house.learn(kOne);
  house.round(true);
  house.change_replica();
  house.round(true);
  CHECK(house.learn(taken_back("uid-1")));
  CHECK_FALSE(house.learn(kOne));  // as it stands there
  house.round(true);
  CHECK(house.text() == "uid-1 aaaa log\n");
  CHECK(house.learn(taken_back("uid-1")));
  house.round(true);
  CHECK(house.text() == "uid-1 - -\n");
  CHECK(is_taken_back(house.of("uid-1").verified));
  CHECK_FALSE(is_taken_back(kOne));
  house.change_replica();
  house.round(true);
  CHECK(house.text() == "uid-1 - -\n");
  CHECK(is_taken_back(house.of("uid-1").verified));
  CHECK(house.learn(kOne));
  house.round(true);
  CHECK(house.text() == "uid-1 aaaa log\n");
}

TEST_CASE("who does not lead reads what was verified and writes nothing") {
  Keeping house;
  house.round(false);
  CHECK_FALSE(house.of("uid-1").known);
  CHECK(house.cluster.find(kPlace.resource, kPlace.ns, kPlace.name).isNull());
  house.learn(kOne);
  house.round(true);
  house.change_replica();
  house.round(false);
  CHECK(house.of("uid-1").stored);
}

TEST_CASE("a restart knows what was verified from the memory alone") {
  Keeping house;
  house.learn(kOne);
  house.round(true);
  house.restart();
  CHECK_FALSE(house.of("uid-1").known);
  house.round(true);
  CHECK(house.of("uid-1").verified == kOne);
}

TEST_CASE("PVCs that are gone are forgotten only when it is known for sure which there are") {
  Keeping house;
  house.learn(kOne);
  house.learn(kTwo);
  house.round(true);
  house.alive = std::set<std::string>{"uid-1"};
  house.round(true);
  CHECK(house.of("uid-2").stored);  // not asked for
  house.alive.reset();
  house.round(true, true);
  CHECK(house.of("uid-2").stored);
  house.alive = std::set<std::string>{"uid-1"};
  house.round(true);
  CHECK(house.text() == "uid-1 aaaa log\n");
  CHECK_FALSE(house.of("uid-2").stored);
}

TEST_CASE("PVCs that are gone are forgotten by the next round where one was under way when that was asked") {
  Keeping house;
  house.learn(kOne);
  house.round(true);
  REQUIRE(!house.text().empty());
  house.alive = std::set<std::string>{};
  house.asking.on_loop([&] {
    (*house.at)->begin({within(10s), {}, false});
    (*house.at)->begin({within(10s), [&] { return house.alive; }, true});
  });
  CHECK(eventually([&] {
    house.round(true);
    return house.text().empty();
  }));
}

TEST_CASE("what an older copy lacks of PVCs that live is written back and said, and what the leader dropped is not") {
  Keeping house;
  house.learn(kOne);
  house.learn(kTwo);
  house.round(true);
  house.change_replica();
  house.round(false);
  house.alive = std::set<std::string>{"uid-1"};
  house.change_replica();
  house.round(true, true);
  house.change_replica();
  house.round(false);
  CHECK(house.has_shrunk(0));
  house.edit("");
  house.round(false);
  CHECK(house.has_shrunk(1));
  CHECK(house.of("uid-1").verified == kOne);
  CHECK_FALSE(house.of("uid-1").stored);
  house.round(true);
  CHECK(house.text() == "uid-1 aaaa log\n");
}

TEST_CASE("a memory of verified restores that was deleted is written anew, one that is broken is left and said") {
  Keeping house;
  house.learn(kOne);
  house.round(true);
  house.cluster.erase(kPlace.resource, kPlace.ns, kPlace.name);
  house.round(true);
  CHECK(house.text() == "uid-1 aaaa log\n");
  house.edit("something else");
  house.learn(kTwo);
  house.round(true);
  CHECK(house.text() == "something else");
  CHECK(house.of("uid-1").problem.find("data.pvcs: line 1 ") != std::string::npos);
  CHECK_FALSE(house.of("uid-2").stored);
}
