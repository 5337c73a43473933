// What the actors of two nodes say to each other, as bytes: requests that another node serves, and
// the directory's orders.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "actors/messages.hpp"

namespace taskdriver::actors {

/// How far a request has come: its caller may have been checked, its project's name looked up.
struct request_route {
  destination to;
  domain::caller who;
  caller_facts caller;
  bool verified = false;
  bool let_by = false;
  std::int64_t wait_ms = 0;  // what is left of a next-task's wait; 0 = it has not waited yet
};

/// A client's request for the node that serves it. Answer: visit_answer or moved_answer.
struct visit_question {
  credentials from;
  request_route route;
  std::string wire;  // api_request::wire()
};
/// An order of the directory to a project: create_project, remove_project or get_project.
/// Answer: order_answer.
struct order_question {
  project_number number{};
  domain::command what;
};
/// A project's status, for the directory. Answer: done_answer.
struct status_question {
  project_number number{};
  domain::project_status status{};
};
using peer_question = std::variant<visit_question, order_question, status_question>;

struct visit_answer {
  rendered_answer rendered;
  caller_facts caller;
};
/// The node does not serve the request, or not any more: nothing was decided but what is here.
struct moved_answer {
  request_route route;
};
struct order_answer {
  answer what;  // a project_view, a done_view, or the error of the project
};
struct done_answer {};
using peer_answer = std::variant<visit_answer, moved_answer, order_answer, done_answer>;

// Grammar in docs/node_messages.md. A decoder takes any bytes and accepts one encoding per value.
// Fails: bad_request. Thread: any.
std::string encode_question(const peer_question& question);
result<peer_question> decode_question(std::string_view bytes);
std::string encode_answer(const peer_answer& answer);
result<peer_answer> decode_answer(std::string_view bytes);

}  // namespace taskdriver::actors
