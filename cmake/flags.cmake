# How everything of ours is compiled.
add_library(holdfast_flags INTERFACE)
target_compile_options(holdfast_flags INTERFACE -Wall -Wextra -Wpedantic -Werror)
# gcc 12 sees an overlap in "literal" + std::string that is none (gcc bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(holdfast_flags INTERFACE -Wno-restrict)
endif()
target_include_directories(holdfast_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(holdfast_flags INTERFACE HOLDFAST_VERSION="${PROJECT_VERSION}")

# A program that listens on a network: stack protector, checked string functions, read-only relocations.
if(NOT HOLDFAST_SANITIZE AND CMAKE_BUILD_TYPE MATCHES "Rel")
  add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
# Resident text is memory too: -O3 makes a sixth more of it, and nothing here runs in tight loops.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(CMAKE_BUILD_TYPE MATCHES "Rel")
  add_compile_options(-ffunction-sections -fdata-sections)
  add_link_options(-Wl,--gc-sections)
endif()

# The presets of tests compile with -g1: functions and lines for stack traces, in objects that are two thirds
# smaller than with -g. A debugger that is to show variables needs -DCMAKE_CXX_FLAGS_DEBUG=-g after the preset.
# Test programs are linked often and by the dozen; what is shipped keeps the linker that every Debian has.
find_program(MOLD mold)
if(MOLD AND CMAKE_BUILD_TYPE STREQUAL Debug)
  add_link_options(-fuse-ld=mold)
endif()

if(HOLDFAST_SANITIZE)
  # vptr, null and alignment checks triple the compile time of Beast's coroutines and find nothing there.
  add_compile_options(-fsanitize=${HOLDFAST_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HOLDFAST_SANITIZE})
  if(HOLDFAST_SANITIZE MATCHES thread)
    add_compile_options(-Wno-tsan)  # Asio has fences, which gcc's thread sanitizer does not model and warns about
  endif()
  if(HOLDFAST_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize=vptr,null,alignment)
  endif()
endif()
if(HOLDFAST_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link -O1)
endif()
if(HOLDFAST_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
