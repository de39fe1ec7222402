#include "src/index/kopia/format.hpp"

#include <fmt/format.h>
#include <rapidjson/document.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "holdfast/base/file.hpp"

namespace holdfast::index {

namespace {

/// kopia itself reads no more than 65,000 bytes.
constexpr std::size_t kMostBytes = 256 * 1024;

/// nullopt: no such file.
std::optional<std::string> read_blob(const std::string& root, std::string_view name) {
  for (const std::string_view suffix : {".f", ""}) {
    try {
      return base::read_file(fmt::format("{}/{}{}", root, name, suffix), kMostBytes);
    } catch (const std::system_error& error) {
      if (error.code() != std::errc::no_such_file_or_directory) throw;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<core::RepositoryId> parse_unique_id(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const auto member = document.FindMember("uniqueID");
  if (member == document.MemberEnd() || !member->value.IsString()) return std::nullopt;
  return core::RepositoryId::parse({member->value.GetString(), member->value.GetStringLength()});
}

RepositoryFormat make_format(std::string_view repository, const std::optional<std::string>& settings,
                             const Hasher& hasher, std::string_view name) {
  const auto id = parse_unique_id(repository);
  if (!id) throw std::runtime_error(fmt::format("{}: no uniqueID in it", name));
  Hash128 hash = hasher(repository);
  hash += hasher(settings.value_or("absent"));
  return {hash, *id};
}

RepositoryFormat read_format(const std::string& root, const Hasher& hasher) {
  const auto repository = read_blob(root, "kopia.repository");
  if (!repository) {
    throw std::runtime_error(fmt::format(
        "{} holds no kopia repository (kopia.repository.f is missing); a path that is not mounted looks the same",
        root));
  }
  return make_format(*repository, read_blob(root, "kopia.blobcfg"), hasher, root + "/kopia.repository.f");
}

void require_index(std::size_t blobs, std::string_view place) {
  if (blobs > 0) return;
  throw std::runtime_error(fmt::format(
      "{} holds a repository's format but none of its index blobs, of which kopia makes one at the beginning: "
      "is it still being copied?",
      place));
}

}  // namespace holdfast::index
