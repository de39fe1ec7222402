# The libraries, all from Debian packages (tools/setup installs them).
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
if(HOLDFAST_TESTS)
  find_package(rapidcheck REQUIRED)
endif()

# Headers of others are not ours to warn about.
function(holdfast_pkg name module)
  pkg_check_modules(${name}_PKG REQUIRED IMPORTED_TARGET ${module})
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE PkgConfig::${name}_PKG)
endfunction()
holdfast_pkg(jsoncpp jsoncpp)
holdfast_pkg(yaml-cpp yaml-cpp)
# The CMake package insists on civetweb, which we do not use.
holdfast_pkg(prometheus prometheus-cpp-core)
add_library(prometheus-cpp::core ALIAS prometheus)
holdfast_pkg(xxhash libxxhash)
holdfast_pkg(expat expat)

add_library(rapidjson INTERFACE)

# Asio and Beast are compiled once, in src/net/boost.cpp.
add_library(boost INTERFACE)
target_compile_definitions(boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                                           BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(boost INTERFACE Threads::Threads)
