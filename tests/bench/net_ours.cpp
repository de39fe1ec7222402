// The listener of the product with a static answer, to be measured beside net_peer. Prints its port and serves until it
// is killed: net_ours [threads]
#include <cstdio>
#include <cstdlib>
#include <future>

#include "holdfast/net/server.hpp"
#include "net_identity.hpp"

using namespace holdfast::net;

namespace {

class FixedTls : public TlsSource {
 public:
  explicit FixedTls(const bench::Identity& identity) : context_(TlsContext::from_pem(identity.chain, identity.key)) {}
  std::shared_ptr<const TlsContext> current() const override { return context_; }

 private:
  std::shared_ptr<const TlsContext> context_;
};

}  // namespace

int main(int argc, char** argv) {
  Loop loop(argc > 1 ? std::atoi(argv[1]) : 2);
  Listener listener(loop, {.name = "bench", .tls = std::make_shared<FixedTls>(bench::make_identity())},
                    [](Request, Respond respond) {
                      respond({.status = 200, .content_type = "application/json", .body = bench::kAnswer});
                    });
  std::printf("%u\n", static_cast<unsigned>(listener.port()));
  std::fflush(stdout);
  std::promise<void>().get_future().wait();
}
