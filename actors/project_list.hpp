// Gathers the projects of one page from their actors, in the order of the directory.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "actors/local_messages.hpp"
#include "domain/directory.hpp"

namespace taskdriver::actors {

/// Answers the request when the last project has answered; projects that were deleted meanwhile or
/// changed their status are left out. Destroyed unfinished (the directory lost its shard), it gives
/// the request back. Thread: the directory_actor's.
class project_list {
public:
  using give_back = std::function<void(routed_request)>;

  project_list(routed_request asked, const domain::directory::page& page, give_back back)
      : asked_(std::move(asked)), back_(std::move(back)), views_(page.entries.size()) {
    const auto& what = std::get<domain::list_projects>(asked_.request->what);
    wanted_ = what.status;
    page_.limit = what.limit;
    page_.offset = what.offset;
    page_.has_more = page.has_more;
    page_.total = page.total;
    if (!page.entries.empty()) page_.last = page.entries.back().id.project();
  }

  ~project_list() {
    if (asked_.request) back_(std::move(asked_));
  }
  project_list(const project_list&) = delete;
  project_list& operator=(const project_list&) = delete;

  void add(std::size_t place, answer a) {
    if (a)
      views_[place] = std::get<domain::project_view>(std::move(*a));
    else if (a.error().code != errc::not_found)
      failed_ = error_info{.code = errc::unavailable,
                           .text = "A project could not be asked: " + a.error().text,
                           .retry_after_s = 1};
    if (++answered_ == views_.size()) finish();
  }

  void finish() {
    const auto request = std::move(asked_.request);
    if (failed_) return request->respond(*failed_);
    for (auto& view : views_)
      if (view && (!wanted_ || view->record.status == *wanted_))
        page_.projects.push_back(std::move(*view));
    request->respond(domain::reply{std::move(page_)});
  }

private:
  routed_request asked_;  // without its request once it is answered
  give_back back_;
  std::optional<domain::project_status> wanted_;
  std::vector<std::optional<domain::project_view>> views_;
  std::size_t answered_ = 0;
  std::optional<error_info> failed_;
  domain::project_page page_;
};

}  // namespace taskdriver::actors
