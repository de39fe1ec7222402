#include "tests/unit/volsync/subject.hpp"

using namespace holdfast;
using namespace holdfast::volsync;
using namespace holdfast::volsync::test;

TEST_CASE("without a word a PVC gets the documented settings") {
  const Backup backup = Scene().backup();
  CHECK(backup.problem.empty());
  CHECK(backup.settings.storage_class == std::nullopt);
  CHECK(backup.settings.snapshot_class == std::nullopt);
  CHECK(backup.settings.cache_capacity == "2Gi");
  CHECK(backup.settings.cache_storage_class == std::nullopt);
  CHECK(backup.settings.compression == "zstd-fastest");
  CHECK(backup.settings.parallelism == 2);
  CHECK(backup.settings.copy_method == "Snapshot");
  CHECK(backup.settings.retain == Retain{24, 7, 4, 2});
  CHECK(backup.settings.security_context.value_or(SecurityContext{}).empty());
}

TEST_CASE("the tier chooses the schedule") {
  Scene scene;
  const std::string minute = std::to_string(minute_of({"media", "data"}));
  CHECK(scene.backup().schedule == minute + " * * * *");
  scene.tier = core::Tier::Daily;
  CHECK(scene.backup().schedule == minute + " 2 * * *");
}

TEST_CASE("settings go over defaults, the storage class over settings, annotations over all") {
  Scene scene;
  scene.options.backup.compression = "s2-default";
  scene.options.backup.parallelism = 3;
  scene.options.backup.hourly = "M */2 * * *";
  scene.options.backup.retain = Retain{1, 1, 1, 1};
  scene.options.classes["longhorn"].parallelism = 4;
  scene.options.classes["longhorn"].cache_capacity = "5Gi";
  scene.options.backup.cache_storage_class = "slow";
  scene.options.classes["longhorn"].cache_storage_class = "fast";
  scene.options.classes["other"].cache_capacity = "9Gi";
  scene.annotated(key::kCacheCapacity, "6Gi");

  const Backup backup = scene.backup();
  CHECK(backup.settings.compression == "s2-default");
  CHECK(backup.settings.parallelism == 4);
  CHECK(backup.settings.cache_capacity == "6Gi");
  CHECK(backup.settings.cache_storage_class == "fast");
  CHECK(backup.settings.retain == Retain{1, 1, 1, 1});
  CHECK(backup.settings.copy_method == "Snapshot");
  CHECK(backup.schedule == std::to_string(minute_of({"media", "data"})) + " */2 * * *");
}

TEST_CASE("the schedule of an annotation goes over the tier's") {
  Scene scene;
  CHECK(scene.annotated(key::kSchedule, "5 4 * * 0").backup().schedule == "5 4 * * 0");
  scene.tier = core::Tier::Daily;
  CHECK(scene.backup().schedule == "5 4 * * 0");
  CHECK(scene.annotated(key::kSchedule, "M */6 * * *").backup().schedule ==
        std::to_string(minute_of({"media", "data"})) + " */6 * * *");
}

TEST_CASE("every annotation sets its own setting") {
  const auto with = [](std::string_view key, std::string_view value) {
    const Backup backup = Scene().annotated(key, value).backup();
    CHECK(backup.problem.empty());
    return backup.settings;
  };
  CHECK(with(key::kStorageClass, "fast.local").storage_class == "fast.local");
  CHECK(with(key::kSnapshotClass, "csi-snap").snapshot_class == "csi-snap");
  CHECK(with(key::kCacheCapacity, "500Mi").cache_capacity == "500Mi");
  CHECK(with(key::kCacheStorageClass, "fast.local").cache_storage_class == "fast.local");
  CHECK(with(key::kCompression, "none").compression == "none");
  CHECK(with(key::kParallelism, "128").parallelism == 128);
  CHECK(with(key::kCopyMethod, "Clone").copy_method == "Clone");
  CHECK(with(key::kCopyMethod, "Direct").copy_method == "Direct");
  CHECK(with(key::kRetain, "0/30/0/12").retain == Retain{0, 30, 0, 12});
  CHECK(with(key::kOffsite, "true").copy_method == "Snapshot");
  const SecurityContext context = with(key::kRunAs, "568:2000").security_context.value();
  CHECK(context.run_as_user == 568);
  CHECK(context.run_as_group == 2000);
  CHECK(context.fs_group == 2000);
}

TEST_CASE("run-as changes the users of the security context below and keeps the rest") {
  Scene scene;
  scene.options.backup.security_context = full_security_context();
  const SecurityContext context = scene.annotated(key::kRunAs, "7:8").backup().settings.security_context.value();
  SecurityContext expected = full_security_context();
  expected.run_as_user = 7;
  expected.run_as_group = expected.fs_group = 8;
  CHECK(context == expected);
}

TEST_CASE("run-as root takes the promise not to be root back, which no pod could keep") {
  Scene scene;
  scene.options.backup.security_context = full_security_context();
  const SecurityContext context = scene.annotated(key::kRunAs, "0:0").backup().settings.security_context.value();
  CHECK(context.run_as_user == 0);
  CHECK(context.run_as_non_root == std::nullopt);
}

TEST_CASE("an annotation that cannot be read is left out and named") {
  const Backup good = Scene().backup();
  const std::pair<std::string_view, std::vector<std::string>> cases[] = {
      {key::kSchedule, {"", "hourly", "61 * * * *", "* * * * * *"}},
      {key::kStorageClass, {"", "Fast", "a b", "-a", std::string(254, 'a')}},
      {key::kSnapshotClass, {"", "Snap!", "a..b"}},
      {key::kCacheCapacity, {"", "0", "-1Gi", "2 GB", "lots"}},
      {key::kCacheStorageClass, {"", "Fast", "a b", "-a"}},
      {key::kCompression, {"", "zstd fastest", "ZSTD", "--help", std::string(65, 'z')}},
      {key::kParallelism, {"", "0", "129", "-2", "2.5", "two", "+2", " 2"}},
      {key::kCopyMethod, {"", "snapshot", "None", "Copy"}},
      {key::kRetain, {"", "24", "24/7/4", "24/7/4/2/1", "24/7/4/x", "-1/7/4/2", "0/0/0/0", "10001/0/0/0", "24/7/4/ 2"}},
      {key::kRunAs, {"", "1000", "1000:", ":1000", "root:root", "1:2:3", "-1:1", "2147483648:1"}},
      {key::kOffsite, {"", "yes", "True"}},
  };
  for (const auto& [key, values] : cases) {
    for (const std::string& value : values) {
      INFO(key << " = '" << value << "'");
      const Backup backup = Scene().annotated(key, value).backup();
      CHECK(backup.problem.starts_with("annotation " + std::string(key) + ": "));
      CHECK(backup.problem.find(';') == std::string::npos);
      CHECK(backup.schedule == good.schedule);
      CHECK(backup.settings.storage_class == good.settings.storage_class);
      CHECK(backup.settings.snapshot_class == good.settings.snapshot_class);
      CHECK(backup.settings.cache_capacity == good.settings.cache_capacity);
      CHECK(backup.settings.cache_storage_class == good.settings.cache_storage_class);
      CHECK(backup.settings.compression == good.settings.compression);
      CHECK(backup.settings.parallelism == good.settings.parallelism);
      CHECK(backup.settings.copy_method == good.settings.copy_method);
      CHECK(backup.settings.retain == good.settings.retain);
      CHECK(backup.settings.security_context == good.settings.security_context);
    }
  }
}

TEST_CASE("all problems are named at once, sorted by annotation") {
  Scene scene;
  scene.annotated(key::kRetain, "24/7").annotated(key::kCopyMethod, "x").annotated(key::kParallelism, "3");
  const Backup backup = scene.backup();
  CHECK(backup.problem ==
        "annotation holdfast.dev/copy-method: \"x\" is not Snapshot, Clone or Direct; annotation holdfast.dev/retain: "
        "\"24/7\" is not hourly/daily/weekly/monthly such as 24/7/4/2, up to 10000 each and not all of them 0");
  CHECK(backup.settings.parallelism == 3);
}

TEST_CASE("a problem never repeats a long value or control characters") {
  for (const std::string& value : {std::string(5000, 'x'), std::string("a\nb"), std::string("\x1b[31m")}) {
    const std::string problem = Scene().annotated(key::kCopyMethod, value).backup().problem;
    CHECK(problem == "annotation holdfast.dev/copy-method: expected Snapshot, Clone or Direct");
  }
}
