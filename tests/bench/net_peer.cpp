// The server that one would write with Beast in an hour, as a measure for ours: a coroutine per connection,
// string_body, a timer per request, a static answer. Prints its port and serves until it is killed: net_peer [threads]
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "net_identity.hpp"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

namespace {

constexpr std::chrono::seconds kPatience{30};

asio::awaitable<void> serve(TlsStream stream) try {
  beast::get_lowest_layer(stream).expires_after(kPatience);
  co_await stream.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
  beast::flat_buffer buffer;
  for (bool open = true; open;) {
    beast::get_lowest_layer(stream).expires_after(kPatience);
    http::request<http::string_body> request;
    co_await http::async_read(stream, buffer, request, asio::use_awaitable);
    http::response<http::string_body> response(http::status::ok, request.version());
    response.set(http::field::content_type, "application/json");
    response.keep_alive(request.keep_alive());
    response.body() = bench::kAnswer;
    response.prepare_payload();
    co_await http::async_write(stream, response, asio::use_awaitable);
    open = request.keep_alive();
  }
} catch (const std::exception&) {
  // The client has left.
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, asio::io_context& context, asio::ssl::context& tls) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::make_strand(context), asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    const auto executor = socket.get_executor();
    asio::co_spawn(executor, serve(TlsStream(beast::tcp_stream(std::move(socket)), tls)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
  const bench::Identity identity = bench::make_identity();
  asio::ssl::context tls(asio::ssl::context::tls_server);
  tls.use_certificate_chain(asio::buffer(identity.chain));
  tls.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
  asio::io_context context(threads);
  tcp::acceptor acceptor(context, tcp::endpoint(tcp::v4(), 0));
  std::printf("%u\n", static_cast<unsigned>(acceptor.local_endpoint().port()));
  std::fflush(stdout);
  asio::co_spawn(context, accept(acceptor, context, tls), asio::detached);
  std::vector<std::jthread> pool;
  for (int i = 0; i < threads; ++i) pool.emplace_back([&] { context.run(); });
}
