#include "holdfast/ops/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include "holdfast/base/text.hpp"

namespace holdfast::ops {
namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

struct LevelNames {
  std::string_view ours;
  spdlog::level::level_enum theirs;
};
/// In the order of Level.
constexpr LevelNames kLevels[] = {{"debug", spdlog::level::debug},
                                  {"info", spdlog::level::info},
                                  {"warn", spdlog::level::warn},
                                  {"error", spdlog::level::err}};
std::string_view name(Level level) { return kLevels[static_cast<std::size_t>(level)].ours; }
spdlog::level::level_enum to_spdlog(Level level) { return kLevels[static_cast<std::size_t>(level)].theirs; }

std::string utc_now() {
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

bool needs_quotes(std::string_view text) {
  const auto odd = [](char c) { return base::is_control(c) || c == ' ' || c == '"' || c == '=' || c == '\\'; };
  return text.empty() || std::any_of(text.begin(), text.end(), odd);
}

/// A value of logfmt: bare, or in quotes with every control character escaped, so that one event stays one line.
void append_text(std::string& line, std::string_view text) {
  if (!needs_quotes(text)) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (line += '\\') += c;
    else if (c == '\n')
      line += "\\n";
    else if (base::is_control(c))
      line += "\\x" + base::hex({&c, 1});
    else
      line += c;
  }
  line += '"';
}

std::string text_line(Level level, std::string_view time, std::string_view message, std::span<const Field> fields) {
  std::string line;
  if (!time.empty()) line.append("time=").append(time).append(" ");
  line.append("level=").append(name(level)).append(" msg=");
  append_text(line, message);
  for (const Field& f : fields) {
    line.append(" ").append(f.key).append("=");
    std::visit(Overloaded{[&](const std::string& v) { append_text(line, v); },
                          [&](const auto& v) { line += fmt::to_string(v); }},
               f.value);
  }
  return line;
}

std::string json_line(Level level, std::string_view time, std::string_view message, std::span<const Field> fields) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer writer(buffer);
  const auto text = [&](std::string_view v) { writer.String(v.data(), static_cast<rapidjson::SizeType>(v.size())); };
  writer.StartObject();
  if (!time.empty()) text("time"), text(time);
  text("level"), text(name(level));
  text("msg"), text(message);
  for (const Field& f : fields) {
    text(f.key);
    std::visit(Overloaded{[&](const std::string& v) { text(v); }, [&](std::int64_t v) { writer.Int64(v); },
                          [&](double v) { writer.Double(v); }, [&](bool v) { writer.Bool(v); }},
               f.value);
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

/// Standard output, written at once while lines are few. In a burst lines are written together, at most kBatch late:
/// a write for each of tens of thousands of decisions per second costs more than the decisions.
class StdoutSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  StdoutSink() : flusher_([this](const std::stop_token& stop) { flush_bursts(stop); }) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::fwrite(line.data(), 1, line.size(), stdout);
    const auto now = std::chrono::steady_clock::now();
    if (message.level >= spdlog::level::warn || now - flushed_ >= kBatch) {
      flush_();
      flushed_ = now;
    } else if (!std::exchange(dirty_, true)) {
      wake_.notify_one();
    }
  }

  void flush_() override {
    std::fflush(stdout);
    dirty_ = false;
  }

 private:
  static constexpr std::chrono::milliseconds kBatch{20};

  void flush_bursts(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, stop, [this] { return dirty_; })) {
      lock.unlock();
      std::this_thread::sleep_for(kBatch);
      lock.lock();
      flush_();
    }
  }

  std::chrono::steady_clock::time_point flushed_;
  bool dirty_ = false;  ///< lines wait to be written; under mutex_
  std::condition_variable_any wake_;
  std::jthread flusher_;
};

spdlog::sink_ptr make_sink(Logger::Sink sink) {
  switch (sink) {
    case Logger::Sink::Stdout:
      return std::make_shared<StdoutSink>();
    case Logger::Sink::Stderr:
      return std::make_shared<spdlog::sinks::stderr_sink_mt>();
    case Logger::Sink::None:
      break;
  }
  return std::make_shared<spdlog::sinks::null_sink_mt>();
}

}  // namespace

struct Logger::Impl {
  Impl(Sink sink, Level level, Format f) : logger("holdfast", make_sink(sink)), format(f) {
    logger.set_pattern("%v");
    logger.set_level(to_spdlog(level));
  }
  spdlog::logger logger;
  Format format;
};

Logger::Logger(Sink sink, Level level, Format format) : impl_(std::make_unique<Impl>(sink, level, format)) {}
Logger::~Logger() = default;

bool Logger::enabled(Level level) const { return impl_->logger.should_log(to_spdlog(level)); }

void Logger::log(Level level, std::string_view message, std::span<const Field> fields) const {
  if (!enabled(level)) return;
  impl_->logger.log(to_spdlog(level), format_line(impl_->format, level, utc_now(), message, fields));
}

std::string format_line(Format format, Level level, std::string_view time, std::string_view message,
                        std::span<const Field> fields) {
  return format == Format::Json ? json_line(level, time, message, fields) : text_line(level, time, message, fields);
}

}  // namespace holdfast::ops
