// The life of the certificates that holdfast makes for itself, shared by all replicas through one Secret.
// Pure: no clock, no cluster. One thread at a time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/certs/cluster.hpp"
#include "holdfast/certs/generation.hpp"

namespace holdfast::certs {

/// What the Secret holds, in its words:
///   tls.crt, tls.key, ca.crt                    the generation that every replica serves
///   next-tls.crt, next-tls.key, next-ca.crt     the one after it, whose authority is being published
///   former-ca.crt                               authorities of earlier ones that have not expired
struct Contents {
  Generation current;
  std::optional<Generation> next;
  std::string former;

  bool operator==(const Contents&) const = default;
};

std::map<std::string, std::string> write_contents(const Contents& contents);
/// Throws std::runtime_error naming the key that cannot be used, without a word of what it holds.
Contents read_contents(const std::map<std::string, std::string>& data);

/// The rules:
/// - Nobody serves a certificate before every entry has held its authority for `settle`: API servers hear of a changed
///   configuration a little later. So a generation is `next` first and `current` afterwards.
/// - The authority of a generation that was served is published until it expires: a replica that has not heard of the
///   change yet is believed too. Its key does not exist any more.
/// - The Secret is decided about by whoever writes first; each write is of the version that was read.
/// - A Secret that is gone is written again with what is served, and with a next generation: deleting it renews.
/// - What is not ours, is never overwritten. What is ours and cannot be read, is.
class Rotation {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  struct Options {
    std::vector<std::string> names;      ///< DNS names of the service
    std::chrono::seconds lifetime{};     ///< of a generation; it is replaced after two thirds
    std::chrono::milliseconds settle{};  ///< how long an authority is published before a certificate of it is served
  };

  /// Makes a first generation, to serve until the Secret has been read, and to share where there is none.
  Rotation(Options options, core::Time now);

  /// The entries were read, and then the Secret, in this order: whoever meets an authority in an entry that it does not
  /// know would otherwise not know whether it is itself behind. What to write, if anything. `entries` is nullptr where
  /// they could not be read. `steady` is when the look began.
  std::optional<SharedSecret> seen(const std::optional<SharedSecret>& secret, const std::vector<Entry>* entries,
                                   core::Time now, Steady steady);
  /// The write was accepted: this is what replicas share now.
  void written(const SharedSecret& secret);

  const Generation& serving() const { return contents_.current; }
  /// What each entry shall hold; empty: what is shared is not known (any more), and nothing may be published.
  std::string bundle() const;
  /// Why the certificate cannot be kept up to date; for people, empty where it can.
  const std::string& problem() const { return problem_; }

 private:
  void adopt(const SharedSecret& secret);
  void compare(const std::vector<Entry>* entries, Steady steady);
  bool has_settled(Steady steady) const;
  std::optional<Contents> successor(core::Time now, Steady steady) const;
  Generation make(core::Time now) const;
  std::optional<SharedSecret> write(const std::string& version, const Contents& contents) const;
  std::optional<SharedSecret> write_anew(const std::string& version, core::Time now) const;

  const Options options_;
  Contents contents_;
  std::string version_;  ///< of the Secret that held contents_; the same version holds the same
  bool shared_ = false;  ///< contents_ were in the Secret once
  bool known_ = false;   ///< they are what the Secret held when it was read or written last
  std::string problem_;
  std::string in_line_;                  ///< the bundle that every entry held at the last look; empty: not every
  std::optional<Steady> in_line_since_;  ///< at the first of the looks that found the same
};

}  // namespace holdfast::certs
