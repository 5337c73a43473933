# The Debian packages that the project stands on, as imported targets.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(RocksDB REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(simdjson REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS unit_test_framework)
pkg_check_modules(PISTACHE REQUIRED IMPORTED_TARGET libpistache)

# The server's malloc: requests are allocated on one thread and freed on another, which glibc's is
# slow at. Sanitizers bring their own.
add_library(allocator INTERFACE)
if(NOT TASKDRIVER_SANITIZE)
  find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
  target_link_libraries(allocator INTERFACE ${JEMALLOC_LIBRARY})
endif()

# Debian ships no CMake files for CAF.
foreach(part core io openssl)
  find_library(CAF_${part}_LIBRARY caf_${part} REQUIRED)
  add_library(caf_${part} INTERFACE)
  target_link_libraries(caf_${part} INTERFACE ${CAF_${part}_LIBRARY} Threads::Threads)
endforeach()
