#include "holdfast/kube/client.hpp"

#include <utility>

#include "src/kube/calls.hpp"
#include "src/kube/client_impl.hpp"
#include "src/kube/watch/watch_stream.hpp"

namespace holdfast::kube {

Client::Client(net::Loop& loop, Config config, const Options& options, const ops::Logger& log)
    : impl_(std::make_shared<Impl>(loop, std::move(config), options, log)) {
  impl_->start();
}

Client::~Client() { impl_->stop(); }

void Client::get(const Target& target, Deadline deadline, Done done) {
  impl_->read(get_call(impl_->config, target), deadline, std::move(done));
}

void Client::get_page(std::string_view path, Deadline deadline, Done done) {
  impl_->read(get_page_call(impl_->config, path), deadline, std::move(done));
}

void Client::list(const Resource& resource, std::string_view ns, const ListOptions& options, Deadline deadline,
                  Done done) {
  impl_->read(list_call(impl_->config, resource, ns, options), deadline, std::move(done));
}

void Client::apply(const Target& target, std::string body, bool force, Deadline deadline, Done done) {
  impl_->write(apply_call(impl_->config, target, std::move(body), force), deadline, std::move(done));
}

void Client::create(const Target& target, std::string body, Deadline deadline, Done done) {
  impl_->write(create_call(impl_->config, target, std::move(body)), deadline, std::move(done));
}

void Client::replace(const Target& target, std::string body, Deadline deadline, Done done) {
  impl_->write(replace_call(impl_->config, target, std::move(body)), deadline, std::move(done));
}

void Client::merge_patch(const Target& target, std::string body, Deadline deadline, Done done) {
  impl_->write(merge_patch_call(impl_->config, target, std::move(body)), deadline, std::move(done));
}

void Client::json_patch(const Target& target, std::string body, Deadline deadline, Done done) {
  impl_->write(json_patch_call(impl_->config, target, std::move(body)), deadline, std::move(done));
}

void Client::remove(const Target& target, const Preconditions& preconditions, Deadline deadline, Done done) {
  impl_->write(remove_call(impl_->config, target, preconditions), deadline, std::move(done), true);
}

std::unique_ptr<Client::Watch> Client::watch(const Resource& resource, std::string_view ns, const WatchOptions& options,
                                             WatchCallbacks callbacks) {
  auto stream =
      std::make_shared<WatchStream>(impl_, watch_call(impl_->config, resource, ns, options), std::move(callbacks));
  stream->start();
  return std::make_unique<WatchHandle>(std::move(stream));
}

RequestCounts Client::counts() const { return {impl_->reads, impl_->writes}; }
const Config& Client::config() const { return impl_->config; }

}  // namespace holdfast::kube
