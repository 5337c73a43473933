// A request that remembers its answers, for tests of the actors.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/messages.hpp"

namespace taskdriver::actors {

/// What became of one request; outlives it.
struct request_record {
  std::vector<answer> answers;
  std::vector<rendered_answer> rendered;  // those of another node, also in `answers`
  caller_facts caller;                    // as of the first answer
  bool hung_up = false;                   // set by the test
  std::string wire;                       // what travels of it; empty = it stays
  std::function<answer(const rendered_answer&)> unrendered;
  int looks = 0;  // how often an actor asked whether the client is still there
};

/// Like http's: destroyed unanswered, it answers 503. Later answers are kept too, to be seen.
class recorded_request final : public api_request {
public:
  explicit recorded_request(std::shared_ptr<request_record> record) : record_(std::move(record)) {}
  ~recorded_request() override {
    if (record_->answers.empty())
      respond(error_info{.code = errc::unavailable, .text = "dropped", .retry_after_s = 1});
  }

  void respond(answer a) override {
    if (record_->answers.empty()) record_->caller = caller;
    record_->answers.push_back(std::move(a));
  }
  bool gone() const override {
    ++record_->looks;
    return record_->hung_up;
  }
  std::string wire() const override { return record_->wire; }
  /// The tests' renderer (cluster_fixture.hpp) leaves the reply itself in the test's memory.
  void respond_rendered(rendered_answer a) override {
    record_->rendered.push_back(a);
    respond(record_->unrendered ? record_->unrendered(a)
                                : answer(error_info{.code = errc::internal, .text = "rendered"}));
  }

private:
  std::shared_ptr<request_record> record_;
};

/// The test's end of a request.
class asked {
public:
  explicit asked(std::shared_ptr<request_record> record) : record_(std::move(record)) {}

  bool answered() const { return !record_->answers.empty(); }
  /// Answered once, with a reply of this kind.
  template <class Reply>
  bool is() const {
    return record_->answers.size() == 1 && what().ok() && std::holds_alternative<Reply>(*what());
  }
  /// Answered once, with this error.
  bool is(errc code) const {
    return record_->answers.size() == 1 && !what().ok() && what().error().code == code;
  }
  template <class Reply>
  const Reply& as() const& {
    return std::get<Reply>(*what());
  }
  template <class Reply>
  Reply as() && {
    return std::get<Reply>(*what());
  }
  const request_record& record() const { return *record_; }
  const error_info& error() const { return what().error(); }
  const caller_facts& caller() const { return record_->caller; }

  void hang_up() { record_->hung_up = true; }
  int looks() const { return record_->looks; }

private:
  const answer& what() const { return record_->answers.at(0); }
  std::shared_ptr<request_record> record_;
};

}  // namespace taskdriver::actors
