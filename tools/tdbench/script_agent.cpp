// The steps of a scripted agent.
#include "tools/tdbench/script_agent.hpp"

#include <algorithm>

#include "tools/tdbench/json_scan.hpp"

namespace taskdriver::bench {
namespace {

bool contains(const std::vector<measure>& script, measure kind) {
  return std::find(script.begin(), script.end(), kind) != script.end();
}

}  // namespace

script_agent::script_agent(lane& in, agent_identity identity, agent_pool* pool)
    : agent(in, std::move(identity)), pool_(pool) {}

void script_agent::prepare(const caller& as) {
  as_ = as;
  if (lane_.phase.tour != nullptr) as_.token = lane_.phase.bench.admin_token;
  work_in(identity_.home);
}

void script_agent::work_in(const task_home& home) {
  const settings& bench = lane_.phase.bench;
  const auto& script = lane_.phase.plan.script;
  if (contains(script, measure::create)) {
    create_ = create_request::single(as_, home, bench.shape);
  }
  if (contains(script, measure::bulk)) {
    bulk_ = create_request::bulk(as_, home, bench.shape, bench.batch);
  }
  complete_ = ending_request::complete(as_, identity_.name, bench.shape);
  fail_ = ending_request::fail(as_, identity_.name);
  page_ = render_request("GET", "/health", as_, {});
  const std::string project = "/api/projects/" + home.project_id;
  peek_ = render_request("GET", project + "/peek-next-task", as_, {});
  stats_ = render_request("GET", project + "/stats", as_, {});
  list_target_ = project + "/tasks?limit=100";
  first_page_ = render_request("GET", list_target_, as_, {});
  claim_ = render_claim(as_, identity_.name, home.project_id, 0);
}

void script_agent::start() {
  if (pool_ != nullptr) return pool_->idle(*this);
  begin(steady_ns());
}

void script_agent::begin(std::int64_t scheduled_ns) {
  phase_state& phase = lane_.phase;
  if (phase.stopping()) return finish();
  if (phase.plan.tasks_max > 0) {
    const std::uint64_t count = bulk_ ? phase.bench.batch : 1;
    if (phase.tasks_asked.fetch_add(count) >= phase.plan.tasks_max) return finish();
  }
  if (pool_ != nullptr) lane_.stats.record(measure::start_delay, steady_ns() - scheduled_ns);
  if (phase.tour != nullptr)
    work_in((*phase.tour)[phase.tour_place.fetch_add(1) % phase.tour->size()]);
  step_ = 0;
  created_ = 0;
  scheduled_ns_ = scheduled_ns;
  next_step(scheduled_ns);
}

void script_agent::next_step(std::int64_t from_ns) {
  const auto& script = lane_.phase.plan.script;
  if (step_ == script.size()) return end_script(true);
  const measure kind = script[step_++];
  if (kind == measure::create) return send_create(kind, *create_, 1, from_ns);
  if (kind == measure::bulk) return send_create(kind, *bulk_, lane_.phase.bench.batch, from_ns);
  ask(kind, request_of(kind), from_ns);
}

std::string_view script_agent::request_of(measure kind) {
  switch (kind) {
    case measure::claim:
      return claim_;
    case measure::fail:
      return fail_->for_task(task_id_);
    case measure::page:
      return page_;
    case measure::peek:
      return peek_;
    case measure::stats:
      return stats_;
    case measure::first_page:
      return first_page_;
    case measure::next_page:
      if (cursor_.empty()) return first_page_;
      next_page_ = render_request("GET", list_target_ + "&cursor=" + cursor_, as_, {});
      return next_page_;
    default:
      return complete_->for_task(task_id_);
  }
}

void script_agent::send_create(measure kind, create_request& request, std::uint64_t count,
                               std::int64_t from_ns) {
  const std::uint64_t number = lane_.phase.task_numbers.fetch_add(count);
  const std::string_view text = request.numbered(number);
  if (lane_.phase.board != nullptr) lane_.phase.board->sent(number, steady_ns());
  ask(kind, text, from_ns);
}

void script_agent::remember_cursor(const http_answer& answer) {
  cursor_ = find_string_field(answer.body, 2, "nextCursor").value_or("");
}

bool script_agent::take_claim(const http_answer& answer) {
  const auto id = find_string_field(answer.body, 2, "id");
  if (!id) return false;
  task_id_.assign(*id);
  return true;
}

bool script_agent::as_expected(measure kind, const http_answer& answer) const {
  if (kind == measure::claim) return !meant_for_another(answer);
  if (kind == measure::page) return true;
  if (!says_success(answer.body)) return false;
  if (kind != measure::complete && kind != measure::fail) return true;
  return find_string_field(answer.body, 2, "id") == task_id_;
}

void script_agent::on_success(measure kind, const http_answer& answer, std::int64_t latency_ns) {
  if (!as_expected(kind, answer)) {
    lane_.stats.record_error(kind, answer.status, answer.body);
    return end_script(false);
  }
  if (kind == measure::claim && !take_claim(answer)) {
    if (lane_.stats.recording) ++lane_.stats.empty_claims;
    found_nothing_ = true;
    return end_script(false);
  }
  if (kind == measure::next_page) remember_cursor(answer);
  if (kind == measure::create) ++created_;
  if (kind == measure::bulk) {
    created_ += find_number_field(answer.body, 2, "tasksCreated").value_or(0);
  }
  lane_.stats.record(kind, latency_ns);
  next_step(steady_ns());
}

void script_agent::on_refusal(measure) {
  end_script(false);
}

void script_agent::on_stop() {
  finish();
}

void script_agent::end_script(bool done) {
  const phase_plan& plan = lane_.phase.plan;
  const std::int64_t now = steady_ns();
  if (done && lane_.stats.recording) {
    const bool creates_only = plan.script.size() == 1 && (plan.script[0] == measure::create ||
                                                          plan.script[0] == measure::bulk);
    lane_.stats.operations += creates_only ? created_ : 1;
    if (plan.script.size() > 1) lane_.stats.record(measure::cycle, now - scheduled_ns_);
  }
  if ((found_nothing_ && plan.ends_when_empty) || lane_.phase.stopping()) return finish();
  if (pool_ != nullptr) return pool_->idle(*this);
  begin(now);
}

void script_agent::finish() {
  if (!finished_) ++lane_.phase.finished;
  finished_ = true;
}

}  // namespace taskdriver::bench
