#include "src/cli/settings/values.hpp"

#include <algorithm>

#include "holdfast/core/identity.hpp"
#include "holdfast/core/quantity.hpp"
#include "holdfast/core/time.hpp"
#include "holdfast/volsync/options.hpp"

namespace holdfast::cli {
namespace {

bool keep(bool allowed, std::string_view text, std::string& out) {
  if (allowed) out = text;
  return allowed;
}

}  // namespace

bool to_word(std::string_view text, std::initializer_list<std::string_view> words, std::string& out) {
  return keep(std::find(words.begin(), words.end(), text) != words.end(), text, out);
}

bool to_bool(std::string_view text, bool& out) {
  return to_choice<bool>(text, {{"true", true}, {"false", false}}, out);
}

bool to_switch(std::string_view text, bool& out) {
  return to_choice<bool>(text, {{"on", true}, {"off", false}}, out) || to_bool(text, out);
}

bool to_duration(std::string_view text, std::chrono::milliseconds least, std::chrono::milliseconds most,
                 std::chrono::milliseconds& out) {
  const auto duration = core::parse_duration(text);
  if (!duration || *duration < least || *duration > most) return false;
  out = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
  return true;
}

bool to_text(std::string_view text, std::string& out) {
  return keep(!text.empty() && text.find_first_of("\r\n") == std::string_view::npos, text, out);
}

bool to_object_name(std::string_view text, std::string& out) {
  return keep(core::parse_pvc_name("x/" + std::string(text)).has_value(), text, out);
}

bool to_path(std::string_view text, std::string& out) { return text.starts_with('/') && to_text(text, out); }

bool to_quantity(std::string_view text, std::string& out) { return keep(core::parse_bytes(text) > 0, text, out); }

bool to_interval(std::string_view text, std::string& out) {
  const auto duration = core::parse_duration(text);
  return keep(duration && *duration >= std::chrono::seconds{1}, text, out);
}

bool to_schedule(std::string_view text, bool own_minute, std::string& out) {
  const bool plain = !text.starts_with('M') && text.find("  ") == std::string_view::npos;
  return keep(volsync::valid_schedule(text) && (own_minute || plain), text, out);
}

}  // namespace holdfast::cli
