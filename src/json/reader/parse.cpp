#include "src/json/reader/parse.hpp"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "src/json/reader/chunk_stream.hpp"

namespace holdfast::json {
namespace {

// Numbers come as text, so that none is too large or loses digits before the shape has said what it should be.
constexpr unsigned kFlags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;

/// RapidJSON's handler concept.
template <class Stream>
class Events {
 public:
  Events(Walker& walker, const Stream& stream) : walker_(walker), stream_(stream) {}

  bool Null() { return at().null(); }
  bool Bool(bool value) { return at().boolean(value); }
  bool RawNumber(const char* digits, rapidjson::SizeType size, bool) { return at().number({digits, size}); }
  bool String(const char* text, rapidjson::SizeType size, bool) { return at().text({text, size}); }
  bool StartObject() { return at().begin_object(); }
  bool Key(const char* name, rapidjson::SizeType size, bool) { return at().key({name, size}); }
  bool EndObject(rapidjson::SizeType) { return at().end_object(); }
  bool StartArray() { return at().begin_array(); }
  bool EndArray(rapidjson::SizeType) { return at().end_array(); }
  // The reader's code names these too; with the flags above it never comes to them.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  Walker& at() {
    walker_.mark(stream_.Tell());
    return walker_;
  }

  Walker& walker_;
  const Stream& stream_;
};

std::string describe(const rapidjson::ParseResult& result) {
  if (result.Code() == rapidjson::kParseErrorDocumentEmpty) return "empty: expected a JSON document";
  return fmt::format("not JSON at byte {}: {}", result.Offset(), rapidjson::GetParseError_En(result.Code()));
}

template <class Stream>
void run(Stream& stream, Walker& walker) {
  Events<Stream> events(walker, stream);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, events);
  if (!result.IsError() || result.Code() == rapidjson::kParseErrorTermination) return;
  walker.mark(result.Offset());
  walker.break_off(describe(result));
}

}  // namespace

void parse_json(std::string_view text, Walker& walker) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  run(stream, walker);
  // RapidJSON takes a NUL byte for the end.
  if (stream.Tell() < text.size() && walker.complaints().empty()) {
    walker.break_off(fmt::format("not JSON at byte {}: there is more after the end of the document", stream.Tell()));
  }
}

void parse_json(const ByteSource& source, Walker& walker, std::size_t max_bytes, std::size_t max_text_bytes) {
  ChunkStream stream(source, walker, max_bytes, max_text_bytes);
  run(stream, walker);
  if (!stream.at_end() && walker.complaints().empty()) {
    walker.break_off(fmt::format("not JSON at byte {}: there is more after the end of the document", stream.Tell()));
  }
}

}  // namespace holdfast::json
