// The program run from its first to its last line inside the test: what it returns and what it writes.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "holdfast/cli/run.hpp"
#include "tests/unit/cli/temp_file.hpp"

namespace holdfast::test {

/// Everything that is written to a descriptor, as long as this lives.
class Captured {
 public:
  Captured(std::FILE* stream, int descriptor) : stream_(stream), descriptor_(descriptor), before_(dup(descriptor)) {
    std::fflush(stream_);
    std::FILE* file = std::fopen(file_.path().c_str(), "w");
    dup2(fileno(file), descriptor_);
    std::fclose(file);
  }
  ~Captured() { restore(); }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  std::string text() {
    restore();
    std::ifstream in(file_.path());
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  }

 private:
  void restore() {
    if (before_ < 0) return;
    std::fflush(stream_);
    dup2(before_, descriptor_);
    close(before_);
    before_ = -1;
  }

  std::FILE* const stream_;
  const int descriptor_;
  int before_;
  const TempFile file_{""};
};

/// What is written to a stream, as long as this lives: a reporter of the tests may have taken it from its descriptor.
class CapturedStream {
 public:
  explicit CapturedStream(std::ostream& stream) : stream_(stream), before_(stream.rdbuf(text_.rdbuf())) {}
  ~CapturedStream() { stream_.rdbuf(before_); }
  CapturedStream(const CapturedStream&) = delete;
  CapturedStream& operator=(const CapturedStream&) = delete;

  std::string text() const { return text_.str(); }

 private:
  std::ostream& stream_;
  std::ostringstream text_;
  std::streambuf* const before_;
};

struct Ending {
  int code = -1;
  std::string out, err;
};

/// `holdfast <arguments>`.
inline Ending run_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "holdfast");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  Captured out(stdout, STDOUT_FILENO), err(stderr, STDERR_FILENO);
  const CapturedStream cout(std::cout), cerr(std::cerr);
  Ending ending;
  ending.code = cli::run(static_cast<int>(arguments.size()), argv.data());
  ending.out = out.text() + cout.text();
  ending.err = err.text() + cerr.text();
  return ending;
}

}  // namespace holdfast::test
