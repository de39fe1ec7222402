// What a proof costs: one look at all names of index blobs; beside it the standard library's walk of the same tree.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "src/index/kopia/walk.hpp"

namespace {

namespace fs = std::filesystem;

std::string hex(std::mt19937_64& random, std::size_t digits) {
  std::string text;
  while (text.size() < digits) text += "0123456789abcdef"[random() % 16];
  return text;
}

/// An epoch repository as kopia lays it out, with as many pack blobs beside the index as a small one has.
class Repository {
 public:
  explicit Repository(std::int64_t names) {
    char name[] = "/tmp/holdfast-bench-XXXXXX";
    path_ = mkdtemp(name);
    std::mt19937_64 random(1);
    for (std::int64_t i = 0; i < names; ++i) {
      const std::string epoch = "n" + std::to_string(i / 20'000) + "_";
      write(fs::path("x") / epoch / (hex(random, 32) + "-s" + hex(random, 18) + "-c1.f"));
    }
    for (int i = 0; i < 3000; ++i) write(fs::path("p") / hex(random, 3) / (hex(random, 48) + ".f"));
  }
  ~Repository() { fs::remove_all(path_); }

  std::string path() const { return path_; }

 private:
  void write(const fs::path& name) {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file).flush();
  }
  fs::path path_;
};

void proof_walk(benchmark::State& state) {
  const Repository repository(state.range(0));
  const auto hasher = holdfast::index::Hasher::seeded_randomly();
  for (auto _ : state) {
    benchmark::DoNotOptimize(holdfast::index::walk_names(repository.path(), hasher).sum);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void standard_library_walk(benchmark::State& state) {
  const Repository repository(state.range(0));
  for (auto _ : state) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(repository.path() + "/x")) {
      count += entry.path().native().ends_with(".f");
    }
    benchmark::DoNotOptimize(count);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(proof_walk)->Arg(2'000)->Arg(65'000)->Unit(benchmark::kMillisecond);
BENCHMARK(standard_library_walk)->Arg(2'000)->Arg(65'000)->Unit(benchmark::kMillisecond);

}  // namespace
