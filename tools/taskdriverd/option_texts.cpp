// Renders --help, --version and --print-config from the table of options.
#include "tools/taskdriverd/option_texts.hpp"

#include "base/text.hpp"
#include "tools/taskdriverd/option_table.hpp"

namespace taskdriver::server {
namespace {

constexpr std::size_t help_column = 4;

constexpr std::string_view help_start =
    "taskdriverd hands out tasks to agents over HTTP.\n\n"
    "Usage: taskdriverd [FLAGS]\n\n"
    "Every option may be a flag, a variable in the environment or a key in a TOML file;\n"
    "the flag wins over the environment, the environment over the file.\n";

constexpr std::string_view help_end =
    "\nOnly in the environment\n"
    "  TASKDRIVER_ADMIN_TOKEN\n"
    "    the token that may do everything, 16 to 256 printable characters; without it the one\n"
    "    in DIR/admin.token counts, made at the first start\n"
    "  TASKDRIVER_ETCD_PASSWORD\n"
    "    the password of etcd-user\n"
    "\nOnly flags\n"
    "  --print-config   print the effective options as TOML, with where each came from\n"
    "  --version        print the version\n"
    "  -h, --help       print this text\n"
    "\nExamples\n"
    "  taskdriverd\n"
    "  taskdriverd --data-dir /var/lib/taskdriver --http [::1]:8080 --bootstrap-project demo\n"
    "  TASKDRIVER_LOG_FORMAT=json taskdriverd --config /etc/taskdriver/taskdriverd.toml\n"
    "  taskdriverd --node-id n1 --cluster-listen 127.0.0.1:3100 --etcd http://127.0.0.1:2379\n"
    "  taskdriverd --rate-limit-ip 0 --print-config > taskdriverd.toml\n"
    "\nExit codes: 0 stopped as asked, 1 could not start or go on, 2 wrong options.\n";

std::string toml_string(std::string_view text) {
  std::string quoted;
  append_json_string(quoted, text);  // TOML reads the same escapes
  return quoted;
}

std::string toml_value(const option_row& option, std::string_view text) {
  switch (option.kind) {
    case value_kind::number:
    case value_kind::flag:
      return std::string(text);
    case value_kind::text:
    case value_kind::list:
      return toml_string(text);
  }
  return toml_string(text);
}

/// TOML allows neither control characters nor broken UTF-8 in a comment.
std::string comment(std::string_view text) {
  std::string clean = is_utf8(text) ? std::string(text) : "(not UTF-8)";
  for (auto& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return clean;
}

void append_help(std::string& out, const option_row& row, const server_options& defaults) {
  out += "  --" + std::string(row.name) + (row.value_name.empty() ? "" : " ") +
         std::string(row.value_name) + "   " + environment_name(row.name) + "\n";
  const auto value = row.get(defaults);
  out.append(help_column, ' ');
  for (char c : row.help) {
    out += c;
    if (c == '\n') out.append(help_column, ' ');
  }
  out += value ? " (default " + *value + ")\n" : "\n";
}

}  // namespace

std::string server_version() {
  return TASKDRIVER_VERSION;
}

std::string version_text() {
  return "taskdriverd " + server_version() + "\n";
}

std::string help_text(const server_options& defaults) {
  std::string out(help_start);
  std::string_view group;
  for (const auto& row : option_rows()) {
    if (row.group != group) {
      group = row.group;
      out += "\n" + std::string(group) + "\n";
      if (group == option_rows().front().group)
        out += "  --config FILE   " + std::string(config_variable) +
               "\n    a TOML file with any of these options, e.g. data-dir = \"/srv/td\"\n";
    }
    append_help(out, row, defaults);
  }
  return out += help_end;
}

std::string config_text(const server_options& options, const option_origins& origins) {
  std::string out =
      "# The effective options of " + version_text() +
      "# This text can be used as a --config file. After # is where a value is from.\n";
  for (const auto& row : option_rows()) {
    const auto value = row.get(options);
    if (!value) {
      out += "# " + std::string(row.name) + " is not set\n";
      continue;
    }
    const auto origin = origins.find(row.name);
    out += std::string(row.name) + " = " + toml_value(row, *value) + "  # " +
           (origin == origins.end() ? "default" : comment(origin->second)) + "\n";
  }
  out += options.admin_token
             ? "# admin token: ********, environment variable " + std::string(admin_token_variable)
             : "# admin token: the one in " + comment(options.data_dir) + "/admin.token";
  out += "\n";
  if (options.etcd_password) out += "# etcd password: ********\n";
  return out;
}

}  // namespace taskdriver::server
