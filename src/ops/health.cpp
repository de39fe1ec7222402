#include "holdfast/ops/health.hpp"

#include <algorithm>

namespace holdfast::ops {

void Health::add(std::string name, bool required, State state) {
  parts_.push_back({std::move(name), required, std::move(state)});
}

Health::Report Health::report() const {
  Report report;
  report.ready = !parts_.empty();
  for (const Part& part : parts_) {
    std::string why = part.state();
    std::replace(why.begin(), why.end(), '\n', ' ');
    if (part.required && !why.empty()) report.ready = false;
    report.text += part.name + ": " + (why.empty() ? "ok" : why) + "\n";
  }
  return report;
}

}  // namespace holdfast::ops
