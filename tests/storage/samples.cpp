// The sample records. Golden files depend on them: add, never change.
#include "tests/storage/samples.hpp"

namespace taskdriver::storage::testing {
namespace {

constexpr project_number project_7{7};
constexpr std::int64_t t0 = 1704103200000;  // 2024-01-01T10:00:00Z

object_id id(std::uint64_t seq) {
  return object_id::make(project_7, sequence{seq}, 0x1234567);
}

template <class Array>
Array counting_up(std::uint8_t first) {
  Array bytes;
  for (auto& byte : bytes) byte = first++;
  return bytes;
}

}  // namespace

domain::project sample_project() {
  return {id(0),
          "ai-analysis",
          "AI-powered code analysis",
          "Follow security best practices",
          domain::project_status::closed,
          {5, 900, 2},
          t0,
          t0 + 1};
}

domain::project_counters sample_counters() {
  return {10, 5, 80, 4, 100, 3, {128, sequence{86}}};
}

domain::activity_bucket sample_activity() {
  return {28401720, 15, 2, 683000};
}

domain::task_type sample_type() {
  return {id(2),
          "code-security",
          "Analyze {{url}}",
          {"url"},
          domain::duplicate_handling::ignore,
          3,
          1800,
          t0,
          t0 + 2};
}

domain::task_spec sample_spec() {
  domain::task_spec spec;
  spec.id = id(42);
  spec.type_id = id(2);
  spec.instructions = std::string("Analyze \0 \xf0\x9f\x94\x92", 14);
  spec.variables = {{"deep", domain::variable_kind::boolean, "true"},
                    {"depth", domain::variable_kind::number, "-1.5e3"},
                    {"url", domain::variable_kind::string, "https://example.com"}};
  spec.batch_id = "batch-2024";
  spec.max_retries = 3;
  spec.created_ms = t0 + 3;
  return spec;
}

domain::task_progress sample_progress() {
  domain::task_progress progress;
  progress.status = domain::task_status::completed;
  progress.retry_count = 1;
  progress.lease_epoch = 2;
  progress.last_attempt = domain::attempt_status::completed;
  progress.assigned_to = "agent-1";
  progress.assigned_ms = t0 + 4;
  progress.lease_expires_ms = t0 + 600004;
  progress.result = "\"done\"";
  progress.outputs = "{\"found\":8}";
  progress.error = "first try failed";
  progress.updated_ms = t0 + 5;
  progress.completed_ms = t0 + 6;
  progress.failed_ms = t0 + 7;
  return progress;
}

domain::attempt sample_attempt() {
  return {1, "agent-1", t0 + 4, t0 + 5, domain::attempt_status::timeout, "no answer"};
}

domain::lease sample_lease() {
  return {sequence{42}, "agent-1",  counting_up<domain::lease_token>(0x10), 2, 600000,
          t0,           t0 + 600000};
}

domain::session sample_session() {
  return {counting_up<domain::token_hash>(0x80),
          "session-123",
          "agent-1",
          3,
          t0,
          t0 + 28800000,
          t0 + 8};
}

domain::directory_entry sample_directory_entry() {
  return {id(0), "ai-analysis", domain::directory_state::active, domain::project_status::active};
}

domain::changes sample_changes() {
  const auto print = counting_up<domain::fingerprint>(0x40);
  return {domain::put_project{sample_project()},
          domain::put_counters{sample_counters()},
          domain::put_activity{sample_activity()},
          domain::put_type{sample_type()},
          domain::put_type_tasks{sequence{2}, 9},
          domain::put_spec{std::make_shared<const domain::task_spec>(sample_spec())},
          domain::put_progress{sequence{42},
                               std::make_shared<const domain::task_progress>(sample_progress())},
          domain::put_attempt{sequence{42}, sample_attempt()},
          domain::put_lease{sample_lease()},
          domain::put_session{sample_session()},
          domain::index_queued{{128, sequence{43}}},
          domain::index_finished{domain::task_status::completed, sequence{42}},
          domain::index_batch{"batch-2024", sequence{42}},
          domain::index_agent{"agent-1", sequence{42}},
          domain::index_type{sequence{2}, sequence{42}},
          domain::index_duplicate{sequence{2}, print, sequence{42}}};
}

}  // namespace taskdriver::storage::testing
