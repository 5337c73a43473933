// The JSON of the API's entities, one function each; used by render_reply.cpp only.
#pragma once

#include "domain/replies.hpp"
#include "http/json_writer.hpp"

namespace taskdriver::http {

/// Each writes the fields of one object into an object that is already open.
void write_project(json_writer& out, const domain::project_view& project);
void write_stats(json_writer& out, const domain::stats_view& stats);
void write_type(json_writer& out, const domain::task_type& type, const object_id& project);
void write_task(json_writer& out, const domain::task_view& task);
void write_claim(json_writer& out, const domain::claim_view& claim);
void write_agent(json_writer& out, const domain::agent_view& agent);
void write_session(json_writer& out, const domain::session_view& session);
void write_login(json_writer& out, const domain::login_view& login, std::string_view secret);
void write_cluster(json_writer& out, const domain::cluster_view& cluster);
void write_node(json_writer& out, const domain::cluster_node_view& node);
void write_shard(json_writer& out, const domain::shard_view& shard);
/// Of a whole list of wrong fields, with its name: "validationDetails".
void write_field_errors(json_writer& out, const std::vector<field_error>& fields);

/// A lease's duration as a JSON number of minutes, and the exact seconds besides when they are not
/// whole minutes.
void write_lease_duration(json_writer& out, std::string_view minutes_name,
                          std::string_view seconds_name, std::uint32_t seconds);

}  // namespace taskdriver::http
