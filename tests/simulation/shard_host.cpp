// Inputs into the replica, outputs onto disk, network and register, in the order of the interface.
#include "tests/simulation/shard_host.hpp"

#include <algorithm>

#include "tests/simulation/mutants.hpp"
#include "tests/simulation/violation.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {
namespace {

std::vector<cluster::epoch_run> runs_of(const std::vector<cluster::entry>& log) {
  std::vector<cluster::epoch_run> runs;
  for (const auto& e : log)
    if (runs.empty() || runs.back().epoch != e.epoch) runs.push_back({e.index, e.epoch});
  return runs;
}

std::uint64_t bytes_of(const std::vector<cluster::entry>& log) {
  std::uint64_t bytes = 0;
  for (const auto& e : log) bytes += e.payload->size();
  return bytes;
}

}  // namespace

shard_host::shard_host(world& w, sim_node& n, shard_index shard)
    : world_(w),
      node_(n),
      shard_(shard),
      backlog_(w, n, shard),
      streams_(w, n, *this),
      service_(w.make_service(*this)) {
  recover();
}

shard_host::~shard_host() = default;

/// What the disk has is all that the process knows.
void shard_host::recover() {
  const auto& image = node_.disk.image(shard_);
  require(image.state.index >= image.base_index, "the log was cut above the state");
  require(image.state.index <= image.last_index(), "the state is ahead of the log");
  world_.judged().has_state(shard_, image.state.index, image.state.entry_epoch);
  base_index_ = image.base_index;
  base_epoch_ = image.base_epoch;
  log_ = image.log;
  committed_ = applied_ = told_ = flushed_ = image.state.index;
  installs_ = image.installs;
  service_->restore(image.state.data);
  const cluster::recovered_replica at{.seen_epoch = image.seen_epoch,
                                      .base_index = base_index_,
                                      .base_epoch = base_epoch_,
                                      .last_index = last_index(),
                                      .applied_index = applied_,
                                      .runs = runs_of(log_),
                                      .log_bytes = bytes_of(log_)};
  const cluster::member self{node_.name, node_.store};
  const cluster::log_source& log = *this;
  machine_ = std::make_unique<cluster::replica>(self, world_.random().next(), at, log,
                                                world_.rules().replica, now_ms());
}

std::int64_t shard_host::now_ms() const {
  return world_.trusts_cached_time() ? node_.cached_ms : node_.clock.read_ms(world_.now_us());
}

std::int64_t shard_host::wall_ms() const {
  return node_.wall_offset_ms + world_.now_us() / 1000;
}

node_index shard_host::node() const {
  return node_.index;
}

void shard_host::step(const cluster::replica_input& input) {
  carry_out(machine_->step(now_ms(), input));
  if (!node_.doomed) service_->settle();
}

void shard_host::request(const client_request& r) {
  service_->request(r);
  if (!node_.doomed) service_->settle();
}

std::optional<std::uint64_t> shard_host::propose(std::vector<payload_ptr> payloads) {
  proposed_.reset();
  ended_in_step_ = false;
  carry_out(machine_->step(now_ms(), cluster::propose_input{std::move(payloads)}));
  require(proposed_.has_value(), "a proposal is not answered");
  if (!proposed_->accepted || ended_in_step_) return std::nullopt;
  return proposed_->first_index;
}

void shard_host::carry_out(cluster::replica_outputs out) {
  if (out.proposed) proposed_ = out.proposed;
  for (auto& w : out.writes) write(std::move(w));
  if (node_.doomed) return;
  if (out.apply_up_to != 0) commit(out.apply_up_to);
  for (const auto change : out.leadership) lead(change);
  for (auto& m : out.messages) world_.send(node_, shard_, std::move(m));
  if (out.read_register) world_.ask_register(node_, shard_, std::nullopt);
  if (out.change) world_.ask_register(node_, shard_, std::move(out.change->wanted));
  for (const auto& to : out.checkpoint_to) streams_.begin(to, state_to_send());
  if (out.install) install(*out.install);
  if (out.hold_log_from != 0) hold_from_ = out.hold_log_from;
}

void shard_host::write(cluster::disk_write w) {
  if (w.truncate_from != 0) {
    require(w.truncate_from > committed_, "a committed entry would be rewritten");
    log_.resize(std::min<std::size_t>(log_.size(), w.truncate_from - base_index_ - 1));
  }
  for (const auto& e : w.entries) {
    require(e.index == last_index() + 1, "the log would get a gap");
    log_.push_back(e);
  }
  world_.write(node_, shard_, std::move(w));
}

// --- committed, and later in the state -----------------------------------------------------------

void shard_host::commit(std::uint64_t up_to) {
  require(up_to <= last_index(), "something is committed that is not in the log");
  const auto seen_epoch = status().seen_epoch;
  while (committed_ < up_to) {
    const auto& e = log_[committed_ - base_index_];
    const judge::state_of before{committed_, epoch_at(committed_), seen_epoch};
    const bool primary_has = world_.in_a_primarys_log(shard_, e, seen_epoch);
    const bool first = world_.judged().commits(shard_, before, e, primary_has);
    world_.committed(node_, shard_, e);
    ++committed_;
    backlog_.add(e);
    service_->commits(e, first);
  }
  service_->committed(committed_);
  if (world_.rules().gathering_max > 0) return backlog_.gather();
  apply(backlog_.take_all());
  tell_applied();
}

void shard_host::state_has_time(const state_due& due) {
  const auto batch = backlog_.take(due.appointment);
  if (batch.empty()) return;
  apply(batch);
  // Threads between the store and the service: sooner, or only with the next tick.
  if (world_.random().one_in(2)) tell_applied();
  install_when_quiet();
  if (!node_.doomed) service_->settle();
}

void shard_host::apply(const std::vector<cluster::entry>& batch) {
  for (const auto& e : batch) {
    require(e.index == applied_ + 1, "the state gets an entry that does not follow");
    ++applied_;
    service_->apply(e);
  }
  world_.judged().has_state(shard_, batch.back().index, batch.back().epoch);
  world_.applied(node_, shard_, applied_);
}

void shard_host::tell_applied() {
  told_ = applied_;
  service_->applied(told_);
  begin_service_if_due();
}

/// Its service begins with a state that has all that the replica found when it became ready.
void shard_host::begin_service_if_due() {
  const bool has_all = told_ >= serves_from_.value_or(0) ||
                       planted_shell_mutant == shell_mutant::serves_before_state_has_it;
  if (!serves_from_ || !has_all) return;
  serves_from_.reset();
  serving_ = true;
  service_->ready();
}

void shard_host::lead(cluster::leadership_change change) {
  const bool ready = change == cluster::leadership_change::ready;
  world_.leadership_changed(node_, shard_, ready);
  if (ready) {
    serves_from_ = committed_;
    if (told_ < committed_) ++world_.counts().late_services;
    backlog_.hasten();
    return begin_service_if_due();
  }
  ended_in_step_ = true;
  serves_from_.reset();
  serving_ = false;
  service_->ended();
}

std::vector<cluster::entry> shard_host::read(std::uint64_t first, std::uint64_t last,
                                             std::uint64_t bytes_max) const {
  require(first > base_index_ && first <= last && last <= last_index(),
          "entries are read that the log does not have");
  std::vector<cluster::entry> entries;
  std::uint64_t bytes = 0;
  for (auto index = first; index <= last; ++index) {
    const auto& e = log_[index - base_index_ - 1];
    if (!entries.empty() && bytes + e.payload->size() > bytes_max) break;
    bytes += e.payload->size();
    entries.push_back(e);
  }
  return entries;
}

std::uint64_t shard_host::epoch_at(std::uint64_t index) const {
  require(index >= base_index_, "the log is cut above what is asked for");
  return index == base_index_ ? base_epoch_ : log_[index - base_index_ - 1].epoch;
}

checkpoint shard_host::applied_state() const {
  return {.index = applied_, .entry_epoch = epoch_at(applied_), .data = service_->snapshot()};
}

checkpoint shard_host::state_to_send() const {
  auto at = applied_state();
  if (applied_ < committed_) ++world_.counts().late_checkpoints;
  if (planted_shell_mutant != shell_mutant::checkpoint_named_by_commit) return at;
  at.index = committed_;
  at.entry_epoch = epoch_at(committed_);
  return at;
}

void shard_host::frame(const frame_arrives& f) {
  streams_.frame(f);
}

void shard_host::disk_done(sim_disk::operation& what) {
  if (const auto* flush = std::get_if<flush_state>(&what)) return flushed(*flush);
  if (const auto* install = std::get_if<install_state>(&what)) return installed(*install);
  if (const auto* gather = std::get_if<gather_state>(&what)) {
    streams_.kept(gather->at);
    step(cluster::checkpoint_gathered_input{gather->at.index, gather->at.entry_epoch,
                                            world_.node(gather->from).name, gather->begun_ms});
  }
}

void shard_host::install(const cluster::checkpoint_install& what) {
  if (what.drops) {
    install_ = install_state{.drops = true};
  } else {
    auto at = streams_.take_kept(what.index, what.entry_epoch);
    require(at.has_value(), "a checkpoint is installed that was not gathered");
    install_ = install_state{std::move(*at), what.keep_suffix};
  }
  if (!backlog_.empty()) ++world_.counts().late_installs;
  backlog_.hasten();
  install_when_quiet();
}

/// Nothing may still be on its way to the state that is replaced. What is on its way to the log is
/// before this in the disk's order.
void shard_host::install_when_quiet() {
  const bool quiet =
      backlog_.empty() || planted_shell_mutant == shell_mutant::installs_beside_backlog;
  if (!install_ || !quiet) return;
  installing_ = true;
  world_.write(node_, shard_, *std::exchange(install_, std::nullopt));
}

void shard_host::installed(const install_state& done) {
  require(done.drops || done.at.index >= committed_ ||
              !world_.judged().is_of_own_line(
                  shard_, {committed_, epoch_at(committed_), status().seen_epoch}),
          "an installed state goes back");
  world_.judged().has_state(shard_, done.at.index, done.at.entry_epoch);
  const auto dropped_to = done.keep_suffix ? done.at.index : last_index();
  require(dropped_to <= last_index(), "a suffix is kept that the log does not have");
  log_.erase(log_.begin(), log_.begin() + static_cast<long>(dropped_to - base_index_));
  base_index_ = done.at.index;
  base_epoch_ = done.at.entry_epoch;
  committed_ = applied_ = told_ = flushed_ = done.at.index;
  ++installs_;
  installing_ = false;
  service_->restore(done.at.data);
  if (done.drops)
    world_.dropped(node_, shard_);
  else
    world_.installed(node_, shard_, done.at.index);
  step(cluster::checkpoint_installed_input{});
}

void shard_host::tick() {
  streams_.tick();
  if (node_.doomed) return;
  flush_if_due();
  if (told_ < applied_) tell_applied();
  step(cluster::tick_input{});
}

void shard_host::flush_if_due() {
  const auto now = now_ms();
  if (flushing_ || now < next_flush_ms_ || applied_ == flushed_) return;
  next_flush_ms_ = now + world_.rules().flush_every / 1000;
  flushing_ = true;
  committed_at_flush_ = committed_;
  world_.write(node_, shard_, flush_state{applied_state(), installs_});
}

/// First the state, then the cut: a crash in between leaves entries that are applied already.
void shard_host::flushed(const flush_state& done) {
  flushing_ = false;
  // A checkpoint was, or will be, installed meanwhile: nothing is cut beside that.
  if (installing_ || done.installs != installs_) return;
  flushed_ = done.at.index;
  auto base =
      planted_shell_mutant == shell_mutant::log_cut_at_commit ? committed_at_flush_ : flushed_;
  if (hold_from_ != 0) base = std::min(base, hold_from_ - 1);
  if (base > base_index_) {
    const cut_log cut{.base_index = base, .base_epoch = epoch_at(base)};
    log_.erase(log_.begin(), log_.begin() + static_cast<long>(base - base_index_));
    base_index_ = cut.base_index;
    base_epoch_ = cut.base_epoch;
    world_.write(node_, shard_, cut);
  }
  step(cluster::state_flushed_input{.index = flushed_, .base_index = base_index_});
}

}  // namespace taskdriver::simulation
