// Keeps somebody informed of all objects of one resource: list, then watch, and again from the start where that breaks.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "holdfast/kube/client.hpp"

namespace holdfast::kube {

/// How a reflector stands.
struct WatchState {
  enum class Is {
    Starting,   ///< nothing is known yet
    Current,    ///< listed, and watching
    Absent,     ///< the API server does not know the resource (its CRD is not installed)
    Forbidden,  ///< we may not list or watch it
    Failing,    ///< no answer, or one that cannot be read; what was known may be out of date
  };
  Is is = Is::Starting;
  std::string problem;  ///< for people; empty when Current

  bool operator==(const WatchState&) const = default;
};

/// The receiver, in the three verbs of an index. Called one at a time, on the loop's threads.
class Sink {
 public:
  virtual ~Sink() = default;
  /// A list begins. What is not seen again before reset_ends() does not exist any more. A list that fails half way does
  /// not end: what it brought is true, what it did not reach is as it was, and the next list begins anew.
  virtual void reset_begins() = 0;
  virtual void reset_ends() = 0;
  /// It exists, and this is its text. May be repeated.
  virtual void apply(std::string_view object) = 0;
  /// It is gone; this is its last text.
  virtual void remove(std::string_view object) = 0;
  virtual void state(const WatchState& state) = 0;
};

/// - Lists page by page; a page that expires (410) begins the list anew.
/// - Watches with bookmarks; goes on from the last resource version when the server ends a watch; lists anew on 410.
/// - A watch on which nothing comes for `silence` (bookmarks come every minute) is cut and begun again.
/// - Fails with back-off and jitter, `first_wait` to 30 s, and honours Retry-After. A missing resource and a forbidden
///   one are tried again every `retry`, and do not disturb the others.
/// start() and the destructor belong to one thread; on a loop of one thread it may be that thread, but not a call of
/// the sink.
class Reflector {
 public:
  struct Options {
    std::string label_selector = {};
    std::size_t page = 250;
    std::chrono::milliseconds silence{150'000};
    std::chrono::milliseconds retry{10'000};
    std::chrono::milliseconds first_wait{1000};
    std::chrono::milliseconds list_timeout{60'000};
  };
  /// The references outlive the reflector.
  Reflector(net::Loop& loop, Client& client, const Resource& resource, Options options, Sink& sink,
            const ops::Logger& log);
  ~Reflector();
  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;

  void start();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace holdfast::kube
