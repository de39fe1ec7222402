#include "src/generator/plan/hold.hpp"

#include <fmt/format.h>

#include "holdfast/volsync/observed.hpp"

namespace holdfast::generator {
namespace {

constexpr std::string_view kCut = "…";
constexpr std::size_t kMaxMessageBytes = 1024;

}  // namespace

std::string cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  if (max_bytes < kCut.size()) return {};
  std::size_t length = max_bytes - kCut.size();
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  return std::string(text.substr(0, length)).append(kCut);
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool space = byte <= 0x20 || byte == 0x7f;
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Hold make_hold(Part part, std::string_view code, std::string_view message) {
  Hold hold;
  hold.part = part;
  hold.code = code;
  hold.message = cut(message, kMaxMessageBytes);
  return hold;
}

Hold make_warning(Part part, std::string_view code, std::string_view message) {
  Hold hold = make_hold(part, code, message);
  hold.warning = true;
  return hold;
}

Hold foreign_hold(Part part, const core::Observed& object) {
  const std::string manager = manager_of(object);
  const std::string_view blocked = part == Part::Destination || part == Part::RestoreRun
                                       ? "no restore of this PVC can go on"
                                       : "it is neither changed nor deleted";
  return make_warning(
      part, "ForeignObject",
      fmt::format("{} {} exists and is not holdfast's ({}): {}; remove or rename it{}", resource(part).kind,
                  object.meta.name, manager.empty() ? "it names no manager" : "it is managed by " + cut(manager, 64),
                  blocked, is_adoptable_from(manager) ? ", or set generator.adopt: true to take it over" : ""));
}

Hold unavailable_hold(Part part, Known known) {
  const kube::Resource& kind = resource(part);
  if (known == Known::Forbidden) {
    return make_warning(part, "Forbidden",
                        fmt::format("the {} of this PVC is not written: holdfast may not read {}.{}; give its service "
                                    "account get, list, watch, create, patch and delete on them",
                                    to_string(part), kind.plural, kind.group));
  }
  return make_warning(part, "KindNotInstalled",
                      fmt::format("the {} of this PVC is not written: the cluster has no kind {} ({}); install it",
                                  to_string(part), kind.kind, kind.api_version()));
}

}  // namespace holdfast::generator
