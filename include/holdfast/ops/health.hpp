// The parts of the running program and how they are, for /readyz.
// Parts are added before the program serves; report() may then be called from any thread.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::ops {

class Health {
 public:
  /// Empty: the part is well; else why it is not, or what does not apply. Must not block.
  using State = std::function<std::string()>;

  /// `required`: without this part the program is not ready to serve.
  void add(std::string name, bool required, State state) {
    parts_.push_back({std::move(name), required, std::move(state)});
  }

  struct Report {
    bool ready = false;
    std::string text;  ///< a line `<part>: ok|<why>` each
  };

  Report report() const {
    Report report;
    report.ready = !parts_.empty();
    for (const Part& part : parts_) {
      std::string why = part.state();
      std::ranges::replace(why, '\n', ' ');
      if (part.required && !why.empty()) report.ready = false;
      report.text += part.name + ": " + (why.empty() ? "ok" : why) + "\n";
    }
    return report;
  }

 private:
  struct Part {
    std::string name;
    bool required;
    State state;
  };
  std::vector<Part> parts_;
};

}  // namespace holdfast::ops
