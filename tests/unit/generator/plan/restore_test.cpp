#include <catch2/catch.hpp>

#include <set>

#include "src/generator/plan/attempt.hpp"
#include "tests/unit/generator/model.hpp"

using namespace holdfast::generator;
using namespace holdfast::generator::test;
using Stage = Restore::Stage;
namespace core = holdfast::core;

TEST_CASE("a PVC without a promise has no restore, and nothing is run for it") {
  World world;
  CHECK(world.plan().restore.stage == Stage::None);
  CHECK(words(world.plan()) == Words{"apply destination"});
}

TEST_CASE("a promise counts only with all three annotations and a reference to our own destination") {
  const core::Policy policy;
  core::Claim claim = *World().claim;
  promise(claim);
  CHECK(promise_of(claim, policy)->source == core::parse_identity(kOwnSource));
  for (const auto key : core::kPromiseKeys) {
    core::Claim less = claim;
    less.pvc.annotations.erase(std::string(key));
    CHECK_FALSE(promise_of(less, policy));
  }
  claim.pvc.data_source_ref->name = "other-backup";
  CHECK_FALSE(promise_of(claim, policy));
}

TEST_CASE("an open promise gets a destination and a run with the snapshot's start time byte for byte") {
  World world = promised();
  const Plan plan = world.plan();
  CHECK(plan.restore.stage == Stage::Open);
  CHECK(words(plan) == Words{"apply destination", "apply run"});
  CHECK(took(plan, RestoreStep::Started));
  const Json::Value run = actions<Apply>(plan)[1].object.body;
  CHECK(run["spec"]["kopia"]["restoreAsOf"] == kSnapshotStart);
  CHECK(run["spec"]["trigger"]["manual"] == attempt_token("uid-1", kSnapshot, 1));
  CHECK(run["spec"]["kopia"]["enableFileDeletion"] == true);
  CHECK_FALSE(run["spec"]["kopia"].isMember("cacheCapacity"));
}

TEST_CASE("no run begins while the evidence is unknown") {
  World world = promised();
  world.evidence = unknown();
  const Plan plan = world.plan();
  CHECK(words(plan) == Words{"apply destination"});
  CHECK(plan.needs_evidence);
  REQUIRE(held(plan, "EvidenceUnknown"));
  CHECK(held(plan, "EvidenceUnknown")->message.find("the mount does not answer") != std::string::npos);
}

TEST_CASE("no run begins from another repository than the pinned one") {
  World world = promised();
  world.evidence.repository = core::RepositoryId::parse(kOtherRepositoryId);
  CHECK(words(world.plan()) == Words{"apply destination"});
  CHECK(warned(world.plan(), "RepositoryChanged"));
}

TEST_CASE("a promised snapshot that is gone is said, and nothing is run") {
  World world = promised();
  world.evidence = current({listed(kOwnSource, std::string(32, 'f'), kSnapshotStart)});
  CHECK(words(world.plan()) == Words{"apply destination"});
  CHECK(warned(world.plan(), "RestoreNotVerified"));
  CHECK(held(world.plan(), "RestoreNotVerified")->message.find("create it again to restore") != std::string::npos);
}

TEST_CASE("nobody is told to create a PVC again when no backup of it is left") {
  World world = promised();
  world.evidence = current({});
  REQUIRE(warned(world.plan(), "RestoreNotVerified"));
  const std::string said = held(world.plan(), "RestoreNotVerified")->message;
  CHECK(said.find("no complete backup of it is left there") != std::string::npos);
  CHECK(said.find("again to restore") == std::string::npos);
}

TEST_CASE("of a promised snapshot that is gone an attempt has one message, before and after the next one is due") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", kNothingSelected, image("empty"));
  world.evidence = current({});
  const auto messages = [&] {
    std::set<std::string> found;
    for (const Hold& hold : world.plan().holds) {
      if (hold.code == "RestoreNotVerified") found.insert(hold.message);
    }
    return found;
  };
  const auto at_once = messages();
  REQUIRE(at_once.size() == 1);
  CHECK(at_once.begin()->find("is not in /repository any more") != std::string::npos);
  CHECK(at_once.begin()->find("holdfast.dev/accept-unverified: " + world.run_token()) != std::string::npos);
  world.now += std::chrono::hours{1};
  CHECK(messages() == at_once);
  CHECK(world.plan().actions.empty());
}

TEST_CASE("what an attempt has restored is told when it is known what the repository holds, and not before") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", kNothingSelected, image("empty"));
  View view = world.view();
  view.evidence = nullptr;
  const Plan blind = make_plan(view, world.policy, world.options, world.now);
  CHECK_FALSE(held(blind, "RestoreNotVerified"));
  CHECK(blind.needs_evidence);
  CHECK(took(blind, RestoreStep::Unverified));
  world.evidence = unknown();
  CHECK(warned(world.plan(), "RestoreNotVerified"));
}

TEST_CASE("while the mover works nothing is done") {
  World world = promised();
  world.settle();
  CHECK(world.stage().stage == Stage::Running);
  CHECK(world.stage().attempt == 1);
  CHECK(world.plan().actions.empty());
}

TEST_CASE("a verified restore is written on the destination first and published by the next plan") {
  World world = restored_whole();
  const Plan first = world.plan();
  CHECK(first.restore.stage == Stage::Verified);
  CHECK(words(first) == Words{"apply destination"});
  CHECK(first.steps == std::vector<RestoreStep>{RestoreStep::Verified});
  CHECK(first.restore.verified_by == Restore::VerifiedBy::Log);
  for (const Action& action : first.actions) REQUIRE(world.carry_out(action));
  world.remember();
  const Plan second = world.plan();
  CHECK(words(second) == Words{"image on"});
  CHECK(second.steps == std::vector<RestoreStep>{RestoreStep::Published});
  const SetImage set = actions<SetImage>(second)[0];
  CHECK(set.image == image("image-1"));
  CHECK(set.resource_version == world.the(Part::Destination).meta.resource_version);
  CHECK(set.claim_uid == "uid-1");
}

TEST_CASE(
    "nobody has looked yet, or at another repository: a finished restore is not verified, and no attempt is lost") {
  World world = restored_whole();
  View view = world.view();
  view.evidence = nullptr;
  const Plan blind = make_plan(view, world.policy, world.options, world.now);
  CHECK(blind.restore.stage == Stage::Checking);
  CHECK(blind.needs_evidence);
  world.evidence.repository = core::RepositoryId::parse(kOtherRepositoryId);
  CHECK(world.stage().stage == Stage::Checking);
  CHECK(warned(world.plan(), "RepositoryChanged"));
  CHECK(world.plan().actions.empty());
}

TEST_CASE("a restore that was verified stays so, whatever becomes of the snapshot or the repository") {
  World world = restored_whole();
  for (const Action& action : world.plan().actions) REQUIRE(world.carry_out(action));
  SECTION("the snapshot expires") { world.evidence = current({}); }
  SECTION("the repository cannot be read") { world.evidence = unknown(); }
  world.settle();
  CHECK(world.stage().stage == Stage::Published);
}

TEST_CASE("a published restore may wait for its pod for hours without a warning") {
  World world = restored_whole();
  world.settle();
  world.now += std::chrono::hours{30};
  const Plan plan = world.plan();
  CHECK(plan.restore.stage == Stage::Published);
  CHECK(plan.actions.empty());
  REQUIRE(held(plan, "WaitsForPopulator"));
  for (const Hold& hold : plan.holds) CHECK_FALSE(hold.warning);
}

TEST_CASE("after Bound the image is taken off, then the run goes, and the restore is closed") {
  World world = restored_whole();
  world.settle();
  REQUIRE(world.populate());
  CHECK(world.plan().restore.stage == Stage::Bound);
  CHECK(words(world.plan()) == Words{"image off"});
  for (const Action& action : world.plan().actions) REQUIRE(world.carry_out(action));
  CHECK(words(world.plan()) == Words{"remove run restore-done"});
  CHECK(took(world.plan(), RestoreStep::Closed));
  world.settle();
  CHECK(world.plan().restore.stage == Stage::Closed);
}

TEST_CASE("what is Bound is never published again, whatever its run says") {
  World world = restored_whole();
  world.settle();
  world.populate();
  world.the(Part::Destination).status.image.reset();
  for (int i = 0; i < 5; ++i) {
    const Plan plan = world.plan();
    for (const SetImage& set : actions<SetImage>(plan)) CHECK_FALSE(set.image);
    for (const Action& action : plan.actions) world.carry_out(action);
  }
}

TEST_CASE("an unverified attempt is followed by another with a new token, later each time") {
  World world = promised();
  world.settle();
  for (int attempt = 1; attempt <= 8; ++attempt) {
    world.finish_run("Successful", kNothingSelected, image("empty"));
    CHECK(world.plan().actions.empty());
    CHECK(world.stage().next_attempt == world.now + back_off(attempt));
    world.now += back_off(attempt);
    CHECK(words(world.plan()) == Words{"apply run"});
    world.settle();
    CHECK(world.run_token() == attempt_token("uid-1", kSnapshot, attempt + 1));
    CHECK(world.stage().stage == Stage::Running);
  }
  CHECK(back_off(8) == std::chrono::minutes{30});
}

TEST_CASE("an attempt that ended at no known time is repeated all the same") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", "", image("empty"));
  world.the(Part::RestoreRun).status.last_sync.reset();
  world.now += std::chrono::minutes{1};
  CHECK(words(world.plan()) == Words{"apply run"});
}

TEST_CASE("a mover that fails is VolSync's to repeat: its last words are told and no token is changed") {
  World world = promised();
  world.settle();
  world.the(Part::RestoreRun).status.mover_result = "Failed";
  world.the(Part::RestoreRun).status.mover_logs = "connecting\n" + std::string(5000, 'x') + "\nno route\tto host\n";
  const Plan plan = world.plan();
  CHECK(plan.restore.stage == Stage::Unverified);
  CHECK(plan.restore.failed);
  CHECK(plan.restore.problem.ends_with("no route to host"));
  CHECK(plan.restore.problem.size() < 500);
  CHECK(took(plan, RestoreStep::Failed));
  CHECK(plan.actions.empty());
}

TEST_CASE("the image of an attempt under way is not taken for its result") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", "", image("empty"));
  world.now += std::chrono::minutes{1};
  world.settle();
  world.the(Part::RestoreRun).status.mover_logs = kCompleted;
  CHECK(world.stage().stage == Stage::Running);
  CHECK(world.plan().actions.empty());
}

TEST_CASE("a person may accept an attempt by its token, and only that one") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", counted(7), image("seven"));
  auto& annotations = world.claim->pvc.annotations;
  annotations[std::string(key::kAcceptUnverified)] = attempt_token("uid-1", kSnapshot, 2);
  CHECK(world.stage().stage == Stage::Unverified);
  annotations[std::string(key::kAcceptUnverified)] = " " + world.run_token() + "\n";
  CHECK(world.stage().stage == Stage::Verified);
  CHECK(world.stage().verified_by == Restore::VerifiedBy::Person);
  CHECK(took(world.plan(), RestoreStep::AcceptedUnverified));
  world.settle();
  CHECK(world.the(Part::Destination).status.image == image("seven"));
}

TEST_CASE("what has no image cannot be accepted") {
  World world = promised();
  world.settle();
  world.finish_run("Successful", counted(7), std::nullopt);
  world.claim->pvc.annotations[std::string(key::kAcceptUnverified)] = world.run_token();
  CHECK(world.stage().stage == Stage::Unverified);
}

TEST_CASE("an image that is not the verified run's is taken off the destination before anything else") {
  World world = restored_whole();
  world.the(Part::Destination).status.image = image("stale");
  CHECK(words(world.plan()) == Words{"image off", "apply destination"});
  world.settle();
  CHECK(world.the(Part::Destination).status.image == image("image-1"));
  world.the(Part::Destination).status.image = image("stale");
  CHECK(words(world.plan()) == Words{"image off"});
}

TEST_CASE("an image on the destination of a PVC that was promised nothing is taken off") {
  for (const bool is_bound : {false, true}) {
    World world;
    world.settle();
    if (is_bound) world.claim->phase = core::Claim::Phase::Bound;
    world.the(Part::Destination).status.image = image("stale");
    CHECK(words(world.plan()) == Words{"image off"});
  }
}

TEST_CASE("the right image before the destination says verified is taken off too") {
  World world = restored_whole();
  world.the(Part::Destination).status.image = image("image-1");
  CHECK(words(world.plan()) == Words{"image off", "apply destination"});
}

TEST_CASE("a run that nobody needs any more goes after the image") {
  World world = restored_whole();
  world.settle();
  for (const auto key : core::kPromiseKeys) world.claim->pvc.annotations.erase(std::string(key));
  CHECK(words(world.plan()) == Words{"image off"});
  for (const Action& action : world.plan().actions) REQUIRE(world.carry_out(action));
  CHECK(words(world.plan()) == Words{"remove run restore-done"});
}

TEST_CASE("a PVC that waits at our destination without a promise is told so") {
  World world;
  promise(*world.claim);
  for (const auto key : core::kPromiseKeys) world.claim->pvc.annotations.erase(std::string(key));
  CHECK(warned(world.plan(), "RestoreNotPromised"));
}

TEST_CASE("a run of an earlier PVC or of another promise is removed and never published") {
  World world = restored_whole();
  world.settle();
  SECTION("an earlier PVC") {
    world.create_claim("uid-2");
    promise(*world.claim);
    const Plan plan = world.plan();
    CHECK(words(plan) == Words{"image off", "remove run owner-gone", "apply destination"});
    CHECK_FALSE(actions<Apply>(plan)[0].object.body["metadata"]["annotations"].isMember(std::string(key::kVerified)));
  }
  SECTION("another promise of the same PVC") {
    promise(*world.claim, std::string(32, 'a'));
    CHECK(words(world.plan()) == Words{"image off", "remove run restore-done", "apply destination"});
  }
  SECTION("a token that somebody changed") {
    world.the(Part::RestoreRun).spec = R"({"trigger":{"manual":"mine"}})";
    CHECK(words(world.plan()) == Words{"image off", "remove run restore-done", "apply destination"});
  }
}

TEST_CASE("a run with the right token but without this PVC as its owner is not believed") {
  World world = restored_whole();
  world.the(Part::RestoreRun).meta.owners.clear();
  CHECK(world.stage().stage == Stage::Open);
  CHECK(words(world.plan()) == Words{"remove run owner-gone"});
}

TEST_CASE("a run on its way out is waited for") {
  World world = restored_whole();
  world.the(Part::RestoreRun).meta.deleting = true;
  CHECK(world.stage().stage == Stage::Open);
  CHECK(world.plan().actions.empty());
}

TEST_CASE("nothing is published for a PVC that is being deleted, and what shows is taken off") {
  World world = restored_whole();
  world.claim->deleting = true;
  CHECK(world.plan().actions.empty());
  world.claim->deleting = false;
  world.settle();
  world.claim->deleting = true;
  CHECK(words(world.plan()) == Words{"image off"});
}

TEST_CASE("somebody else's destination or run stops the restore") {
  World world = promised();
  SECTION("destination") {
    world.put_foreign(Part::Destination, "helm").status.image = image("theirs");
    CHECK(world.plan().actions.empty());
    REQUIRE(warned(world.plan(), "ForeignObject"));
    CHECK(held(world.plan(), "ForeignObject")->message.find("managed by helm") != std::string::npos);
  }
  SECTION("run") {
    world.put_foreign(Part::RestoreRun);
    CHECK(words(world.plan()) == Words{"apply destination"});
    CHECK(warned(world.plan(), "ForeignObject"));
  }
}

TEST_CASE("a token says its attempt to its own promise only") {
  const std::string token = attempt_token("u", "s", 12);
  CHECK(token.size() == 19);
  CHECK(attempt_of(token, "u", "s") == 12);
  CHECK_FALSE(attempt_of(token, "v", "s"));
  CHECK_FALSE(attempt_of(token, "u", "t"));
  CHECK_FALSE(attempt_of(token + "x", "u", "s"));
  CHECK_FALSE(attempt_of(token.substr(0, 17) + "0", "u", "s"));
  CHECK_FALSE(attempt_of("", "u", "s"));
}
