// Loading a large listing from a file: time, memory held by the catalog and taken at most, beside RapidJSON with a
// handler that does nothing.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>
#include <rapidjson/filereadstream.h>
#include <rapidjson/reader.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "src/index/proof/catalog.hpp"

namespace {

using namespace std::chrono_literals;

std::size_t memory_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;  // the heap, and large blocks of their own
}

/// 1,000 PVCs share the snapshots; entries have the length of kopia's own.
class ListingFile {
 public:
  explicit ListingFile(std::int64_t snapshots) {
    char name[] = "/tmp/holdfast-bench-XXXXXX";
    folder_ = mkdtemp(name);
    std::ofstream file(path());
    file << "[\n";
    for (std::int64_t i = 0; i < snapshots; ++i) file << (i ? ",\n " : " ") << entry(i);
    file << "\n]";
  }
  ~ListingFile() { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/catalog.json"; }

 private:
  static std::string entry(std::int64_t i) {
    return fmt::format(
        R"({{"id":"{:032x}","source":{{"host":"namespace-{}","userName":"pvc-{}-backup","path":"/data"}},"description":"",)"
        R"("startTime":"2026-{:02}-{:02}T{:02}:17:17.370464612Z","endTime":"2026-{:02}-{:02}T{:02}:18:17.371481974Z",)"
        R"("stats":{{"totalSize":3,"excludedTotalSize":0,"fileCount":1,"cachedFiles":0,"nonCachedFiles":1,"dirCount":1,)"
        R"("excludedFileCount":0,"excludedDirCount":0,"ignoredErrorCount":0,"errorCount":0}},)"
        R"("rootEntry":{{"name":"data","type":"d","mode":"0755","mtime":"2026-11-21T09:28:17.177310929Z",)"
        R"("obj":"kb721e7a8127d139a0fffc41a67b02602","summ":{{"size":3,"files":1,"symlinks":0,"dirs":1,)"
        R"("maxTime":"2026-11-21T09:28:17.177310929Z","numFailed":0}}}}}})",
        i, i % 50, i % 1000, i % 12 + 1, i % 28 + 1, i % 24, i % 12 + 1, i % 28 + 1, i % 24);
  }
  std::string folder_;
};

void load_catalog(benchmark::State& state) {
  const ListingFile file(state.range(0));
  holdfast::index::CatalogFile backend(file.path());
  const auto before = std::get<holdfast::index::Fingerprint>(backend.probe());
  const std::atomic<bool> cancel = false;
  std::size_t held = 0;
  for (auto _ : state) {
    const std::size_t used = memory_in_use();
    const auto result = backend.list(before, std::chrono::steady_clock::now() + 60s, cancel);
    if (!std::holds_alternative<holdfast::index::Reading>(result)) {
      state.SkipWithError(std::get<holdfast::index::Failure>(result).reason.c_str());
      break;
    }
    held = memory_in_use() - used;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MB"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.counters["held_bytes_per_snapshot"] = static_cast<double>(held) / static_cast<double>(state.range(0));
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(std::filesystem::file_size(file.path())));
}

/// As little as can be done: the text is read and found to be JSON.
void read_json(benchmark::State& state) {
  const ListingFile file(state.range(0));
  for (auto _ : state) {
    std::FILE* in = std::fopen(file.path().c_str(), "r");
    static char buffer[16 * 1024];
    rapidjson::FileReadStream stream(in, buffer, sizeof buffer);
    rapidjson::BaseReaderHandler<> nothing;
    rapidjson::Reader reader;
    if (reader.Parse(stream, nothing).IsError()) state.SkipWithError("not JSON");
    std::fclose(in);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(std::filesystem::file_size(file.path())));
}

BENCHMARK(load_catalog)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK(read_json)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
