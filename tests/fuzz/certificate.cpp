#include <stdexcept>
#include <string>

#include "certs/openssl.hpp"
#include "holdfast/net/tls.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace holdfast;

namespace {

/// Runs what may refuse its input by a runtime_error, and by nothing else.
template <class F>
void may_refuse(F&& f) {
  try {
    f();
  } catch (const std::runtime_error& error) {
    fuzz::require_message(error.what());
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  const std::string pem(input.text());
  may_refuse([&] { fuzz::require(net::TlsContext::from_pem(pem, pem) != nullptr, "a context is made, or a reason"); });
  may_refuse([&] {
    const certs::X509Ptr leaf = certs::read_certificate(pem, "tls.crt");
    fuzz::require(leaf != nullptr, "a certificate is read, or a reason");
    static_cast<void>(certs::is_issued_by(leaf.get(), pem, pem, "ca.crt"));
    may_refuse([&] { static_cast<void>(certs::to_time(X509_get0_notAfter(leaf.get()))); });
  });
  return 0;
}
