// Fuzzes the bodies of all operations: whatever comes, there is a command or a clear 4xx, and every
// error can be rendered as valid JSON.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "http/error_status.hpp"
#include "http/handlers.hpp"

namespace {

namespace http = taskdriver::http;

constexpr std::string_view object_id_text = "00000007-0000-8000-8000-8000000000cc";

bool is_json(std::string_view text) {
  return nlohmann::json::accept(text.begin(), text.end());
}

void check_error(const taskdriver::error_info& error) {
  const int status = http::status_of(error.code);
  TASKDRIVER_CHECK(status >= 400 && status < 500, "bad input is the client's fault");
  const auto body = http::render_error(error, {"id", 0}).body;
  TASKDRIVER_CHECK(is_json(body), "an error is valid JSON");
  for (const auto& field : error.fields)
    TASKDRIVER_CHECK(field.value_json.size() <= 200, "a shown value is short");
}

void check_texts(const taskdriver::actors::operation& what) {
  const auto* command = std::get_if<taskdriver::domain::command>(&what);
  if (!command) return;
  if (const auto* done = std::get_if<taskdriver::domain::complete_task>(command)) {
    TASKDRIVER_CHECK(done->result.empty() || is_json(done->result), "a result is valid JSON");
    TASKDRIVER_CHECK(done->outputs.empty() || is_json(done->outputs), "outputs are valid JSON");
  } else if (const auto* one = std::get_if<taskdriver::domain::create_task>(command)) {
    TASKDRIVER_CHECK(taskdriver::is_utf8(one->task.instructions), "instructions are UTF-8");
    for (const auto& v : one->task.variables)
      TASKDRIVER_CHECK(taskdriver::is_utf8(v.text), "variables are UTF-8");
  }
}

}  // namespace

/// The first byte chooses the operation and who asks, the rest is the body and the query.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto table = http::routes();
  const auto& row = table[(data[0] & 0x7f) % table.size()];
  taskdriver::actors::credentials from = taskdriver::actors::session_credentials{};
  if ((data[0] & 0x80) != 0) from = taskdriver::actors::admin_credentials{};
  const auto parameter = row.pattern.find("{agentName}") == std::string_view::npos
                             ? object_id_text
                             : std::string_view("agent");
  const http::api_options options;
  const auto work = row.handler({parameter, text, text, from, options});
  if (!work.ok())
    check_error(work.error());
  else
    check_texts(work->what);
  return 0;
}
