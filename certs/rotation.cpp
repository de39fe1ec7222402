#include "holdfast/certs/rotation.hpp"

#include <algorithm>
#include <stdexcept>

namespace holdfast::certs {
namespace {

using Data = std::map<std::string, std::string>;

// The Secret's data.
constexpr const char* kFormer = "former-ca.crt";
constexpr const char* kNext = "next-";
constexpr std::size_t kMostBytes = 64 * 1024;  // each of them is about one

void write_generation(const Generation& generation, const std::string& prefix, Data& data) {
  data[prefix + "tls.crt"] = generation.chain;
  data[prefix + "tls.key"] = generation.key;
  data[prefix + "ca.crt"] = generation.authority;
}

std::string part(const Data& data, const std::string& key) {
  const auto found = data.find(key);
  if (found == data.end() || found->second.empty()) throw std::runtime_error(key + " is missing");
  if (found->second.size() > kMostBytes) throw std::runtime_error(key + " is too long");
  return found->second;
}

Generation read_generation_of(const Data& data, const std::string& prefix) {
  std::string chain = part(data, prefix + "tls.crt"), key = part(data, prefix + "tls.key");
  std::string authority = part(data, prefix + "ca.crt");
  try {
    return read_generation(std::move(chain), std::move(key), std::move(authority));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(prefix + "tls.crt, " + prefix + "tls.key, " + prefix + "ca.crt: " + error.what());
  }
}

bool is_expired(const Generation& generation, core::Time now) { return now > generation.not_after; }
bool is_valid(const Generation& generation, core::Time now) {
  return now >= generation.not_before && !is_expired(generation, now);
}

}  // namespace

Data write_contents(const Contents& contents) {
  Data data;
  write_generation(contents.current, "", data);
  if (contents.next) write_generation(*contents.next, kNext, data);
  if (!contents.former.empty()) data[kFormer] = contents.former;
  return data;
}

Contents read_contents(const Data& data) {
  Contents contents{read_generation_of(data, ""), std::nullopt, {}};
  if (data.contains(kNext + std::string("tls.crt"))) contents.next = read_generation_of(data, kNext);
  if (data.contains(kFormer)) contents.former = part(data, kFormer);
  return contents;
}

Rotation::Rotation(Options options, core::Time now)
    : options_(std::move(options)), contents_{make(now), std::nullopt, {}} {}

std::optional<SharedSecret> Rotation::seen(const std::optional<SharedSecret>& secret, const std::vector<Entry>* entries,
                                           core::Time now, Steady steady) {
  known_ = false;
  problem_.clear();
  if (!secret) return write_anew({}, now);
  if (secret->data.empty()) return write_anew(secret->version, now);
  if (!secret->ours) {
    problem_ = "the Secret is somebody else's: it has no label app.kubernetes.io/managed-by: holdfast";
    return std::nullopt;
  }
  try {
    if (secret->version != version_) adopt(*secret);
    known_ = true;
  } catch (const std::runtime_error& error) {
    problem_ = std::string("the Secret cannot be used and is written anew: ") + error.what();
    return write_anew(secret->version, now);
  }
  compare(entries, steady);
  const auto next = successor(now, steady);
  return next ? write(secret->version, *next) : std::nullopt;
}

void Rotation::written(const SharedSecret& secret) {
  adopt(secret);
  problem_.clear();
}

std::string Rotation::bundle() const {
  if (!known_) return {};
  return contents_.current.authority + (contents_.next ? contents_.next->authority : std::string()) + contents_.former;
}

void Rotation::adopt(const SharedSecret& secret) {
  contents_ = read_contents(secret.data);
  version_ = secret.version;
  shared_ = known_ = true;
}

/// Every entry must hold the same for as long as `settle`, without a gap that we saw.
void Rotation::compare(const std::vector<Entry>* entries, Steady steady) {
  const std::string wanted = bundle();
  const bool everywhere =
      entries != nullptr && std::ranges::all_of(*entries, [&](const Entry& entry) { return entry.bundle == wanted; });
  if (!everywhere) {
    in_line_.clear();
    in_line_since_.reset();
  } else if (in_line_ != wanted) {
    in_line_ = wanted;
    in_line_since_ = steady;
  }
}

bool Rotation::has_settled(Steady steady) const {
  return in_line_since_ && steady - *in_line_since_ >= options_.settle;
}

/// What shall be shared instead; nullopt: all is well.
std::optional<Contents> Rotation::successor(core::Time now, Steady steady) const {
  const auto& [current, next, former] = contents_;
  // Nobody believes it any more: there is nothing to be careful of.
  if (is_expired(current, now)) return Contents{next && is_valid(*next, now) ? *next : make(now), std::nullopt, {}};
  if (next) {
    if (is_expired(*next, now)) return Contents{current, make(now), former};
    if (!has_settled(steady) || !is_valid(*next, now)) return std::nullopt;
    return Contents{*next, std::nullopt, current.authority + without_expired(former, now)};
  }
  if (now >= renewal_of(current) || !is_for(current, options_.names)) return Contents{current, make(now), former};
  return std::nullopt;
}

Generation Rotation::make(core::Time now) const { return make_generation(options_.names, options_.lifetime, now); }

std::optional<SharedSecret> Rotation::write(const std::string& version, const Contents& contents) const {
  return SharedSecret{version, true, write_contents(contents)};
}

/// What is served was shared, perhaps, and API servers believe it: it goes on being served while the next one settles.
std::optional<SharedSecret> Rotation::write_anew(const std::string& version, core::Time now) const {
  if (is_expired(contents_.current, now)) return write(version, {make(now), std::nullopt, {}});
  if (!shared_) return write(version, contents_);
  return write(version, {contents_.current, make(now), {}});
}

}  // namespace holdfast::certs
