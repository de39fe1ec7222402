// A bucket in memory behind plain HTTP on a loopback port. It lists in pages, and does what a test says instead.
// It checks no signature.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "holdfast/net/server.hpp"
#include "holdfast/net/url.hpp"

namespace holdfast::index::test {

class FakeS3 {
 public:
  /// Asked before each answer, one request at a time; nullopt: as usual.
  using Script = std::function<std::optional<net::Response>(const net::Request& request)>;

  explicit FakeS3(std::size_t page = 1000) : page_(page) {}

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(listener_.port()); }

  void put(const std::string& key, const std::string& body = "") {
    const std::lock_guard lock(mutex_);
    objects_[key] = body;
  }
  void set_script(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  /// From now on requests get no answer.
  void fall_silent(bool silent = true) {
    const std::lock_guard lock(mutex_);
    silent_ = silent;
  }
  std::size_t requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  static net::Response error(int status, const std::string& code) {
    return {.status = status, .content_type = "application/xml", .body = "<Error><Code>" + code + "</Code></Error>"};
  }
  /// A page that is followed by another.
  static net::Response truncated(const std::string& next) {
    return {.status = 200,
            .content_type = "application/xml",
            .body = "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>" + next +
                    "</NextContinuationToken></ListBucketResult>"};
  }
  /// A page; `next` empty: the last one.
  static net::Response list_of(const std::string& contents, const std::string& next) {
    net::Response page = truncated(next);
    if (next.empty()) page.body = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    page.body.insert(page.body.find('>') + 1, contents);
    return page;
  }

 private:
  void answer(const net::Request& request, const net::Respond& respond) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    if (silent_) return unanswered_.push_back(respond);
    if (script_) {
      if (auto scripted = script_(request)) return respond(std::move(*scripted));
    }
    if (!net::query_value(request.query, "list-type").empty()) return respond(list(request));
    const auto object = objects_.find(request.path.substr(std::string("/bucket/").size()));
    if (object == objects_.end()) return respond(error(404, "NoSuchKey"));
    respond({.status = 200, .content_type = "application/octet-stream", .body = object->second});
  }

  /// The continuation token is the last key of the page before.
  net::Response list(const net::Request& request) const {
    const std::string prefix = net::query_value(request.query, "prefix");
    const std::string after = net::query_value(request.query, "continuation-token");
    std::string contents, last;
    std::size_t keys = 0;
    for (const auto& [key, body] : objects_) {
      if (!key.starts_with(prefix) || key <= after) continue;
      if (keys == page_) return list_of(contents, last);
      contents += "<Contents><Key>" + key + "</Key></Contents>";
      last = key;
      ++keys;
    }
    return list_of(contents, "");
  }

  const std::size_t page_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> objects_;
  Script script_;
  bool silent_ = false;
  std::size_t requests_ = 0;
  std::vector<net::Respond> unanswered_;
  net::Loop loop_{1};
  net::Listener listener_{
      loop_, {.name = "s3"}, [this](net::Request request, net::Respond respond) { answer(request, respond); }};
};

}  // namespace holdfast::index::test
