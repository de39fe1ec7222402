#include "src/index/kopia/hash.hpp"

#include <xxhash.h>

#include <new>
#include <random>

namespace holdfast::index {

namespace {

Hash128 from(XXH128_hash_t hash) { return {hash.high64, hash.low64}; }

}  // namespace

Hasher Hasher::seeded_randomly() {
  std::random_device random;
  return Hasher((std::uint64_t{random()} << 32) | random());
}

Hash128 Hasher::operator()(std::string_view bytes) const {
  return from(XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed_));
}

Hasher::Stream::Stream(const Hasher& hasher) : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_128bits_reset_withSeed(static_cast<XXH3_state_t*>(state_.get()), hasher.seed_);
}

void Hasher::Stream::add(std::string_view bytes) {
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state_.get()), bytes.data(), bytes.size());
}

Hash128 Hasher::Stream::digest() const { return from(XXH3_128bits_digest(static_cast<XXH3_state_t*>(state_.get()))); }

void Hasher::Stream::Free::operator()(void* state) const { XXH3_freeState(static_cast<XXH3_state_t*>(state)); }

}  // namespace holdfast::index
