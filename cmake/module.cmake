# Files that no batch takes: Asio and Beast themselves, and those whose options differ (tests/fuzz).
set(HOLDFAST_ALONE src/net/boost.cpp src/index/kopia/format.cpp src/json/reader/parse.cpp src/json/objects/patch.cpp
                   src/json/objects/review_answer.cpp src/ops/log.cpp)

# holdfast_batch(VARIABLE NAME): puts the source files in VARIABLE into batches, each compiled as one (cmake/batches.py).
function(holdfast_batch variable name)
  list(TRANSFORM ${variable} REPLACE "^${PROJECT_SOURCE_DIR}/" "" OUTPUT_VARIABLE files)
  set(alone ${files})
  list(REMOVE_ITEM files ${HOLDFAST_ALONE})
  list(REMOVE_ITEM alone ${files})
  execute_process(COMMAND python3 cmake/batches.py ${HOLDFAST_LARGEST_BATCH} ${CMAKE_BINARY_DIR}/batches ${name} ${files}
                  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE files COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" files "${files}")
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # A class that a file keeps to itself looks to gcc as if a header had it.
    set_source_files_properties(${files} PROPERTIES COMPILE_OPTIONS -Wno-subobject-linkage)
  endif()
  list(APPEND files ${alone})
  list(TRANSFORM files PREPEND "${PROJECT_SOURCE_DIR}/" REGEX "^[^/]")
  set(${variable} ${files} PARENT_SCOPE)
endfunction()

# holdfast_module(NAME FOLDER USES …): one static library, holdfast::NAME, of every source file in FOLDER and its rooms.
function(holdfast_module name folder)
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  if(NOT sources)
    add_library(holdfast_${name} INTERFACE)
    add_library(holdfast::${name} ALIAS holdfast_${name})
    target_link_libraries(holdfast_${name} INTERFACE holdfast_flags ${ARG_USES})
    return()
  endif()
  if(HOLDFAST_BATCHES STREQUAL all)
    holdfast_batch(sources lib_${name})
  endif()
  add_library(holdfast_${name} STATIC ${sources})
  add_library(holdfast::${name} ALIAS holdfast_${name})
  target_include_directories(holdfast_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(holdfast_${name} PUBLIC holdfast_flags ${ARG_USES})
endfunction()
