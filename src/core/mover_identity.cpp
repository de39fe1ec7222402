#include "holdfast/core/mover_identity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::core {
namespace {

constexpr std::size_t kForkUserBytes = 50;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// The pattern of `username` and `hostname` in the CRDs.
bool fits_schema(std::string_view text) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
  if (text.empty() || !std::all_of(text.begin(), text.end(), allowed)) return false;
  return is_alphanumeric(text.front()) && is_alphanumeric(text.back());
}

}  // namespace

std::string fork_user_name(std::string_view object_name) {
  std::string kept;
  for (char c : object_name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '_') kept += c;
  }
  const std::size_t first = kept.find_first_not_of("-_");
  if (first == std::string::npos) return {};
  kept = kept.substr(first, kept.find_last_not_of("-_") - first + 1);
  return kept.substr(0, kForkUserBytes);
}

bool survives_spelling(const Identity& identity) {
  const std::string& host = identity.host;
  return fork_user_name(identity.user) == identity.user && fits_schema(host) && host.find('_') == std::string::npos;
}

std::string mover_problem(const Identity& identity) {
  if (!fits_schema(identity.user) || !fits_schema(identity.host)) {
    return fmt::format(
        "VolSync takes no username and hostname like those of {}: letters, digits, '.', '_' and '-', "
        "beginning and ending with a letter or digit",
        to_string(identity));
  }
  if (identity.path != kDataPath && !survives_spelling(identity)) {
    return fmt::format("VolSync cannot restore {}: with a path other than {} it spells user and host in its own way",
                       to_string(identity), kDataPath);
  }
  return {};
}

}  // namespace holdfast::core
