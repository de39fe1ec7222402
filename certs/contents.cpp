// The Secret's data, read and written.
#include <stdexcept>

#include "holdfast/certs/rotation.hpp"

namespace holdfast::certs {
namespace {

using Data = std::map<std::string, std::string>;

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

}  // namespace holdfast::certs
