// Inside of Loop, for the files of this module that talk to Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

#include "holdfast/net/server.hpp"

namespace holdfast::net {

struct Loop::Impl {
  explicit Impl(int thread_count) : context(thread_count), work(context.get_executor()) {}

  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  std::vector<std::thread> threads;
};

}  // namespace holdfast::net
