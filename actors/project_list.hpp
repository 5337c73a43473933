// Gathers the projects of one page from their actors, in the order of the directory.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "actors/messages.hpp"
#include "domain/directory.hpp"

namespace taskdriver::actors {

/// Answers the request when the last project has answered; projects that were deleted meanwhile or
/// changed their status are left out. Thread: the directory_actor's.
class project_list {
public:
  project_list(request_ptr request, const domain::list_projects& what,
               const domain::directory::page& page)
      : request_(std::move(request)), wanted_(what.status), views_(page.entries.size()) {
    page_.limit = what.limit;
    page_.offset = what.offset;
    page_.has_more = page.has_more;
    page_.total = page.total;
    if (!page.entries.empty()) page_.last = page.entries.back().id.project();
  }

  void add(std::size_t place, answer a) {
    if (a)
      views_[place] = std::get<domain::project_view>(std::move(*a));
    else if (a.error().code != errc::not_found)
      failed_ = a.error();
    if (++answered_ == views_.size()) finish();
  }

  void finish() {
    if (failed_) return request_->respond(*failed_);
    for (auto& view : views_)
      if (view && (!wanted_ || view->record.status == *wanted_))
        page_.projects.push_back(std::move(*view));
    request_->respond(domain::reply{std::move(page_)});
  }

private:
  request_ptr request_;
  std::optional<domain::project_status> wanted_;
  std::vector<std::optional<domain::project_view>> views_;
  std::size_t answered_ = 0;
  std::optional<error_info> failed_;
  domain::project_page page_;
};

}  // namespace taskdriver::actors
