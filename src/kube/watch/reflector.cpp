#include "holdfast/kube/reflector.hpp"

#include <utility>

#include "src/kube/watch/reflector_impl.hpp"

namespace holdfast::kube {

Reflector::Reflector(net::Loop& loop, Client& client, const Resource& resource, Options options, Sink& sink,
                     const ops::Logger& log)
    : impl_(std::make_shared<Impl>(loop, client, resource, std::move(options), sink, log)) {}

Reflector::~Reflector() { impl_->stop(); }

// On the loop, so that the sink is called nowhere else.
void Reflector::start() { impl_->loop.post(impl_->on(&Impl::begin_list)); }

}  // namespace holdfast::kube
