// Reads the --config file with toml++ and turns its flat keys into settings.
#include <toml++/toml.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tools/taskdriverd/option_sources.hpp"

namespace taskdriver::server {
namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

result<std::string> read_text(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad())
    return error_info{errc::not_found, std::string("cannot be read: ") + std::strerror(errno)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > file_bytes_max)
    return error_info{errc::payload_too_large, "is larger than 1 MiB: no configuration"};
  return text;
}

/// An array of strings as one text with commas.
std::optional<std::string> joined(const toml::array& items) {
  std::string text;
  for (const auto& item : items) {
    const auto word = item.value_exact<std::string>();
    if (!word || word->find(',') != std::string::npos) return std::nullopt;
    text += (text.empty() ? "" : ",") + *word;
  }
  return text;
}

/// The value as the option's rule reads it; nullopt if it has the wrong type.
std::optional<std::string> text_of(const option_row& option, const toml::node& node) {
  if (option.kind == value_kind::number) {
    const auto number = node.value_exact<std::int64_t>();
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
  }
  if (option.kind == value_kind::flag) {
    const auto flag = node.value_exact<bool>();
    return flag ? std::optional<std::string>(*flag ? "true" : "false") : std::nullopt;
  }
  if (option.kind == value_kind::list && node.is_array()) return joined(*node.as_array());
  return node.value_exact<std::string>();
}

std::string_view type_rule(value_kind kind) {
  switch (kind) {
    case value_kind::text:
      return "must be a string in quotes";
    case value_kind::number:
      return "must be a whole number without quotes";
    case value_kind::list:
      return "must be an array of strings, or one string with commas";
    case value_kind::flag:
      return "must be true or false, without quotes";
  }
  return "";
}

std::string unknown_key(const std::string& key) {
  if (key == "admin-token")
    return key + ": is taken from the environment variable " + std::string(admin_token_variable) +
           " only";
  if (key == "etcd-password")
    return key + ": is taken from etcd-password-file or the environment variable " +
           std::string(etcd_password_variable);
  if (key == "config") return key + ": cannot be set in a file";
  return key + ": no such option; taskdriverd --help lists them";
}

void read_entry(const std::string& key, const toml::node& node, const std::string& origin,
                settings& out) {
  const auto* option = find_option(key);
  if (option == nullptr) {
    out.errors.push_back(unknown_key(key) + " (" + origin + ")");
  } else if (auto text = text_of(*option, node)) {
    out.values.push_back({option, std::move(*text), origin});
  } else {
    std::ostringstream value;
    if (!node.is_table()) node.visit([&](const auto& typed) { value << typed; });
    out.errors.push_back(wrong_value(key, type_rule(option->kind), value.str(), origin));
  }
}

}  // namespace

settings read_config_file(const std::string& path) {
  settings out;
  const auto text = read_text(path);
  if (!text) {
    out.errors.push_back("config: " + path + " " + text.error().text);
    return out;
  }
  try {
    const toml::table table = toml::parse(*text, path);
    for (const auto& [key, node] : table) {
      const auto line = std::to_string(key.source().begin.line);
      read_entry(std::string(key.str()), node, path + ":" + line, out);
    }
  } catch (const toml::parse_error& error) {
    out.errors.push_back("config: " + std::string(error.description()) + " (" + path + ":" +
                         std::to_string(error.source().begin.line) + ")");
  }
  return out;
}

}  // namespace taskdriver::server
