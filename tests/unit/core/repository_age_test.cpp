// An older copy of the repository, told by the age of its newest snapshot.
#include "holdfast/core/repository_age.hpp"
#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;
using namespace std::chrono_literals;

namespace {

/// Nothing of media/data, and one snapshot of somebody else, of ten hours ago.
Case of_others() {
  Case c;
  c.evidence = current({listed("x-backup@other:/data", 1, "2026-03-01T01:59:55Z")});
  return c;
}

}  // namespace

TEST_CASE("nothing starts empty where the newest snapshot of all is older than the limit") {
  Case c = of_others();
  CHECK(answer(c) == "fresh NoBackup");
  c.policy.fresh_limit = 10h;
  CHECK(answer(c) == "fresh NoBackup");
  c.policy.fresh_limit = 10h - 1s;
  CHECK(answer(c) == "refuse RepositoryOutdated");
  const std::string message = c.decide().message;
  CHECK(contains(message,
                 "the newest snapshot of all is 10h old (2026-03-01T02:00:00Z), over index.freshLimit (35999s)"));
  CHECK(contains(message, std::string(key::kSkipRestore)));
}

TEST_CASE("a repository without a snapshot has no age: the first backups are made into it") {
  Case c;
  c.policy.fresh_limit = 1min;
  CHECK(answer(c) == "fresh NoBackup");
  CHECK(describe(repository_age(Catalog(), c.policy, kNow), c.policy, kNow) == "there is no snapshot");
}

TEST_CASE("what is restored, skipped or refused for another reason does not depend on the age") {
  Case c = of_others();
  c.policy.fresh_limit = 1min;
  c.evidence = one_backup();
  CHECK(answer(c) == "restore BackupFound");
  Case skipping = of_others();
  skipping.policy.fresh_limit = 1min;
  skipping.annotate(key::kSkipRestore, "true");
  skipping.annotate(key::kSkipRestoreReason, "new");
  CHECK(answer(skipping) == "pass SkipRestore");
}

TEST_CASE("the newest end of all is that of no particular identity") {
  CHECK_FALSE(Catalog().newest_end());
  const Catalog both =
      catalog({listed("a@b:/data", 1, "2026-01-03T00:00:00Z"), listed("a@b:/data", 2, "2026-01-01T00:00:00Z"),
               listed("c@d:/data", 3, "2026-01-02T00:00:00Z")});
  CHECK(format_seconds(both.newest_end().value()) == "2026-01-03T00:00:05Z");
}
