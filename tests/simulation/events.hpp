// Everything that can happen in a simulated cluster, as values on its agenda.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "cluster/replica/replica.hpp"

namespace taskdriver::simulation {

/// Nodes are numbered from 0; node 0 is called "n1". The register counts as one more in the
/// network.
using node_index = std::uint32_t;
using shard_index = std::uint32_t;

/// What clients knew when a request left: an answer must have seen it.
struct floor_asked {
  std::size_t line = 1;  // of the history, see judge.hpp
  std::uint64_t index = 0;
};

/// A request of a client, on its way to a node.
struct client_request {
  shard_index shard = 0;
  std::uint32_t client = 0;
  std::uint64_t number = 0;  // of the client's requests, or of the payload
  bool write = false;
  floor_asked floor = {};
};

// --- at a node ----------------------------------------------------------------------------------
struct tick_due {};
struct message_arrives {
  cluster::member from;
  shard_index shard = 0;
  cluster::replica_message message;
};
/// A piece of a checkpoint, or credit for more.
struct frame_arrives {
  node_index from = 0;
  std::uint32_t connection = 0;  // frames of one that is broken do not arrive
  shard_index shard = 0;
  std::string bytes;
};
struct disk_batch_done {
  bool flush = false;
};
struct register_answers {
  shard_index shard = 0;
  cluster::register_input input;
};
struct wish_arrives {
  shard_index shard = 0;
  cluster::shard_placement wanted;
};
struct request_arrives {
  client_request request;
};
struct answer_arrives {
  std::uint32_t client = 0;
  std::uint64_t number = 0;
};
/// A batch of what is committed reaches the state.
struct state_due {
  shard_index shard = 0;
  std::uint64_t appointment = 0;
};
using node_event = std::variant<tick_due, message_arrives, frame_arrives, disk_batch_done,
                                register_answers, wish_arrives, request_arrives, state_due>;

/// `life` counts the starts of the node; an event of an earlier life comes to nothing. 0: any life.
struct at_node {
  node_index node = 0;
  std::uint32_t life = 0;
  node_event what;
};

// --- elsewhere ----------------------------------------------------------------------------------
/// A read, or a compare-and-swap, reaches the register.
struct at_register {
  node_index from = 0;
  std::uint32_t life = 0;
  shard_index shard = 0;
  std::optional<cluster::shard_configuration> wanted = {};
};
struct node_starts {
  node_index node = 0;
  std::uint32_t life = 0;  // the one that ended
};
struct node_resumes {
  node_index node = 0;
  std::uint32_t life = 0;
};
struct client_acts {
  std::uint32_t client = 0;
};
/// An answer, or the client's patience, comes to its end.
struct client_hears {
  std::uint32_t client = 0;
  std::uint64_t number = 0;
  std::uint64_t answer = 0;  // place of the answer; 0 = none came in time
};
struct fault_due {};
/// What a fault changed is put back. `what` is the nemesis' own number.
struct fault_ends {
  std::uint32_t what = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};
struct end_checked {};

using event = std::variant<at_node, at_register, node_starts, node_resumes, client_acts,
                           client_hears, fault_due, fault_ends, end_checked>;

}  // namespace taskdriver::simulation
