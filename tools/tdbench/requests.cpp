// Rendering of requests. Everything put into JSON here is plain ASCII of our own or an id.
#include "tools/tdbench/requests.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include "base/check.hpp"
#include "base/text.hpp"

namespace taskdriver::bench {
namespace {

constexpr std::size_t digits_count = 16;
/// Stands where a number will be written; occurs nowhere else in a request.
constexpr std::string_view digits_mark = "@@@@@@@@@@@@@@@@";
constexpr std::string_view task_prefix = "task ";

void write_hex(char* to, std::uint64_t number) {
  for (std::size_t i = digits_count; i-- > 0; number >>= 4) to[i] = "0123456789abcdef"[number & 15];
}

std::string quoted(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  return json;
}

/// Lower-case words, other ones at each call of a thread: text that a compression does not make
/// vanish.
std::string words(std::size_t bytes) {
  thread_local std::minstd_rand letters;
  std::string text(bytes, ' ');
  for (char& c : text)
    if (const auto letter = letters() % 32; letter < 26) c = static_cast<char>('a' + letter);
  return text;
}

std::string task_json(const task_home& home, const task_shape& shape) {
  std::string instructions = std::string(task_prefix) + std::string(digits_mark) + " ";
  if (shape.payload_bytes > instructions.size())
    instructions += words(shape.payload_bytes - instructions.size());
  std::string json = "{\"typeId\":" + quoted(home.type_id) + ",\"instructions\":\"" + instructions;
  json += '"';
  if (shape.variables > 0) json += ",\"variables\":{";
  for (std::size_t i = 0; i < shape.variables; ++i) {
    if (i > 0) json += ',';
    json += "\"v" + std::to_string(i) + "\":\"" + std::string(digits_mark) + '"';
  }
  if (shape.variables > 0) json += '}';
  return json + '}';
}

}  // namespace

std::string render_request(std::string_view method, std::string_view target, const caller& by,
                           std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(by.host);
  if (!by.token.empty()) text.append("\r\nAuthorization: Bearer ").append(by.token);
  if (!body.empty()) {
    text.append("\r\nContent-Type: application/json\r\nContent-Length: ");
    text.append(std::to_string(body.size()));
  } else if (method != "GET") {
    text.append("\r\nContent-Length: 0");
  }
  return text.append("\r\n\r\n").append(body);
}

create_request create_request::single(const caller& by, const task_home& home,
                                      const task_shape& shape) {
  create_request request;
  request.text_ = render_request("POST", "/api/projects/" + home.project_id + "/tasks", by,
                                 task_json(home, shape));
  request.find_places(1 + shape.variables);
  return request;
}

create_request create_request::bulk(const caller& by, const task_home& home,
                                    const task_shape& shape, std::size_t batch) {
  std::string body = "{\"tasks\":[";
  for (std::size_t i = 0; i < batch; ++i)
    body.append(i > 0 ? "," : "").append(task_json(home, shape));
  body += "]}";
  create_request request;
  request.text_ =
      render_request("POST", "/api/projects/" + home.project_id + "/tasks/bulk", by, body);
  request.find_places(1 + shape.variables);
  return request;
}

void create_request::find_places(std::size_t per_task) {
  places_per_task_ = per_task;
  std::size_t at = text_.find(digits_mark);
  for (; at != std::string::npos; at = text_.find(digits_mark, at + digits_count)) {
    places_.push_back(at);
  }
  TASKDRIVER_CHECK(!places_.empty() && places_.size() % per_task == 0, "a mark was lost");
}

std::string_view create_request::numbered(std::uint64_t first_number) {
  for (std::size_t i = 0; i < places_.size(); ++i) {
    write_hex(text_.data() + places_[i], first_number + i / places_per_task_);
  }
  return text_;
}

bool parse_task_number(std::string_view instructions, std::uint64_t& number) {
  if (!instructions.starts_with(task_prefix)) return false;
  const std::string_view digits = instructions.substr(task_prefix.size(), digits_count);
  const char* const last = digits.data() + digits.size();
  const auto [end, failure] = std::from_chars(digits.data(), last, number, 16);
  return failure == std::errc{} && end == last && digits.size() == digits_count;
}

ending_request::ending_request(const caller& by, std::string_view verb, std::string_view body) {
  const std::string whole = render_request("POST", verb, by, body);
  tail_ = whole.substr(whole.find(verb));
}

ending_request ending_request::complete(const caller& by, std::string_view agent_name,
                                        const task_shape& shape) {
  return {by, "/complete",
          "{\"agentName\":" + quoted(agent_name) + ",\"result\":\"" + words(shape.result_bytes) +
              "\"}"};
}

ending_request ending_request::fail(const caller& by, std::string_view agent_name) {
  return {by, "/fail", "{\"agentName\":" + quoted(agent_name) + ",\"error\":\"try again\"}"};
}

std::string_view ending_request::for_task(std::string_view task_id) {
  text_.assign("POST /api/tasks/").append(task_id).append(tail_);
  return text_;
}

std::string render_claim(const caller& by, std::string_view agent_name, std::string_view project_id,
                         int wait_seconds) {
  std::string body = "{\"projectId\":" + quoted(project_id);
  if (wait_seconds > 0) body += ",\"waitSeconds\":" + std::to_string(wait_seconds);
  const std::string target = "/api/agents/" + std::string(agent_name) + "/next-task";
  return render_request("POST", target, by, body + "}");
}

}  // namespace taskdriver::bench
