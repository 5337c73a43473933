// Asks the actors like a client with the admin token, and waits for the answer.
#include "tools/taskdriverd/bootstrap_project.hpp"

#include <future>
#include <memory>

namespace taskdriver::server {
namespace {

class awaited_request final : public actors::api_request {
public:
  explicit awaited_request(std::promise<actors::answer>& told) : told_(&told) {}
  ~awaited_request() override {
    respond(error_info{.code = errc::unavailable, .text = "The project could not be made"});
  }
  void respond(actors::answer a) override {
    if (auto* told = std::exchange(told_, nullptr)) told->set_value(std::move(a));
  }
  bool gone() const override { return false; }

private:
  std::promise<actors::answer>* told_;
};

actors::answer ask(actors::task_api& api, actors::destination to, domain::command what) {
  std::promise<actors::answer> told;
  auto request = std::make_shared<awaited_request>(told);
  request->from = actors::admin_credentials{};
  request->to = std::move(to);
  request->what = std::move(what);
  auto answer = told.get_future();
  api.handle(std::move(request));
  return answer.get();
}

}  // namespace

result<std::string> bootstrap_project(actors::task_api& api, const std::string& name) {
  auto answer = ask(api, actors::to_named_project{name}, domain::get_project{});
  if (!answer && answer.error().code == errc::not_found)
    answer = ask(api, actors::to_directory{}, domain::create_project{.name = name});
  if (!answer) return answer.error();
  return std::get<domain::project_view>(*answer).record.id.text();
}

}  // namespace taskdriver::server
