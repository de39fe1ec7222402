#include "tests/unit/core/builders.hpp"

using namespace holdfast::core;
using namespace holdfast::core::test;

namespace {

std::string repeat(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

/// Whether every character is whole.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    std::size_t more = byte < 0x80 ? 0 : byte >> 5 == 6 ? 1 : byte >> 4 == 14 ? 2 : byte >> 3 == 30 ? 3 : text.size();
    for (; more > 0; --more) {
      if (++i >= text.size() || static_cast<unsigned char>(text[i]) >> 6 != 2) return false;
    }
  }
  return true;
}

Verdict refusal() {
  Verdict verdict;
  verdict.outcome = Refuse{};
  verdict.code = Code::BackupsVanished;
  verdict.message = denial_message(verdict.code, "gone", "/repository", kNow, "find out why");
  return verdict;
}

Verdict promise() {
  Verdict verdict;
  verdict.outcome = Restore{};
  verdict.code = Code::BackupFound;
  return verdict;
}

}  // namespace

TEST_CASE("a verdict nobody filled in is a Wait for an internal error") {
  CHECK(answer(Verdict{}) == "wait InternalError");
  CHECK(Verdict{}.denies());
}

TEST_CASE("verdicts in labels and JSON are lower case") {
  CHECK(to_string(Outcome{Wait{}}) == "wait");
  CHECK(to_string(Outcome{Refuse{}}) == "refuse");
  CHECK(to_string(Outcome{Pass{}}) == "pass");
  CHECK(to_string(Outcome{Fresh{}}) == "fresh");
  CHECK(to_string(Outcome{Restore{}}) == "restore");
}

TEST_CASE("a denial says what is wrong, what was checked when, and what to do") {
  CHECK(denial_message(Code::IndexUnavailable, "no answer", "/repository", at("2026-03-01T12:00:00.9Z"), "wait") ==
        "holdfast: IndexUnavailable: no answer; checked /repository at 2026-03-01T12:00:00Z; wait");
}

TEST_CASE("a denial is never longer than 1,024 bytes and keeps its place, time and remedy") {
  const std::string message = denial_message(Code::RestoreReferenceMissing, repeat("p", 5000), repeat("q", 5000), kNow,
                                             "do this" + repeat("r", 5000));
  CHECK(message.size() <= kMaxMessageBytes);
  CHECK(message.starts_with("holdfast: RestoreReferenceMissing: pppp"));
  CHECK(contains(message, "…; checked qqqq"));
  CHECK(contains(message, "q… at 2026-03-01T12:00:00Z; do this"));
  CHECK(message.ends_with("r…"));
}

TEST_CASE("a long problem gives way to the remedy") {
  const std::string message = denial_message(Code::NoBackupAsOf, repeat("p", 5000), "here", kNow, "the whole remedy");
  CHECK(message.size() == kMaxMessageBytes);
  CHECK(message.ends_with("…; checked here at 2026-03-01T12:00:00Z; the whole remedy"));
}

TEST_CASE("a message is never cut in the middle of a character") {
  for (int shift = 0; shift < 4; ++shift) {
    for (const char* character : {"é", "…", "💾"}) {
      const std::string text = repeat("x", shift) + repeat(character, 2000);
      const std::string message = denial_message(Code::NoBackup, text, text, kNow, text);
      CHECK(is_utf8(message));
      CHECK(message.size() <= kMaxMessageBytes);
      CHECK(message.size() > kMaxMessageBytes - 16);
    }
  }
}

TEST_CASE("a message of exactly 1,024 bytes is not cut") {
  const std::size_t rest = denial_message(Code::NoBackup, "", "here", kNow, "wait").size();
  const std::string fits = repeat("p", static_cast<int>(kMaxMessageBytes - rest));
  CHECK(contains(denial_message(Code::NoBackup, fits, "here", kNow, "wait"), fits + ";"));
  CHECK(contains(denial_message(Code::NoBackup, fits + "p", "here", kNow, "wait"), "…;"));
}

TEST_CASE("a Wait from outside the rules has the shape of every denial") {
  const Verdict verdict = wait_verdict(Code::Overloaded, "too many requests", "this replica", kNow);
  CHECK(answer(verdict) == "wait Overloaded");
  CHECK(verdict.message ==
        "holdfast: Overloaded: too many requests; checked this replica at 2026-03-01T12:00:00Z; it is tried again by "
        "itself");
}

TEST_CASE("enforce and strict change no verdict") {
  for (const Mode mode : {Mode::Enforce, Mode::Strict}) {
    CHECK(answer(in_mode(refusal(), mode)) == "refuse BackupsVanished");
    CHECK(answer(in_mode(promise(), mode)) == "restore BackupFound");
    CHECK(in_mode(refusal(), mode).warnings.empty());
  }
}

TEST_CASE("permissive denies nothing and still restores") {
  CHECK(answer(in_mode(refusal(), Mode::Permissive)) == "pass BackupsVanished");
  CHECK(answer(in_mode(Verdict{}, Mode::Permissive)) == "pass InternalError");
  CHECK(answer(in_mode(promise(), Mode::Permissive)) == "restore BackupFound");
}

TEST_CASE("audit denies nothing and changes nothing") {
  CHECK(answer(in_mode(refusal(), Mode::Audit)) == "pass BackupsVanished");
  CHECK(answer(in_mode(promise(), Mode::Audit)) == "pass BackupFound");
}

TEST_CASE("a denial that a mode lets through warns of what enforce would have said") {
  const Verdict verdict = in_mode(refusal(), Mode::Permissive);
  CHECK(warns(verdict, Code::BackupsVanished));
  CHECK(contains(verdict.warnings.at(0), "would be denied: holdfast: BackupsVanished: gone;"));
  CHECK(verdict.message == refusal().message);
}

TEST_CASE("fresh and pass are the same in every mode") {
  Verdict fresh;
  fresh.outcome = Fresh{};
  fresh.code = Code::NoBackup;
  for (const Mode mode : {Mode::Enforce, Mode::Strict, Mode::Permissive, Mode::Audit}) {
    CHECK(answer(in_mode(fresh, mode)) == "fresh NoBackup");
    CHECK(in_mode(fresh, mode).warnings.empty());
  }
}
