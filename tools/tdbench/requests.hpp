// Requests rendered once; what changes from one to the next is patched in place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taskdriver::bench {

/// Who asks, of whom.
struct caller {
  std::string host;
  std::string token;  // empty: no Authorization header
};

/// A whole request; `body` may be empty.
std::string render_request(std::string_view method, std::string_view target, const caller& by,
                           std::string_view body);

/// What the created tasks look like.
struct task_shape {
  /// Bytes of the instructions, at least task_bytes_min.
  std::size_t payload_bytes = 300;
  /// Bytes of the result given to complete.
  std::size_t result_bytes = 200;
  /// How many variables each task carries, with values no other task has.
  std::size_t variables = 0;
};

/// The instructions begin with "task ", 16 hex digits that no other task has, and a blank.
inline constexpr std::size_t task_bytes_min = 22;

/// Where a project's tasks are created.
struct task_home {
  std::string project_id;
  std::string type_id;
};

/// A create or bulk request whose tasks get other numbers each time it is sent, so that no two
/// tasks are duplicates of each other. Thread: one owner.
class create_request {
public:
  static create_request single(const caller& by, const task_home& home, const task_shape& shape);
  static create_request bulk(const caller& by, const task_home& home, const task_shape& shape,
                             std::size_t batch);

  /// The request for tasks `first_number`, `first_number` + 1, …; valid until the next call.
  std::string_view numbered(std::uint64_t first_number);

private:
  void find_places(std::size_t per_task);

  std::string text_;
  std::vector<std::size_t> places_;  // of each number's 16 digits, task after task
  std::size_t places_per_task_ = 1;
};

/// The number in the instructions of a task made by create_request; false if it is not one.
bool parse_task_number(std::string_view instructions, std::uint64_t& number);

/// A request that ends an attempt, whose path names the task. Thread: one owner.
class ending_request {
public:
  static ending_request complete(const caller& by, std::string_view agent_name,
                                 const task_shape& shape);
  /// A failure after which the task may be tried again.
  static ending_request fail(const caller& by, std::string_view agent_name);
  /// Valid until the next call.
  std::string_view for_task(std::string_view task_id);

private:
  ending_request(const caller& by, std::string_view verb, std::string_view body);

  std::string tail_;
  std::string text_;
};

/// next-task of `agent_name`; `wait_seconds` 0 does not wait.
std::string render_claim(const caller& by, std::string_view agent_name, std::string_view project_id,
                         int wait_seconds);

}  // namespace taskdriver::bench
