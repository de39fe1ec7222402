#include "src/index/s3/xml.hpp"

#include <expat.h>
#include <fmt/format.h>

#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace holdfast::index {

namespace {

class Reader {
 public:
  Reader(const XmlVisitor& visit, const XmlLimits& limits)
      : visit_(visit), limits_(limits), parser_(XML_ParserCreate(nullptr)) {
    if (!parser_) throw std::bad_alloc();
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(
        parser_.get(), [](void* self, const XML_Char* name, const XML_Char**) { of(self).begin(name); },
        [](void* self, const XML_Char*) { of(self).end(); });
    XML_SetCharacterDataHandler(parser_.get(), [](void* self, const XML_Char* text, int size) {
      of(self).add({text, static_cast<std::size_t>(size)});
    });
    XML_SetStartDoctypeDeclHandler(parser_.get(), [](void* self, const XML_Char*, const XML_Char*, const XML_Char*,
                                                     int) { of(self).stop("it has a document type"); });
  }

  std::optional<std::string> read(std::string_view document) {
    const auto status = XML_Parse(parser_.get(), document.data(), static_cast<int>(document.size()), XML_TRUE);
    if (!problem_.empty()) return problem_;
    if (status == XML_STATUS_OK) return std::nullopt;
    return fmt::format("{} in line {}", XML_ErrorString(XML_GetErrorCode(parser_.get())),
                       XML_GetCurrentLineNumber(parser_.get()));
  }

 private:
  struct Open {
    std::size_t path_size;  ///< of the path before this element
    std::string text;
  };

  static Reader& of(void* self) { return *static_cast<Reader*>(self); }

  // Called by a C library, through which no exception may pass: there is none but for memory, and then we end.
  void begin(std::string_view name) noexcept {
    if (open_.size() == limits_.depth) return stop("it is nested too deeply");
    open_.push_back({path_.size(), {}});
    if (!path_.empty()) path_ += '/';
    path_ += name;
  }

  void add(std::string_view text) noexcept {
    if (open_.empty()) return;
    std::string& all = open_.back().text;
    if (all.size() + text.size() > limits_.text) return stop("an element's text is too long");
    all += text;
  }

  void end() noexcept {
    if (open_.empty() || !problem_.empty()) return;
    visit_(path_, open_.back().text);
    path_.resize(open_.back().path_size);
    open_.pop_back();
  }

  void stop(std::string_view problem) noexcept {
    problem_ = problem;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  struct Free {
    void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
  };

  const XmlVisitor& visit_;
  const XmlLimits& limits_;
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser_;
  std::string path_;
  std::vector<Open> open_;
  std::string problem_;
};

}  // namespace

std::optional<std::string> read_xml(std::string_view document, const XmlVisitor& visit, const XmlLimits& limits) {
  if (document.size() > limits.bytes) return fmt::format("it is longer than {} bytes", limits.bytes);
  return Reader(visit, limits).read(document);
}

}  // namespace holdfast::index
