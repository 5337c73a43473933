// Puts flags, environment, file and defaults together and says everything that is wrong with them.
#include "tools/taskdriverd/options.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/text.hpp"
#include "tools/taskdriverd/option_sources.hpp"
#include "tools/taskdriverd/option_texts.hpp"

namespace taskdriver::server {
namespace {

constexpr std::size_t shown_value_bytes_max = 200;

/// Listens everywhere, so it is nowhere to connect to.
bool is_any_address(std::string_view host) {
  return host == "0.0.0.0" || host == "::";
}

std::string variable_origin(std::string_view name) {
  return "environment variable " + std::string(name);
}

/// The options as they grow from defaults to effective ones.
struct growing_options {
  server_options options;
  option_origins origins;
  std::vector<std::string> errors;

  void add(const settings& more) {
    errors.insert(errors.end(), more.errors.begin(), more.errors.end());
    for (const auto& value : more.values) {
      if (auto rule = value.option->set(options, value.text))
        errors.push_back(wrong_value(value.option->name, *rule, value.text, value.origin));
      else
        origins[value.option->name] = value.origin;
    }
  }
};

server_options defaults_for(std::uint32_t cores) {
  server_options options;
  options.io_threads = std::clamp(cores / 2, 1u, 4u);
  options.actor_threads = std::clamp(cores, 2u, 256u);
  return options;
}

settings read_environment(const invocation& from) {
  settings out;
  for (const auto& row : option_rows()) {
    const auto name = environment_name(row.name);
    if (const auto found = from.environment.find(name); found != from.environment.end())
      out.values.push_back({&row, found->second, variable_origin(name)});
  }
  return out;
}

void read_admin_token(const invocation& from, growing_options& out) {
  const auto found = from.environment.find(std::string(admin_token_variable));
  if (found == from.environment.end()) return;
  if (auto rule = check_admin_token(found->second))
    out.errors.push_back("admin-token: " + *rule + " (" + variable_origin(found->first) + ")");
  else
    out.options.admin_token = found->second;
}

/// The path of the TOML file by flag or environment.
std::optional<std::string> config_path(const invocation& from, const command_line& line) {
  if (line.config_file) return line.config_file;
  const auto found = from.environment.find(std::string(config_variable));
  if (found == from.environment.end()) return std::nullopt;
  return found->second;
}

/// The first line of the file that holds etcd's password, or the variable's value.
void read_etcd_password(const invocation& from, growing_options& out) {
  const auto found = from.environment.find(std::string(etcd_password_variable));
  if (found != from.environment.end()) out.options.etcd_password = found->second;
  const auto& path = out.options.etcd_password_file;
  if (!path || out.options.etcd_password) return;
  std::ifstream file(*path);
  std::string line;
  if (!std::getline(file, line) || line.empty())
    out.errors.push_back("etcd-password-file: " + *path + " cannot be read, or is empty");
  out.options.etcd_password = line;
}

/// Where an option's value is from, for the end of a message.
std::string origin_of(const growing_options& all, const char* option) {
  const auto origin = all.origins.find(option);
  return origin == all.origins.end() ? "default" : origin->second;
}

void need_all_or_none(growing_options& all, const char* what,
                      const std::vector<const std::optional<std::string>*>& files) {
  const auto given = std::ranges::count_if(files, [](const auto* f) { return f->has_value(); });
  if (given != 0 && given != static_cast<std::ptrdiff_t>(files.size()))
    all.errors.push_back(std::string(what) + "-ca, " + what + "-cert and " + what +
                         "-key belong together: give all three or none");
}

void refuse_cluster_options(growing_options& all) {
  const auto& o = all.options;
  const std::pair<const char*, bool> given[] = {
      {"cluster-listen", o.cluster_listen.has_value()},
      {"cluster-advertise", o.cluster_advertise.has_value()},
      {"cluster-adopt", o.cluster_adopt},
      {"etcd-peers", o.etcd_peers.has_value()}};
  for (const auto& [name, there] : given)
    if (there)
      all.errors.push_back(std::string(name) + ": means nothing without etcd (" +
                           origin_of(all, name) + ")");
}

void check_cluster(growing_options& all) {
  const auto& o = all.options;
  need_all_or_none(all, "cluster", {&o.cluster_ca, &o.cluster_cert, &o.cluster_key});
  if (o.etcd_cert.has_value() != o.etcd_key.has_value())
    all.errors.push_back("etcd-cert and etcd-key belong together");
  if (o.etcd_user.has_value() != o.etcd_password.has_value())
    all.errors.push_back("etcd-user needs a password, and a password etcd-user");
  if (!o.clustered()) return refuse_cluster_options(all);
  if (!o.cluster_listen)
    all.errors.push_back("cluster-listen: is needed with etcd (" + origin_of(all, "etcd") + ")");
  else if (!o.cluster_advertise && is_any_address(o.cluster_listen->host))
    all.errors.push_back(wrong_value("cluster-listen",
                                     "needs cluster-advertise, as other nodes cannot reach this",
                                     o.cluster_listen->text(), origin_of(all, "cluster-listen")));
  if ((*o.etcd == "managed") != o.etcd_peers.has_value())
    all.errors.push_back("etcd-peers: is needed with etcd managed, and only then");
}

/// Rules between options.
void check_together(growing_options& all) {
  check_cluster(all);
  const auto& http = all.options.http;
  if (http.is_loopback()) return;
  all.errors.push_back(wrong_value(
      "http",
      "must be a loopback address (127.0.0.1, [::1]) with --auth open, which lets in whoever "
      "reaches the port",
      http.text(), origin_of(all, "http")));
}

/// tdctl's, and those that Kubernetes sets for a service named "taskdriver".
bool is_for_others(std::string_view name) {
  return name == "TASKDRIVER_URL" || name.starts_with("TASKDRIVER_SERVICE_") ||
         name.starts_with("TASKDRIVER_PORT");
}

std::vector<std::string> unknown_variables(const invocation& from) {
  std::vector<std::string> warnings;
  for (const auto& [name, value] : from.environment) {
    const auto is_name = [&](const option_row& row) { return environment_name(row.name) == name; };
    const bool known = name == admin_token_variable || name == config_variable ||
                       name == etcd_password_variable ||
                       std::ranges::any_of(option_rows(), is_name);
    if (!known && !is_for_others(name))
      warnings.push_back(variable_origin(name) + " is no option and is ignored");
  }
  return warnings;
}

std::string joined(const std::vector<std::string>& errors) {
  std::string text;
  for (const auto& error : errors) text += "taskdriverd: " + error + "\n";
  return text;
}

}  // namespace

std::string wrong_value(std::string_view option, std::string_view rule, std::string_view value,
                        std::string_view origin) {
  std::string shown;
  if (is_utf8(value))
    append_json_string(shown, utf8_prefix(value, shown_value_bytes_max));
  else
    shown = "bytes that are not UTF-8";
  return std::string(option) + ": " + std::string(rule) + ", got " + shown + " (" +
         std::string(origin) + ")";
}

invocation this_process(int argc, const char* const* argv) {
  invocation from;
  from.arguments.assign(argv + std::min(argc, 1), argv + argc);
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (!text.starts_with("TASKDRIVER_") || equals == std::string_view::npos) continue;
    from.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) == 0)
    from.cores = static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&usable)));
  return from;
}

parse_outcome parse_options(const invocation& from) {
  const auto line = read_command_line(from.arguments);
  growing_options all{defaults_for(from.cores), {}, {}};
  if (line.help) return print_text{help_text(all.options)};
  if (line.version) return print_text{version_text()};
  if (const auto path = config_path(from, line)) all.add(read_config_file(*path));
  all.add(read_environment(from));
  all.add(line.given);
  read_admin_token(from, all);
  read_etcd_password(from, all);
  check_together(all);
  if (!all.errors.empty()) return usage_error{joined(all.errors)};
  if (line.print_config) return print_text{config_text(all.options, all.origins)};
  return run_server{std::move(all.options), unknown_variables(from)};
}

}  // namespace taskdriver::server
