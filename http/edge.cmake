# What stands around the API: limits, metrics, documentation, logs and headers.

# The OpenAPI parts as symbols _binary_<file name>_start and _end, as in web/CMakeLists.txt.
set(openapi_files openapi_schemas.json openapi_operations.json)
set(openapi_sources ${openapi_files})
list(TRANSFORM openapi_sources PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
set(openapi_object ${CMAKE_CURRENT_BINARY_DIR}/openapi_data.o)
add_custom_command(
  OUTPUT ${openapi_object}
  COMMAND ld -r -b binary -z noexecstack -o ${openapi_object} ${openapi_files}
  COMMAND ${CMAKE_OBJCOPY} --rename-section
          .data=.rodata,alloc,load,readonly,data,contents ${openapi_object}
  DEPENDS ${openapi_sources}
  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
  COMMENT "Packing the parts of the OpenAPI document"
  VERBATIM)
set_source_files_properties(${openapi_object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)

add_library(http_edge STATIC
  cors.cpp metric_families.cpp metrics.cpp openapi.cpp process_numbers.cpp rate_limiter.cpp
  request_counters.cpp request_log.cpp security_headers.cpp static_assets.cpp ${openapi_object})
set_source_files_properties(openapi.cpp PROPERTIES
  COMPILE_DEFINITIONS TASKDRIVER_VERSION="${PROJECT_VERSION}")
target_link_libraries(http_edge PUBLIC base domain PRIVATE web_assets prometheus-cpp::core)
