#include "src/cli/help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace holdfast::cli {
namespace {

struct Examples {
  std::string_view verb;
  std::string_view text;  ///< a line each
};

constexpr Examples kExamples[] = {
    {"",
     "  holdfast doctor                              is everything in place?\n"
     "  holdfast audit                               is every PVC protected?\n"
     "  holdfast why media/photos                    what does this one wait for?\n"
     "  holdfast plan -f manifests/                  would everything come back?\n"
     "In a cluster: kubectl -n holdfast-system exec deploy/holdfast -- holdfast doctor\n"},
    {"decide",
     "  holdfast decide -f pvc.yaml --config holdfast.yaml\n"
     "  kustomize build apps/media | holdfast decide -f - -o json\n"},
    {"render",
     "  holdfast render -f pvc.yaml\n"
     "  holdfast render --restore media/photos | kubectl apply -f -\n"
     "  holdfast render --restore media/photos --as-of 2026-03-01T12:00:00Z --into photos-of-march\n"},
    {"why", "  holdfast why media/photos\n"},
    {"audit",
     "  holdfast audit\n"
     "  holdfast audit -n media -o json\n"
     "  holdfast audit -f manifests/ --config holdfast.yaml\n"},
    {"plan",
     "  holdfast plan -f manifests/ --config holdfast.yaml\n"
     "  kustomize build apps | holdfast plan -f - --require-claimed\n"},
    {"doctor", "  kubectl -n holdfast-system exec deploy/holdfast -- holdfast doctor\n"},
    {"snapshots",
     "  holdfast snapshots\n"
     "  holdfast snapshots media/photos\n"},
    {"backup",
     "  holdfast backup media/photos --wait\n"
     "  holdfast backup --all -n media\n"},
    {"drill", "  holdfast drill media/photos --wait\n"},
    {"pause", "  holdfast pause media/photos --reason 'the NAS is replaced'\n"},
    {"resume",
     "  holdfast resume media/photos\n"
     "  holdfast resume --all\n"},
    {"adopt",
     "  holdfast adopt --plan\n"
     "  holdfast adopt --apply media\n"
     "  holdfast adopt --undo media/photos\n"},
    {"repository-id", "  holdfast repository-id --index-backend kopia-fs --index-path /repository\n"},
    {"serve", "  holdfast serve --config holdfast.yaml\n"},
};

/// They read settings; `serve` has the whole table.
constexpr std::string_view kWithoutSettings[] = {"", "certs", "completion", "settings", "version", "serve"};

constexpr std::string_view kSettings =
    "Settings come from flags, the environment and the file of --config; `holdfast settings` lists them, with their "
    "flags.\n";
constexpr std::string_view kExitCodes =
    "Exit codes: 0 ok, 1 the check failed, 2 wrong usage or settings, 3 could not tell.\n";

}  // namespace

std::string help_footer(std::string_view verb) {
  const auto found = std::ranges::find(kExamples, verb, &Examples::verb);
  std::string text;
  if (found != std::end(kExamples)) text += fmt::format("Examples:\n{}\n", found->text);
  if (std::ranges::find(kWithoutSettings, verb) == std::end(kWithoutSettings)) text += kSettings;
  return text.append(kExitCodes);
}

}  // namespace holdfast::cli
