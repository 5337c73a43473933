// A sink that keeps the headers, for the tests of whoever adds them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/header_sink.hpp"

namespace taskdriver::http {

class collected_headers final : public header_sink {
public:
  void add(std::string_view name, std::string_view value) override {
    all.emplace_back(name, value);
  }
  /// Empty if it is absent.
  std::string operator[](std::string_view name) const {
    for (const auto& [each, value] : all)
      if (each == name) return value;
    return {};
  }
  std::vector<std::pair<std::string, std::string>> all;
};

}  // namespace taskdriver::http
