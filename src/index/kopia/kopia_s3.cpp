#include "src/index/kopia/kopia_s3.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "holdfast/net/url.hpp"
#include "src/index/proof/prover.hpp"
#include "src/index/s3/answers.hpp"
#include "src/index/s3/bucket.hpp"

namespace holdfast::index {

namespace {

constexpr std::size_t kMostNames = 1'000'000;
constexpr std::size_t kMostPages = 10'000;

/// As kopia calls the object; the key is URL-encoded.
std::string blob_name(const std::string& key, const S3Address& address) {
  std::string name = net::query_value("key=" + key, "key");
  if (!name.starts_with(address.prefix)) {
    throw std::runtime_error(fmt::format("{}: the list of objects holds what was not asked for", address.place()));
  }
  return name.substr(address.prefix.size());
}

/// The pages of one list, the first of which is under way.
void read_pages(S3Session& session, const S3Address& address, std::string_view prefix, S3Session::Pending pending,
                const Hasher& hasher, Names& names) {
  std::set<std::string> seen;  // a server that goes round in circles would keep us for as long as there is time
  while (true) {
    const auto body = session.finish(std::move(pending));
    if (!body) throw std::runtime_error(fmt::format("{}: the server has no list of the bucket", address.place()));
    const ListPage page = read_list_page(*body);
    for (const std::string& key : page.keys) names.add(blob_name(key, address), hasher);
    if (names.count > kMostNames) {
      throw std::runtime_error(fmt::format("{}: more than {} index blobs", address.place(), kMostNames));
    }
    if (page.continuation.empty()) return;
    if (!seen.insert(page.continuation).second || seen.size() > kMostPages) {
      throw std::runtime_error(fmt::format("{}: the list of objects does not end", address.place()));
    }
    pending = session.begin(address.list(prefix, page.continuation));
  }
}

Names read_names(S3Session& session, const S3Address& address, std::vector<S3Session::Pending> lists,
                 const Hasher& hasher) {
  Names names;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    read_pages(session, address, kIndexPrefixes.substr(i, 1), std::move(lists[i]), hasher, names);
  }
  return names;
}

std::vector<S3Session::Pending> begin_lists(S3Session& session, const S3Address& address) {
  std::vector<S3Session::Pending> lists;
  for (std::size_t i = 0; i < kIndexPrefixes.size(); ++i) {
    lists.push_back(session.begin(address.list(kIndexPrefixes.substr(i, 1), "")));
  }
  return lists;
}

}  // namespace

RepositoryFormat read_s3_format(S3Session& session, const S3Address& address, const Hasher& hasher) {
  auto repository = session.begin(address.get("kopia.repository"));
  auto settings = session.begin(address.get("kopia.blobcfg"));
  const auto text = session.finish(std::move(repository));
  if (!text) {
    throw std::runtime_error(
        fmt::format("{} holds no kopia repository (the object {}kopia.repository is missing); a wrong index.s3.prefix "
                    "looks the same, and one that is a folder ends with a slash",
                    address.place(), address.prefix));
  }
  return make_format(*text, session.finish(std::move(settings)), hasher, address.place() + "kopia.repository");
}

KopiaS3::KopiaS3(const KopiaS3Options& options)
    : client_(options.s3),
      place_(client_.address().place()),
      timeout_(options.timeout),
      hasher_(Hasher::seeded_randomly()),
      kopia_({options, place_, [this] { return storage(); }, hasher_}) {}

std::vector<std::pair<std::string, std::string>> KopiaS3::whereabouts() const {
  const S3Address& address = client_.address();
  std::vector<std::pair<std::string, std::string>> words = {{place_, std::string(kind())}};
  const auto hide = [&](const std::string& word, const char* instead) {
    constexpr std::size_t kTelling = 3;  // a shorter one stands in many other words
    if (word.size() >= kTelling) words.emplace_back(word, instead);
  };
  hide(address.endpoint, "the server");
  hide(address.host_header, "the server");
  hide(address.server, "the server");
  hide(address.bucket, "the bucket");
  hide(address.prefix, "the prefix");
  return words;
}

Fingerprint KopiaS3::look(std::chrono::steady_clock::time_point deadline) {
  S3Session session(client_, deadline);
  auto lists = begin_lists(session, client_.address());
  const RepositoryFormat format = read_s3_format(session, client_.address(), hasher_);
  auto names = std::make_shared<const Names>(read_names(session, client_.address(), std::move(lists), hasher_));
  require_index(names->count, place_);
  return {names->sum, names->count, format.hash, format.id, names};
}

ProbeResult KopiaS3::probe() {
  try {
    // A little less than the prover's patience: what the server did says more than that it took too long.
    return look(std::chrono::steady_clock::now() + timeout_ * 9 / 10);
  } catch (const std::exception& error) {
    return Failure{error.what()};
  }
}

/// The keys go by the environment and are not in the configuration that kopia writes: it takes empty ones for "look
/// elsewhere". Source: kopia 0.22, repo/blob/s3/s3_storage.go.
KopiaStorage KopiaS3::storage() const {
  const S3Address& address = client_.address();
  const S3Credentials keys = read_s3_keys(client_.options());
  KopiaStorage storage;
  storage.arguments = {"s3",
                       "--bucket=" + address.bucket,
                       "--endpoint=" + address.endpoint,
                       "--region=" + address.region,
                       "--access-key=",
                       "--secret-access-key="};
  if (!address.prefix.empty()) storage.arguments.push_back("--prefix=" + address.prefix);
  if (!address.tls) storage.arguments.emplace_back("--disable-tls");
  if (const std::string& ca = client_.options().ca_file; address.tls && !ca.empty()) {
    storage.arguments.push_back("--root-ca-pem-path=" + std::filesystem::absolute(ca).string());
    storage.trust = read_s3_ca(ca);
  }
  storage.environment = {"AWS_ACCESS_KEY_ID=" + keys.access_key, "AWS_SECRET_ACCESS_KEY=" + keys.secret_key};
  if (!keys.session_token.empty()) storage.environment.push_back("AWS_SESSION_TOKEN=" + keys.session_token);
  storage.secrets = {keys.secret_key, keys.session_token};
  return storage;
}

ListingResult KopiaS3::list(const Fingerprint& before, std::chrono::steady_clock::time_point deadline,
                            const std::atomic<bool>& cancel) {
  ListingResult result = kopia_.list(before, deadline, cancel);
  if (std::holds_alternative<Failure>(result)) return result;
  try {
    require_kept(before, look(deadline), place_);
    return result;
  } catch (const std::exception& error) {
    return Failure{error.what(), std::chrono::steady_clock::now() >= deadline};
  }
}

std::unique_ptr<Index> make_kopia_s3_index(const KopiaS3Options& options, const ops::Logger& log,
                                           ops::Metrics& metrics) {
  return make_prover(std::make_shared<KopiaS3>(options), options.timeout, options.pinned, log, metrics);
}

core::RepositoryId repository_id(const S3Options& options, std::chrono::milliseconds timeout) {
  S3Client client(options);
  S3Session session(client, std::chrono::steady_clock::now() + timeout);
  return read_s3_format(session, client.address(), Hasher(0)).id;
}

}  // namespace holdfast::index
