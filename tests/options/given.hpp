// A command line, an environment and files for the tests of taskdriverd's options.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/temporary_directory.hpp"
#include "tools/taskdriverd/options.hpp"

namespace taskdriver::server {

/// A folder of its own for one test; removed at the end.
class scratch_folder {
public:
  std::filesystem::path path() const { return folder_.path(); }

  std::string write(const std::string& name, const std::string& text) const {
    const auto file = path() / name;
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path() / name, std::ios::binary).rdbuf();
    return text.str();
  }

private:
  testing::temporary_directory folder_;
};

/// An invocation step by step, and the three ways it can end.
struct given {
  invocation from;
  scratch_folder folder;

  given& flags(std::vector<std::string> arguments) {
    from.arguments = std::move(arguments);
    return *this;
  }
  given& variable(const std::string& name, const std::string& value) {
    from.environment[name] = value;
    return *this;
  }
  /// The file comes by the environment, so that flags() is free for the test.
  given& file(const std::string& text) {
    return variable("TASKDRIVER_CONFIG", folder.write("td.toml", text));
  }

  run_server run() const {
    auto outcome = parse_options(from);
    if (auto* refused = std::get_if<usage_error>(&outcome)) throw std::runtime_error(refused->text);
    return std::get<run_server>(outcome);
  }
  server_options options() const { return run().options; }
  std::string printed() const { return std::get<print_text>(parse_options(from)).text; }
  /// The errors; empty if there are none.
  std::string refusal() const {
    auto outcome = parse_options(from);
    const auto* refused = std::get_if<usage_error>(&outcome);
    return refused == nullptr ? "" : refused->text;
  }
};

}  // namespace taskdriver::server
