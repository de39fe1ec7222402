// A serving certificate with an authority of its own that signed it and nothing else.
// Values and pure functions; any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "holdfast/certs/cluster.hpp"
#include "holdfast/core/time.hpp"

namespace holdfast::certs {

/// PEM. The authority's key is not among it: it is forgotten as soon as it has signed, so that nobody can sign a second
/// certificate that API servers would believe.
struct Generation {
  std::string chain;      ///< the serving certificate
  std::string key;        ///< its key, ECDSA P-256
  std::string authority;  ///< what a caBundle must hold for it
  core::Time not_before;  ///< of the serving certificate, as is
  core::Time not_after;

  bool operator==(const Generation&) const = default;
};

/// For these DNS names, from a little before `now` to `lifetime` after it. Throws as generate() does.
Generation make_generation(const std::vector<std::string>& names, std::chrono::seconds lifetime, core::Time now);

/// Of what was kept somewhere. Throws std::runtime_error with what cannot be used, without a word of the key: an
/// unreadable part, a key of another certificate, a certificate that the authority did not sign.
Generation read_generation(std::string chain, std::string key, std::string authority);

bool is_for(const Generation& generation, const std::vector<std::string>& names);

/// When two thirds of its lifetime are over.
core::Time renewal_of(const Generation& generation);

/// Whether a client that believes the PEM certificates in `bundle`, and no other, accepts a server with `chain`; times
/// and names aside. False where either cannot be read.
bool trusts(const std::string& bundle, const std::string& chain);

/// Which entry does not believe `chain`, for people; empty: all do.
std::string distrust(const std::vector<Entry>& entries, const std::string& chain);

/// What a client's clock may say against a certificate; empty: nothing.
std::string validity_problem(core::Time not_before, core::Time not_after, core::Time now);

/// The certificates of a PEM text that have not expired at `now`, as they stand there.
std::string without_expired(const std::string& bundle, core::Time now);

}  // namespace holdfast::certs
