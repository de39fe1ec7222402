#include <catch2/catch.hpp>

#include <set>

#include "holdfast/volsync/objects.hpp"
#include "holdfast/volsync/text.hpp"

using namespace holdfast;
using namespace holdfast::volsync;

TEST_CASE("the minute is the SHA-256 of namespace and name, modulo 60") {
  // Python: int(hashlib.sha256(b"media/plex").hexdigest(), 16) % 60
  CHECK(minute_of({"media", "plex"}) == 9);
  CHECK(minute_of({"karakeep", "data-pvc"}) == 34);
  CHECK(minute_of({"demo", "data"}) == 11);
  CHECK(minute_of({"a", "b"}) == 37);
}

TEST_CASE("the digest is SHA-256's own") {
  // FIPS 180-2, the example "abc".
  CHECK(short_digest("abc") == "ba7816bf8f01cfea");
}

TEST_CASE("a thousand PVCs fill every minute of the hour and no other") {
  std::set<int> minutes;
  for (int i = 0; i < 1000; ++i) minutes.insert(minute_of({"media", "data-" + std::to_string(i)}));
  CHECK(minutes.size() == 60);
  CHECK(*minutes.begin() == 0);
  CHECK(*minutes.rbegin() == 59);
}

TEST_CASE("only a minute field that is M alone becomes the PVC's own minute") {
  const core::PvcName pvc{"demo", "data"};
  CHECK(spread("M * * * *", pvc) == "11 * * * *");
  CHECK(spread("M 2 * * *", pvc) == "11 2 * * *");
  CHECK(spread("7 */6 * * *", pvc) == "7 */6 * * *");
  CHECK(spread("@hourly", pvc) == "@hourly");
}

TEST_CASE("fields end up with one space between them, as the CRD's pattern demands") {
  CHECK(spread("  M   3  * * 0 ", {"demo", "data"}) == "11 3 * * 0");
}

TEST_CASE("accepts schedules that VolSync takes") {
  for (const char* schedule :
       {"M * * * *", "0 2 * * *", "*/5 * * * *", "3/10 * * * *", "0 1-5 * * *", "0,15,30,45 * * * *", "59 23 31 12 6",
        "@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually", " 0  2 * * * "}) {
    INFO(schedule);
    CHECK(valid_schedule(schedule));
  }
}

TEST_CASE("rejects schedules that VolSync or its CRD does not take") {
  for (const char* schedule : {"",
                               " ",
                               "M",
                               "* * * *",
                               "* * * * * *",
                               "60 * * * *",
                               "* 24 * * *",
                               "* * 0 * *",
                               "* * 32 * *",
                               "* * * 0 *",
                               "* * * 13 *",
                               "* * * * 7",
                               "*/0 * * * *",
                               "5-1 * * * *",
                               "1-5/2 * * * *",
                               "1,2-3 * * * *",
                               "-1 * * * *",
                               "1, * * * *",
                               "*/ * * * *",
                               "* M * * *",
                               "m * * * *",
                               "M/5 * * * *",
                               "0 2 * * MON",
                               "@every 1h",
                               "@reboot",
                               "@midnight",
                               "hourly",
                               "0 2 * * *\n",
                               "0\t2 * * *",
                               "99999999999999999999 * * * *"}) {
    INFO(schedule);
    CHECK_FALSE(valid_schedule(schedule));
  }
  CHECK_FALSE(valid_schedule("0" + std::string(300, ' ') + "2 * * *"));
}
