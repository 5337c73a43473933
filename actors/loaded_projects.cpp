// A hash table, and an order that may be behind the uses, never ahead of them.
#include "actors/loaded_projects.hpp"

#include <algorithm>
#include <caf/actor_addr.hpp>
#include <utility>

#include "base/check.hpp"

namespace taskdriver::actors {

loaded_projects::loaded_projects(std::size_t projects_max, project_doors& doors)
    : max_(projects_max), spared_(std::min(spared_max, projects_max / 2)), doors_(doors) {}

const caf::actor* loaded_projects::use(project_number number) {
  const auto found = entries_.find(number);
  if (found == entries_.end()) return nullptr;
  doors_.use(number);
  return &found->second.actor;
}

const caf::actor& loaded_projects::add(project_number number, caf::actor actor) {
  numbers_[actor.id()] = number;
  const auto stamp = doors_.open(number, actor);
  const auto [place, added] = entries_.emplace(number, entry{std::move(actor)});
  TASKDRIVER_CHECK(added, "a project has one actor");
  list(place->second, number, stamp);
  return place->second.actor;
}

std::vector<caf::actor> loaded_projects::surplus() {
  std::vector<caf::actor> named;
  while (entries_.size() - asked_ > max_ && order_.size() > spared_) {
    const auto number = order_.begin()->second;
    auto& oldest = entries_.at(number);
    if (const auto last = doors_.last_use(number); last > oldest.place) {
      unlist(oldest);
      list(oldest, number, last);
      continue;
    }
    change(oldest, standing::asked);
    named.push_back(oldest.actor);
  }
  return named;
}

void loaded_projects::stays(project_number number, const caf::actor& actor) {
  auto* e = find(number, actor);
  if (e && e->now == standing::asked) change(*e, standing::busy);
}

void loaded_projects::may_leave(project_number number, const caf::actor& actor) {
  auto* e = find(number, actor);
  if (!e || e->now != standing::busy) return;
  list(*e, number, doors_.use(number));
}

bool loaded_projects::remove(project_number number, const caf::actor& actor) {
  auto* e = find(number, actor);
  if (!e) return false;
  unlist(*e);
  entries_.erase(number);
  doors_.close(number);
  return true;
}

std::optional<project_number> loaded_projects::ended(const caf::actor_addr& actor) {
  const auto known = numbers_.extract(actor.id());
  if (!known) return std::nullopt;
  const auto number = known.mapped();
  const auto found = entries_.find(number);
  if (found == entries_.end() || found->second.actor != actor) return std::nullopt;
  unlist(found->second);
  entries_.erase(found);
  doors_.close(number);
  return number;
}

void loaded_projects::clear() {
  doors_.clear();
  entries_.clear();
  order_.clear();
  numbers_.clear();
  asked_ = 0;
}

loaded_projects::entry* loaded_projects::find(project_number number, const caf::actor& actor) {
  const auto found = entries_.find(number);
  return found != entries_.end() && found->second.actor == actor ? &found->second : nullptr;
}

void loaded_projects::list(entry& e, project_number number, use_stamp at) {
  e.now = standing::listed;
  e.place = at;
  order_.emplace(at, number);
}

void loaded_projects::unlist(entry& e) {
  if (e.now == standing::listed) order_.erase(e.place);
  if (e.now == standing::asked) --asked_;
}

void loaded_projects::change(entry& e, standing to) {
  unlist(e);
  e.now = to;
  if (to == standing::asked) ++asked_;
}

}  // namespace taskdriver::actors
