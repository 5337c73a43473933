// One overload per kind of reply: status, envelope, and the order of what lists carry.
#include "http/render_reply.hpp"

#include <algorithm>

#include "http/cursor.hpp"
#include "http/error_status.hpp"
#include "http/field_reader.hpp"
#include "http/render_entities.hpp"

namespace taskdriver::http {
namespace {

void open_error(json_writer& out, std::string_view text, std::string_view code,
                const error_context& context) {
  out.open_object();
  out.boolean("success", false);
  out.text("error", text);
  out.text("code", code);
  out.time("timestamp", context.wall_ms);
  out.text("correlationId", context.correlation_id);
}

/// A task of some hundred bytes with its envelope; without it, a body grows in seven steps.
constexpr std::size_t body_bytes_usual = 1536;

/// Writes the body of one reply. Thread: one at a time. Owns: the body.
class reply_renderer {
public:
  reply_renderer(reply_context context, const error_context& errors)
      : context_(std::move(context)), errors_(errors) {
    body_.reserve(body_bytes_usual);
  }

  void operator()(const domain::project_view& project) {
    if (context_.creates) status_ = 201;
    object([&] { write_project(out_, project); });
  }
  void operator()(const domain::type_view& type) {
    if (context_.creates) status_ = 201;
    object([&] { write_type(out_, type.record, type.project); });
  }
  void operator()(const domain::task_view& task) {
    object([&] { write_task(out_, task); });
  }
  void operator()(const domain::created_task& created) {
    status_ = created.duplicate ? 200 : 201;
    object([&] { write_task(out_, created.task); });
  }
  void operator()(const domain::stats_view& stats) {
    object([&] { write_stats(out_, stats); });
  }
  void operator()(const domain::claim_view& claim) {
    object([&] { write_claim(out_, claim); });
  }
  void operator()(const domain::session_view& session) {
    object([&] { write_session(out_, session); });
  }
  void operator()(const domain::login_view& login) {
    object([&] { write_login(out_, login, context_.session_secret); });
  }
  void operator()(const domain::done_view& done) {
    object([&] { out_.text("message", done.message); });
  }
  void operator()(const domain::peek_view& peek) {
    object([&] {
      out_.id("projectId", peek.project);
      out_.number("tasksAvailable", peek.available);
    });
  }
  void operator()(const domain::cleanup_view& cleanup) {
    object([&] {
      out_.number("reclaimedTasks", cleanup.reclaimed_tasks);
      out_.number("cleanedAgents", cleanup.cleaned_agents);
    });
  }
  /// Not an error: HTTP 200, as in the reference.
  void operator()(const domain::no_task& none) {
    out_.open_object();
    out_.boolean("success", false);
    out_.text("error", "No tasks available for assignment");
    out_.open_object("data");
    out_.raw("task", "null");
    out_.text("agentName", none.agent);
    out_.close_object();
    out_.close_object();
  }
  void operator()(const domain::agent_list& list) {
    array(list.agents, write_agent);
    out_.close_object();
  }
  void operator()(const domain::type_list& list) {
    array(list.types, [&](json_writer& out, const domain::task_type& type) {
      write_type(out, type, list.project);
    });
    out_.close_object();
  }
  void operator()(const domain::project_page& page) {
    array(page.projects, write_project);
    pagination(page, page.total, make_cursor(project_cursor, raw(page.last)));
  }
  void operator()(const domain::task_page& page) {
    array(page.tasks, write_task);
    pagination(page, page.total, make_cursor(task_cursor, raw(page.last)));
  }
  void operator()(const domain::bulk_view& bulk);
  void operator()(const domain::cluster_view& cluster) {
    switch (context_.part) {
      case cluster_part::summary:
        return object([&] { write_cluster(out_, cluster); });
      case cluster_part::nodes:
        array(cluster.nodes, write_node);
        return out_.close_object();
      case cluster_part::shards:
        array(cluster.shards, write_shard);
        return out_.close_object();
    }
  }

  rendered take() { return {status_, std::move(body_)}; }

private:
  void open_success() {
    out_.open_object();
    out_.boolean("success", true);
  }
  template <class Write>
  void object(Write write) {
    open_success();
    out_.open_object("data");
    write();
    out_.close_object();
    out_.close_object();
  }
  /// Leaves the envelope open for the pagination.
  template <class Items, class Write>
  void array(const Items& items, Write write) {
    open_success();
    out_.open_array("data");
    for (const auto& item : items) {
      out_.open_object();
      write(out_, item);
      out_.close_object();
    }
    out_.close_array();
  }
  template <class Page>
  void pagination(const Page& page, std::optional<std::uint64_t> total, const std::string& next) {
    out_.open_object("pagination");
    out_.number("limit", page.limit);
    out_.number("offset", page.offset);
    out_.boolean("hasMore", page.has_more);
    if (page.has_more) out_.text("nextCursor", next);
    if (total) out_.number("total", *total);
    out_.close_object();
    out_.close_object();
  }
  void open_bulk_envelope(const domain::bulk_view& bulk,
                          const std::vector<domain::bulk_error>& failed);
  void bulk_error(const domain::bulk_error& error);

  reply_context context_;
  const error_context& errors_;
  int status_ = 200;
  std::string body_;
  json_writer out_{body_};
};

/// Items that http/ could not read and those that the project refused, in the request's order.
std::vector<domain::bulk_error> merged(std::vector<domain::bulk_error> unread,
                                       const std::vector<domain::bulk_error>& refused) {
  unread.insert(unread.end(), refused.begin(), refused.end());
  std::ranges::sort(unread, {}, &domain::bulk_error::index);
  return unread;
}

void reply_renderer::bulk_error(const domain::bulk_error& error) {
  out_.open_object();
  out_.number("index", error.index);
  // In the words of a single task's error, whoever found it.
  out_.text("error",
            error.fields.empty() ? error.message : public_text(validation_error(error.fields)));
  if (!error.fields.empty()) write_field_errors(out_, error.fields);
  out_.close_object();
}

/// 201 if anything was created, 200 if there were only duplicates, 422 if every item failed: then
/// the envelope is an error's, with all wrong fields, and `data` still tells the items (A14).
void reply_renderer::open_bulk_envelope(const domain::bulk_view& bulk,
                                        const std::vector<domain::bulk_error>& failed) {
  status_ = !bulk.created.empty() ? 201 : bulk.skipped > 0 || failed.empty() ? 200 : 422;
  if (status_ != 422) return open_success();
  error_info error{errc::validation, failed.front().message};
  for (const auto& one : failed) {
    if (error.fields.size() >= field_errors_max) break;
    error.fields.insert(error.fields.end(), one.fields.begin(), one.fields.end());
  }
  open_error(out_, public_text(error), name_of(error.code), errors_);
  if (!error.fields.empty()) write_field_errors(out_, error.fields);
}

void reply_renderer::operator()(const domain::bulk_view& bulk) {
  const auto failed = merged(std::move(context_.unread_items), bulk.errors);
  open_bulk_envelope(bulk, failed);
  body_.reserve(body_bytes_usual + bulk.created.size() * body_bytes_usual / 2);
  out_.open_object("data");
  out_.number("tasksCreated", bulk.created.size());
  out_.number("tasksSkipped", bulk.skipped);
  out_.open_array("createdTasks");
  for (const auto& task : bulk.created) {
    out_.open_object();
    write_task(out_, task);
    out_.close_object();
  }
  out_.close_array();
  out_.open_array("errors");
  for (const auto& error : failed) bulk_error(error);
  out_.close_array();
  out_.text_if("batchId", bulk.batch_id);
  out_.close_object();
  out_.close_object();
}

}  // namespace

rendered render_reply(const domain::reply& reply, reply_context context,
                      const error_context& errors) {
  reply_renderer renderer(std::move(context), errors);
  std::visit(renderer, reply);
  return renderer.take();
}

rendered render_error(const error_info& error, const error_context& context) {
  rendered answer{status_of(error.code), {}};
  json_writer out(answer.body);
  open_error(out, public_text(error), name_of(error.code), context);
  if (!error.fields.empty()) write_field_errors(out, error.fields);
  out.close_object();
  return answer;
}

std::string error_body(std::string_view text, std::string_view code, const error_context& context) {
  std::string body;
  json_writer out(body);
  open_error(out, text, code, context);
  out.close_object();
  return body;
}

}  // namespace taskdriver::http
