// A request that came from another node, as an api_request: its answer goes back there.
#pragma once

#include <memory>
#include <string>

#include "actors/api.hpp"
#include "base/time.hpp"
#include "cluster/node_requests.hpp"

namespace taskdriver::actors {

/// Like http's own requests, but the client is with another node: what is said of the caller, the
/// rendered answer, or that the request belongs elsewhere travels back. Destroyed unanswered it is
/// outcome_unknown there.
///
/// Thread: one owner at a time, any. Owns: the question and the duty to answer it.
class visiting_request final : public api_request {
public:
  visiting_request(std::shared_ptr<cluster::incoming_request> question,
                   std::unique_ptr<answer_renderer> renderer, const time_source& time)
      : question_(std::move(question)), renderer_(std::move(renderer)), time_(time) {}

  void respond(answer a) override;
  bool gone() const override { return question_->gone(); }
  bool give_back(const routed_request& r) override;

private:
  std::shared_ptr<cluster::incoming_request> question_;
  std::unique_ptr<answer_renderer> renderer_;
  const time_source& time_;
};

}  // namespace taskdriver::actors
