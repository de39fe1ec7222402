#include "src/cli/settings/values.hpp"

#include "holdfast/core/identity.hpp"
#include "holdfast/core/quantity.hpp"
#include "holdfast/core/time.hpp"
#include "holdfast/volsync/objects.hpp"

namespace holdfast::cli {
namespace {

std::optional<std::string> keep(bool allowed, std::string_view text) {
  return allowed ? std::optional<std::string>(text) : std::nullopt;
}

}  // namespace

std::optional<bool> to_bool(std::string_view text) {
  return text == "true" || text == "false" ? std::optional(text == "true") : std::nullopt;
}

std::optional<bool> to_switch(std::string_view text) {
  return text == "on" || text == "off" ? std::optional(text == "on") : to_bool(text);
}

std::optional<std::chrono::milliseconds> to_duration(std::string_view text, std::chrono::milliseconds least,
                                                     std::chrono::milliseconds most) {
  const auto duration = core::parse_duration(text);
  if (!duration || *duration < least || *duration > most) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
}

std::optional<std::string> to_one_line(std::string_view text) {
  return keep(!text.empty() && text.find_first_of("\r\n") == std::string_view::npos, text);
}

std::optional<std::string> to_object_name(std::string_view text) {
  return keep(core::parse_pvc_name("x/" + std::string(text)).has_value(), text);
}

std::optional<std::string> to_secret_name(std::string_view text) {
  volsync::SecretOptions options;
  options.name = text;
  return keep(to_object_name(volsync::secret_name(options, {"ns", "pvc"})).has_value(), text);
}

std::optional<std::string> to_path(std::string_view text) {
  return text.starts_with('/') ? to_one_line(text) : std::nullopt;
}

std::optional<std::string> to_quantity(std::string_view text) { return keep(core::parse_bytes(text) > 0, text); }

std::optional<std::string> to_interval(std::string_view text) {
  const auto duration = core::parse_duration(text);
  return keep(duration && *duration >= std::chrono::seconds{1}, text);
}

std::optional<std::string> to_schedule(std::string_view text) {
  const bool plain = !text.starts_with('M') && text.find("  ") == std::string_view::npos;
  return plain ? to_spread_schedule(text) : std::nullopt;
}

std::optional<std::string> to_spread_schedule(std::string_view text) {
  return keep(volsync::valid_schedule(text), text);
}

}  // namespace holdfast::cli
