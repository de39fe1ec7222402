#include "src/index/kopia/kopia_trace.hpp"

#include <fmt/format.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "holdfast/base/file.hpp"

namespace holdfast::index {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kOpenedSuffix = ".sndx";
constexpr std::size_t kMostListBytes = 128 * 1024 * 1024;

/// `{"expireAfter":…,"blobs":[{"id":…,"length":…,"timestamp":…},…]}`
struct IdReader : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, IdReader> {
  IdReader(const Hasher& one, Names& all) : hasher(one), names(all) {}

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    is_id = std::string_view(text, size) == "id";
    return true;
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (is_id) names.add({text, size}, hasher);
    return true;
  }

  const Hasher& hasher;
  Names& names;
  bool is_id = false;
};

/// kopia's signature follows the JSON text.
void add_list(const fs::path& file, const Hasher& hasher, Names& names) {
  const std::string text = base::read_file(file, kMostListBytes);
  rapidjson::StringStream stream(text.c_str());
  IdReader ids(hasher, names);
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseStopWhenDoneFlag | rapidjson::kParseIterativeFlag;
  if (reader.Parse<kFlags>(stream, ids).IsError()) {
    throw std::runtime_error(fmt::format("{}: not a list of blobs", file.string()));
  }
}

}  // namespace

void forget_traces(const fs::path& cache) {
  for (const char* name : {"indexes", "blob-list", "own-writes"}) fs::remove_all(cache / name);
}

Names read_traces(const fs::path& cache, const Hasher& hasher) {
  Names names;
  bool is_old_format = false;
  if (!fs::exists(cache / "indexes")) return names;
  for (const auto& entry : fs::directory_iterator(cache / "indexes")) {
    const std::string file = entry.path().filename();
    if (!file.ends_with(kOpenedSuffix)) continue;
    if (file.starts_with('n')) {
      is_old_format = true;
    } else {
      names.add(std::string_view(file).substr(0, file.size() - kOpenedSuffix.size()), hasher);
    }
  }
  if (is_old_format) add_list(cache / "blob-list" / "n.f", hasher, names);
  return names;
}

}  // namespace holdfast::index
