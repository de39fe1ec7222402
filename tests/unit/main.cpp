// The one translation unit that compiles Catch2.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#include <vector>

namespace {

/// `--reporter counted`: Catch2's own words, then a line `FAIL <test case>` for each that failed, then
/// `N passed, N failed, N skipped`. A program that dies on the way prints no count.
class Counted : public Catch::ConsoleReporter {
 public:
  using ConsoleReporter::ConsoleReporter;

  static std::string getDescription() { return "as console, and ends with what failed and a count"; }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    if (stats.totals.testCases.failed > 0) failed_.push_back(stats.testInfo.name);
    ConsoleReporter::testCaseEnded(stats);
  }

  void testRunEnded(const Catch::TestRunStats& stats) override {
    ConsoleReporter::testRunEnded(stats);
    for (const std::string& name : failed_) stream << "FAIL " << name << '\n';
    const Catch::Counts& cases = stats.totals.testCases;
    stream << cases.passed + cases.failedButOk << " passed, " << cases.failed << " failed, 0 skipped\n" << std::flush;
  }

 private:
  std::vector<std::string> failed_;
};

CATCH_REGISTER_REPORTER("counted", Counted)

}  // namespace
