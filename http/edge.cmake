# What stands around the API: limits, metrics, documentation, logs and headers.
add_library(http_edge STATIC
  cors.cpp metric_families.cpp metrics.cpp process_numbers.cpp rate_limiter.cpp
  request_counters.cpp request_log.cpp security_headers.cpp static_assets.cpp)
target_link_libraries(http_edge PUBLIC base domain PRIVATE web_assets prometheus-cpp::core)
