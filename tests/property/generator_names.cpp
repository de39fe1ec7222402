// What holds of the names, labels, minutes and schedules of every PVC.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

#include "holdfast/volsync/objects.hpp"

namespace {

using namespace holdfast;
using namespace holdfast::volsync;

constexpr Part kParts[] = {Part::Secret, Part::Destination,   Part::RestoreRun,
                           Part::Source, Part::OffsiteSecret, Part::OffsiteSource};

/// Any name that the API server takes, long ones and dotted ones often.
std::string some_pvc_name() {
  const auto length = *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(1, 254));
  std::string name;
  while (name.size() < length) {
    const bool inside = !name.empty() && name.size() + 1 < length && name.back() != '-' && name.back() != '.';
    name += *(inside ? rc::gen::element('a', 'b', '0', '-', '.') : rc::gen::element('a', 'b', '0'));
  }
  return name;
}

core::Naming some_naming() { return *rc::gen::element(core::Naming::LegacyBackup, core::Naming::V4); }

bool is_label_value(const std::string& text) {
  return text.size() <= 63 && core::parse_pvc_name("x/" + text).has_value();
}

}  // namespace

TEST_CASE("every PVC's objects have valid names and the PVC a valid label", "[generator]") {
  CHECK(rc::check([] {
    const std::string pvc = some_pvc_name();
    RC_PRE(core::parse_pvc_name("x/" + pvc).has_value());
    const core::Naming naming = some_naming();
    const Names found = names(naming, pvc);
    for (const Part part : kParts) {
      RC_ASSERT(core::parse_pvc_name("x/" + found.of(part)).has_value());
      RC_ASSERT(found.of(part) == names(naming, pvc).of(part));
    }
    RC_ASSERT(is_label_value(pvc_label(pvc)));
  }));
}

TEST_CASE("two PVCs of a namespace share no object", "[generator]") {
  CHECK(rc::check([] {
    const std::string one = some_pvc_name(), other = some_pvc_name();
    RC_PRE(one != other);
    const core::Naming naming = some_naming();
    for (const Part part : kParts) RC_ASSERT(names(naming, one).of(part) != names(naming, other).of(part));
    RC_ASSERT(pvc_label(one) != pvc_label(other));
  }));
}

TEST_CASE("every PVC has a minute of the hour and a schedule that VolSync takes", "[generator]") {
  CHECK(rc::check([] {
    core::Claim claim;
    claim.pvc.ns = "media";
    claim.pvc.name = some_pvc_name();
    const int minute = minute_of(claim.pvc.full_name());
    RC_ASSERT(minute >= 0);
    RC_ASSERT(minute < 60);
    const auto tier = *rc::gen::element(core::Tier::Hourly, core::Tier::Daily);
    RC_ASSERT(valid_schedule(backup_of(claim, tier, {}).schedule));
  }));
}

TEST_CASE("whatever an annotation says, the schedule is one that VolSync takes", "[generator]") {
  CHECK(rc::check([] {
    core::Claim claim;
    claim.pvc.ns = "media";
    claim.pvc.name = "data";
    const auto pieces = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("M", "*", "*/5", " ", "0", "7", "59", "1-5", "3,4", "@daily", "x", "/", "-"));
    std::string text;
    for (const std::string& piece : pieces) text += piece + *rc::gen::element<std::string>("", " ");
    claim.pvc.annotations[std::string(volsync::key::kSchedule)] = text;
    const Backup backup = backup_of(claim, core::Tier::Daily, {});
    RC_ASSERT(valid_schedule(backup.schedule));
    RC_ASSERT(backup.problem.empty() == valid_schedule(text));
  }));
}
