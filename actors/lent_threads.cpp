// Execution units, as CAF calls them, whose thread is somebody else's.
#include "actors/lent_threads.hpp"

#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <mutex>

#include "base/check.hpp"

namespace taskdriver::actors {
namespace {

/// Of one actor in one run: between two runs the thread looks after its connections.
constexpr std::size_t messages_max = 256;

/// CAF hands whoever has become ready to the unit that goes with the message, or with its sender.
class unit final : public caf::execution_unit {
public:
  unit(caf::actor_system& system, std::function<void(caf::resumable*)> take)
      : execution_unit(&system), take_(std::move(take)) {}
  void exec_later(caf::resumable* actor) override { take_(actor); }

private:
  const std::function<void(caf::resumable*)> take_;
};

}  // namespace

/// Actors in its lists are held by a reference that CAF has counted for whoever runs them.
class lent_threads::share final : public lent_thread {
public:
  share(lent_threads& owner, caf::actor_system& system, std::function<void()> wake)
      : owner_(owner), system_(system), wake_(std::move(wake)) {
    TASKDRIVER_CHECK(here == nullptr, "a thread lends itself once");
    here = this;
    const std::lock_guard lock(owner_.mutex_);
    owner_.shares_.push_back(this);
  }

  ~share() override {
    if (here == this) here = nullptr;
    {
      const std::lock_guard lock(owner_.mutex_);
      std::erase(owner_.shares_, this);
    }
    collect();
    for (caf::resumable* actor : ready_) pass_on(actor);
  }

  void run() override {
    collect();
    for (std::size_t i = 0; i < ready_.size(); ++i) resume(ready_[i]);  // may add to it
    ready_.clear();
    ready_.swap(again_);
    if (!ready_.empty()) wake_();
  }

  caf::execution_unit* from_elsewhere() { return &from_elsewhere_; }
  /// Null unless the calling thread has lent itself to `owner`.
  static caf::execution_unit* of_this_thread(const lent_threads& owner) {
    return here != nullptr && &here->owner_ == &owner ? &here->from_here_ : nullptr;
  }

private:
  void arrive(caf::resumable* actor) {
    {
      const std::lock_guard lock(mutex_);
      arrived_.push_back(actor);
      if (arrived_.size() > 1) return;
    }
    wake_();
  }

  void collect() {
    const std::lock_guard lock(mutex_);
    ready_.insert(ready_.end(), arrived_.begin(), arrived_.end());
    arrived_.clear();
  }

  void pass_on(caf::resumable* actor) { system_.scheduler().enqueue(actor); }

  void resume(caf::resumable* actor) {
    switch (actor->resume(&while_running_, messages_max)) {
      case caf::resumable::resume_later:
        return again_.push_back(actor);
      case caf::resumable::awaiting_message:
      case caf::resumable::done:
        return caf::intrusive_ptr_release(actor);
      case caf::resumable::shutdown_execution_unit:
        return;  // the message by which CAF ends threads of its own
    }
  }

  static thread_local share* here;

  lent_threads& owner_;
  caf::actor_system& system_;
  const std::function<void()> wake_;
  unit from_here_{system_, [this](caf::resumable* actor) { ready_.push_back(actor); }};
  unit from_elsewhere_{system_, [this](caf::resumable* actor) { arrive(actor); }};
  unit while_running_{system_, [this](caf::resumable* actor) { pass_on(actor); }};
  std::vector<caf::resumable*> ready_;  // of the lent thread alone
  std::vector<caf::resumable*> again_;  // the same: in the next run

  std::mutex mutex_;
  std::vector<caf::resumable*> arrived_;
};

thread_local lent_threads::share* lent_threads::share::here = nullptr;

std::unique_ptr<lent_thread> lent_threads::lend(caf::actor_system& system,
                                                std::function<void()> wake) {
  return std::make_unique<share>(*this, system, std::move(wake));
}

caf::execution_unit* lent_threads::unit_here() const {
  return share::of_this_thread(*this);
}

caf::execution_unit* lent_threads::unit_at(std::size_t place) const {
  return shares_.empty() ? nullptr : shares_[place % shares_.size()]->from_elsewhere();
}

}  // namespace taskdriver::actors
