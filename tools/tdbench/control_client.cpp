// A blocking request, made of the same connection that carries the load.
#include "tools/tdbench/control_client.hpp"

#include <optional>

#include "tools/tdbench/http_connection.hpp"
#include "tools/tdbench/requests.hpp"

namespace taskdriver::bench {
namespace {

constexpr std::int64_t deadline_ns = 300'000'000'000;
constexpr std::size_t shown_bytes_max = 300;

struct waiting_listener : answer_listener {
  void on_answer(const http_answer& answer) override {
    outcome = control_answer{answer.status, std::string(answer.body)};
  }
  void on_broken(std::string_view why) override {
    outcome = error_info{.code = errc::unavailable, .text = std::string(why)};
  }
  std::optional<result<control_answer>> outcome;
};

}  // namespace

result<control_answer> ask_once(const endpoint& server, std::string_view method,
                                std::string_view target, const std::string& token,
                                std::string_view body) {
  const std::string request = render_request(method, target, {server.host, token}, body);
  event_loop loop;
  waiting_listener listener;
  http_connection connection(loop, server, listener);
  const std::int64_t started_ns = steady_ns();
  connection.send(request);
  while (!listener.outcome && steady_ns() - started_ns < deadline_ns) loop.run_once();
  const error_info silent{.code = errc::unavailable, .text = "no answer"};
  auto outcome = listener.outcome.value_or(result<control_answer>(silent));
  if (outcome) return outcome;
  return error_info{.code = errc::unavailable,
                    .text = server.host + ", " + std::string(method) + " " + std::string(target) +
                            ": " + outcome.error().text};
}

result<std::string> ask_for_success(const endpoint& server, std::string_view method,
                                    std::string_view target, const std::string& token,
                                    std::string_view body) {
  auto answer = ask_once(server, method, target, token, body);
  if (!answer) return answer.error();
  if (answer->status >= 200 && answer->status < 300) return std::move(answer->body);
  return error_info{.code = errc::unavailable,
                    .text = std::string(method) + " " + std::string(target) + ": status " +
                            std::to_string(answer->status) + ", " +
                            answer->body.substr(0, shown_bytes_max)};
}

}  // namespace taskdriver::bench
