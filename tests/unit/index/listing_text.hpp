// The text of a listing as kopia prints it.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

namespace holdfast::index::test {

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
