// Renders answers and encodes what goes back.
#include "actors/visiting_request.hpp"

#include "actors/request_routes.hpp"

namespace taskdriver::actors {

void visiting_request::respond(answer a) {
  if (!renderer_) return;
  visit_answer told{.rendered = renderer_->render(a), .caller = caller};
  renderer_.reset();
  if (a)
    if (const auto* login = std::get_if<domain::login_view>(&*a))
      told.rendered.new_token = login->record.token;
  question_->answer(encode_answer(told));
}

bool visiting_request::give_back(const routed_request& r) {
  if (!renderer_) return true;
  renderer_.reset();
  question_->answer(encode_answer(moved_answer{route_of(r, time_.now().steady_ms)}));
  return true;
}

}  // namespace taskdriver::actors
