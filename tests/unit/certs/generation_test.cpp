#include "holdfast/certs/generation.hpp"

#include <catch2/catch.hpp>

using namespace holdfast;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const core::Time kNow = std::chrono::sys_days(2026y / 11 / 21) + 9h;
const std::vector<std::string> kNames = {"holdfast.ns.svc", "holdfast.ns.svc.cluster.local"};

certs::Generation make(std::chrono::seconds lifetime = 90h, core::Time now = kNow) {
  return certs::make_generation(kNames, lifetime, now);
}

}  // namespace

TEST_CASE("a generation is believed by its own authority and by no other one's") {
  const auto one = make(), other = make();
  CHECK(certs::trusts(one.authority, one.chain));
  CHECK_FALSE(certs::trusts(other.authority, one.chain));
  CHECK(certs::trusts(other.authority + one.authority, one.chain));
  CHECK_FALSE(certs::trusts("", one.chain));
  CHECK_FALSE(certs::trusts("hello", one.chain));
  CHECK_FALSE(certs::trusts(one.authority, "hello"));
}

TEST_CASE("a generation is replaced when two thirds of its lifetime are over, however short that is") {
  const auto quarter_year = make(90h * 24), half_minute = make(30s);
  CHECK(certs::renewal_of(quarter_year) == kNow + 60h * 24);
  CHECK(certs::renewal_of(half_minute) == kNow + 20s);
  CHECK(quarter_year.not_before == kNow - 5min);
  CHECK(quarter_year.not_after == kNow + 90h * 24);
}

TEST_CASE("a generation is for the names it was made for") {
  CHECK(certs::is_for(make(), kNames));
  CHECK(certs::is_for(make(), {"holdfast.ns.svc"}));
  CHECK_FALSE(certs::is_for(make(), {"holdfast.ns.svc", "holdfast.other.svc"}));
}

TEST_CASE("a kept generation is read as it was made") {
  const auto made = make();
  CHECK(certs::read_generation(made.chain, made.key, made.authority) == made);
}

TEST_CASE("a kept generation that nobody could serve is refused, and its key is not told") {
  const auto one = make(), other = make();
  const auto problem = [](const std::string& chain, const std::string& key, const std::string& authority) {
    try {
      certs::read_generation(chain, key, authority);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  CHECK_THAT(problem("hello", one.key, one.authority), Contains("the certificate: no readable PEM"));
  CHECK_THAT(problem(one.chain, other.key, one.authority), Contains("the private key does not belong"));
  CHECK_THAT(problem(one.chain, one.key, other.authority), Contains("not signed by its authority"));
  CHECK_THAT(problem(one.chain, one.key, "hello"), Contains("the authority: no readable PEM"));
  const std::string secret = one.key.substr(40, 20);
  CHECK_THAT(problem(one.chain, one.key.substr(0, 80), one.authority), !Contains(secret) && !Contains("none"));
}

TEST_CASE("authorities that have expired are left out, the others stay as they are") {
  const auto old = make(1h), young = make(10h);
  CHECK(certs::without_expired(old.authority + young.authority, kNow + 2h) == young.authority);
  CHECK(certs::without_expired(old.authority + young.authority, kNow) == old.authority + young.authority);
  CHECK(certs::without_expired("", kNow).empty());
}
