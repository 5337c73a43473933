# boost_tests(TARGET [SOURCE]): what every executable of Boost.Test cases needs. SOURCE is the file
# that defines BOOST_TEST_MODULE, if it is not main.cpp.
#
# Test files are two fifths of the sources, and compiled twice as long as others: so they share one
# precompiled header, and are not optimized; what they test is. `debug` goes without the header, so
# that a test that does not include what it uses is found there.
option(TASKDRIVER_TEST_HEADERS "precompile the headers that all tests use" ON)

if(TASKDRIVER_TEST_HEADERS)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cpp CONTENT "")
  add_library(test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cpp)
  target_compile_definitions(test_headers PRIVATE BOOST_TEST_DYN_LINK)
  target_link_libraries(test_headers PRIVATE Boost::unit_test_framework)
  if(NOT TASKDRIVER_SANITIZE)
    target_compile_options(test_headers PRIVATE -O0)
  endif()
  target_precompile_headers(test_headers PRIVATE
    <boost/test/unit_test.hpp>
    <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <filesystem> <functional>
    <map> <memory> <mutex> <optional> <set> <string> <string_view> <thread> <utility> <variant>
    <vector>)
endif()

function(boost_tests target)
  target_compile_definitions(${target} PRIVATE BOOST_TEST_DYN_LINK)
  target_link_libraries(${target} PRIVATE Boost::unit_test_framework)
  if(NOT TASKDRIVER_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  if(NOT TASKDRIVER_TEST_HEADERS)
    return()
  endif()
  target_precompile_headers(${target} REUSE_FROM test_headers)
  # Seen through a precompiled header, g++ 12 takes the standard library's code for the project's.
  target_compile_options(${target} PRIVATE -Wno-array-bounds)
  # The file that defines BOOST_TEST_MODULE must be the first to include Boost.Test.
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    if(source MATCHES "main\\.cpp$" OR source STREQUAL "${ARGN}")
      set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    endif()
  endforeach()
endfunction()
