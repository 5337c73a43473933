// Requests of operators: look at the cluster, move what it holds, copy its data.
#include <charconv>

#include "domain/rules.hpp"
#include "http/error_status.hpp"
#include "http/json_body.hpp"
#include "http/request_fields.hpp"

namespace taskdriver::http::handlers {
namespace {

constexpr std::size_t node_name_bytes_max = 64;

api_work ask(domain::cluster_command what, cluster_part part = cluster_part::summary) {
  return {actors::to_this_node{}, std::move(what), {.part = part}};
}

domain::rules::objection node_name_rule(std::string_view text) {
  const bool fits = !text.empty() && text.size() <= node_name_bytes_max &&
                    text.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-") == std::string_view::npos;
  if (fits) return std::nullopt;
  return "Node id must be 1-64 letters, digits, '.', '-' or '_'";
}

domain::rules::objection backup_name_rule(std::string_view text) {
  if (node_name_rule(text) || text.front() == '.')
    return "Backup name must be 1-64 letters, digits, '.', '-' or '_', and not begin with '.'";
  return std::nullopt;
}

result<std::string> node_in_path(const api_call& call) {
  if (node_name_rule(call.parameter)) return not_found_error("Node");
  return std::string(call.parameter);
}

result<shard_id> shard_in_path(const api_call& call) {
  std::uint16_t number = 0;
  const auto* end = call.parameter.data() + call.parameter.size();
  const auto [stopped, wrong] = std::from_chars(call.parameter.data(), end, number);
  if (wrong != std::errc() || stopped != end) return not_found_error("Shard");
  return shard_id{number};
}

/// Reads the body's fields with `read(field_reader&)`, which makes the command.
template <class Read>
result<api_work> with_body(const api_call& call, Read read) {
  auto body = json_body::parse_optional(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::cluster_command command = read(in);
  in.refuse_others();
  if (!errors.empty()) return validation_error(std::move(errors));
  return ask(std::move(command));
}

}  // namespace

result<api_work> show_cluster(const api_call&) {
  return ask(domain::show_cluster{});
}

result<api_work> list_nodes(const api_call&) {
  return ask(domain::show_cluster{}, cluster_part::nodes);
}

result<api_work> list_shards(const api_call& call) {
  auto in = query_reader::parse(call.query);
  if (!in) return in.error();
  domain::show_cluster show;
  if (const auto project = in->id("project", "Project id")) show.project = project->project();
  if (!in->errors().empty()) return validation_error(std::move(in->errors()));
  return ask(show, cluster_part::shards);
}

result<api_work> drain_node(const api_call& call) {
  auto node = node_in_path(call);
  if (!node) return node.error();
  return ask(domain::drain_node{std::move(*node)});
}

result<api_work> undrain_node(const api_call& call) {
  auto node = node_in_path(call);
  if (!node) return node.error();
  return ask(domain::undrain_node{std::move(*node)});
}

result<api_work> remove_node(const api_call& call) {
  auto node = node_in_path(call);
  if (!node) return node.error();
  return ask(domain::remove_node{std::move(*node)});
}

result<api_work> move_replica(const api_call& call) {
  const auto shard = shard_in_path(call);
  if (!shard) return shard.error();
  return with_body(call, [&](field_reader& in) {
    domain::move_replica move{.shard = *shard};
    move.from = in.text("from", node_name_rule).value_or("");
    move.to = in.text("to", node_name_rule).value_or("");
    if (move.from.empty() && move.to.empty() && in.errors().empty())
      in.object_to("to", "Name a node to move from, to move to, or both");
    return move;
  });
}

result<api_work> transfer_shard(const api_call& call) {
  const auto shard = shard_in_path(call);
  if (!shard) return shard.error();
  return with_body(call, [&](field_reader& in) {
    return domain::transfer_shard{*shard, in.required_text("to", node_name_rule)};
  });
}

result<api_work> unpin_shard(const api_call& call) {
  const auto shard = shard_in_path(call);
  if (!shard) return shard.error();
  return ask(domain::unpin_shard{*shard});
}

result<api_work> force_primary(const api_call& call) {
  const auto shard = shard_in_path(call);
  if (!shard) return shard.error();
  return with_body(call, [&](field_reader& in) {
    domain::force_primary force{.shard = *shard};
    force.node = in.required_text("node", node_name_rule);
    force.anyway = in.boolean("anyway").value_or(false);
    return force;
  });
}

result<api_work> make_backup(const api_call& call) {
  return with_body(call, [](field_reader& in) {
    return domain::back_up{in.required_text("name", backup_name_rule)};
  });
}

}  // namespace taskdriver::http::handlers
