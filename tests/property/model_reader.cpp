#include "tests/property/model_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "holdfast/json/listing.hpp"
#include "src/index/kopia/format.hpp"
#include "src/index/kopia/kopia_errors.hpp"

namespace holdfast::model {

using index::Failure;

namespace {

constexpr const char* kMissing = "/repository holds no kopia repository";
constexpr const char* kNotice =
    "Found too many index blobs (1001), this may result in degraded performance.\n\n"
    "Please ensure periodic repository maintenance is enabled or run 'kopia maintenance'.\n";

const index::Hasher& hasher() {
  static const index::Hasher one(1);
  return one;
}

index::RepositoryFormat format_of(const Repository& repository) {
  return index::make_format(repository.format_text(), std::nullopt, hasher(), "kopia.repository.f");
}

/// The text in pieces that end anywhere, as a pipe delivers it.
json::ByteSource pieces_of(const std::string& text) {
  return [&text, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
    const std::size_t piece = std::min({size, text.size() - at, std::size_t{1009}});
    std::memcpy(buffer, text.data() + at, piece);
    at += piece;
    return piece;
  };
}

/// What kopia reads of them: of a repository that was upgraded only what is of the new format.
index::Names read_by_kopia(const std::set<std::string>& all) {
  const bool upgraded = all.rbegin()->front() == 'x';
  index::Names names;
  for (const std::string& name : all) {
    if (!upgraded || name.front() == 'x') names.add(name, hasher());
  }
  return names;
}

index::Names names_of(const Repository& repository) {
  index::Names names;
  for (const std::string& name : repository.names()) names.add(name, hasher());
  return names;
}

std::string joined(const std::vector<std::string>& entries) {
  std::string text = "[";
  for (const std::string& entry : entries) text += (text.size() > 1 ? ",\n " : "\n ") + entry;
  return text + "\n]\n";
}

}  // namespace

std::optional<index::ProbeResult> Walk::read_part(const Mount& mount) {
  const std::size_t part = parts_read_++;
  if (part == 0) {
    if (!mount) return Failure{kMissing};
    const index::RepositoryFormat format = format_of(*mount);
    sight_.format = format.hash;
    sight_.repository = format.id;
    return std::nullopt;
  }
  if (part == 1) root_ = mount;
  if (root_) {
    for (const std::string& name : root_->names()) {
      if (static_cast<unsigned char>(name[6]) % kShards != part - 1) continue;
      names_.add(name, hasher());
    }
  }
  if (part < kShards) return std::nullopt;
  sight_.names = names_.sum;
  sight_.count = names_.count;
  sight_.blobs = std::make_shared<const index::Names>(names_);
  return sight_;
}

void Reading::read(const Mount& mount, int password) {
  if (std::exchange(read_, true)) return;
  if (!mount) {
    failure_ = "kopia: exit code 1: repository not initialized";
  } else if (mount->password() != password) {
    failure_ = "kopia: the repository password is wrong";
  } else {
    seen_ = *mount;
  }
}

Reading::Output Reading::output(Conduct conduct, std::size_t where) const {
  Output out;
  std::vector<std::string> entries;
  for (const Backup& backup : seen_->backups()) entries.push_back(listing_entry(backup));
  if (conduct == Conduct::Reordered && !entries.empty()) {
    std::rotate(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(where % entries.size()), entries.end());
  }
  if (conduct == Conduct::Skipping) {
    if (!entries.empty()) entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(where % entries.size()));
    out.errors = "unable to parse manifest: unexpected end of JSON input\n";
  }
  if (conduct == Conduct::Notice) out.errors = kNotice;
  out.text = joined(entries);
  if (conduct == Conduct::Truncated || conduct == Conduct::Killed) {
    out.text.resize(where % out.text.find_last_of(']'));
  }
  out.ended_well = conduct != Conduct::Killed && conduct != Conduct::Failing;
  return out;
}

index::ListingResult Reading::end(Conduct conduct, std::size_t where, const Mount& mount,
                                  Repository::Steady now) const {
  if (now >= start_.deadline) return Failure{"kopia: no result in time", true};
  if (!seen_) return Failure{failure_};
  const Output out = output(conduct, where);
  core::Catalog::Builder builder;
  const auto problem = json::read_listing(pieces_of(out.text), builder);
  if (!out.ended_well) return Failure{"kopia: exit code 1"};
  if (problem) return Failure{"kopia: its listing is broken: " + *problem};
  if (!index::without_notices(out.errors).empty()) return Failure{"kopia: the listing may be incomplete"};
  if (!mount) return Failure{kMissing};
  const index::RepositoryFormat after = format_of(*mount);
  if (after.hash != start_.before.format || after.id != start_.before.repository) {
    return Failure{"/repository changed its format, or became another repository, while it was read"};
  }
  const index::Names& before = *start_.before.blobs;
  const index::Names read = read_by_kopia(seen_->names());
  if (index::count_missing(before, read) > 0) return Failure{"kopia: it listed /repository without an index blob"};
  if (index::count_missing(before, names_of(*mount)) > 0) return Failure{"/repository lost an index blob"};
  return index::Reading{std::make_shared<const core::Catalog>(std::move(builder).build()),
                        !index::has_others(read, before)};
}

}  // namespace holdfast::model
