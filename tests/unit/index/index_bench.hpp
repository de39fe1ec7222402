// Questions to an index, as the webhook asks them, and what a listing looks like.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <variant>

#include "holdfast/index/index.hpp"

namespace holdfast::index::test {

using namespace std::chrono_literals;

inline core::Evidence ask(Index& index, std::chrono::milliseconds budget = 20s) {
  return prove_now(index, std::chrono::steady_clock::now() + budget);
}

/// The catalog of a Current answer; null: it is Unknown.
inline std::shared_ptr<const core::Catalog> catalog_of(const core::Evidence& evidence) {
  const auto* current = std::get_if<core::Current>(&evidence.state);
  return current ? current->catalog : nullptr;
}

/// The reason of an Unknown answer; empty: it is Current.
inline std::string reason_of(const core::Evidence& evidence) {
  const auto* unknown = std::get_if<core::Unknown>(&evidence.state);
  return unknown ? unknown->reason : "";
}

/// How many snapshots are proven; -1: nothing is.
inline int proven(Index& index) {
  const auto catalog = catalog_of(ask(index));
  return catalog ? static_cast<int>(catalog->snapshots()) : -1;
}

/// Asks again until `ready` says yes of the answer, as a client that honours Retry-After does.
template <class Ready>
core::Evidence ask_until(Index& index, Ready ready) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  core::Evidence evidence = ask(index);
  while (!ready(evidence) && std::chrono::steady_clock::now() < end) evidence = ask(index);
  return evidence;
}

inline core::Evidence ask_until_current(Index& index) {
  return ask_until(index, [](const core::Evidence& evidence) { return catalog_of(evidence) != nullptr; });
}

/// The text of a listing as kopia prints it.
inline std::string listing_entry(int number) {
  return fmt::format(
      R"({{"id":"{:032x}","source":{{"host":"media","userName":"app-backup","path":"/data"}},"description":"",)"
      R"("startTime":"2026-11-21T08:{:02}:00Z","endTime":"2026-11-21T08:{:02}:30Z",)"
      R"("rootEntry":{{"name":"data","type":"d","summ":{{"size":10,"files":2,"numFailed":0}}}}}})",
      number, number % 60, number % 60);
}

inline std::string listing_text(int snapshots) {
  std::string text = "[\n";
  for (int i = 0; i < snapshots; ++i) text += (i ? ",\n " : " ") + listing_entry(i);
  return text + "\n]";
}

}  // namespace holdfast::index::test
