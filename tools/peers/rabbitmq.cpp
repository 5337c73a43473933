// RabbitMQ quorum queues through librabbitmq: publish confirmed, deliver, result confirmed, ack.
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <cstdlib>

#include "tools/peers/peer.hpp"
#include "tools/peers/socket.hpp"

namespace taskdriver::peers {
namespace {

constexpr amqp_channel_t channel = 1;
constexpr timeval patience{10, 0};

amqp_bytes_t bytes_of(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}

void must(const amqp_rpc_reply_t& reply, const char* what) {
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) give_up(std::string("RabbitMQ refused: ") + what);
}

/// A connection with one open channel. Publishing and consuming have one each, so that no delivery
/// comes between a publication and its confirmation.
class amqp_link {
public:
  explicit amqp_link(const peer_address& at) : state_(amqp_new_connection()) {
    amqp_socket_t* socket = amqp_tcp_socket_new(state_);
    if (amqp_socket_open(socket, at.host.c_str(), std::atoi(at.port.c_str())) != 0)
      give_up("cannot connect to RabbitMQ");
    must(amqp_login(state_, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"), "login");
    amqp_channel_open(state_, channel);
    must(amqp_get_rpc_reply(state_), "channel");
  }
  ~amqp_link() { amqp_destroy_connection(state_); }
  amqp_link(const amqp_link&) = delete;
  amqp_link& operator=(const amqp_link&) = delete;

  amqp_connection_state_t get() const { return state_; }

private:
  amqp_connection_state_t state_;
};

class rabbitmq final : public peer {
public:
  explicit rabbitmq(const peer_address& at) : publisher_(at), consumer_(at) {
    amqp_confirm_select(publisher_.get(), channel);
    must(amqp_get_rpc_reply(publisher_.get()), "confirm.select");
    amqp_basic_qos(consumer_.get(), channel, 0, 1, 0);
    must(amqp_get_rpc_reply(consumer_.get()), "qos");
    amqp_basic_consume(consumer_.get(), channel, amqp_cstring_bytes("work"), amqp_empty_bytes, 0, 0,
                       0, amqp_empty_table);
    must(amqp_get_rpc_reply(consumer_.get()), "consume");
  }

  void cycle() override {
    publish("work", task_);
    amqp_maybe_release_buffers(consumer_.get());
    amqp_envelope_t delivery;
    must(amqp_consume_message(consumer_.get(), &delivery, &patience, 0), "no delivery");
    const auto tag = delivery.delivery_tag;
    amqp_destroy_envelope(&delivery);
    publish("results", result_);
    if (amqp_basic_ack(consumer_.get(), channel, tag, 0) != 0) give_up("ack failed");
  }

private:
  void publish(const char* queue, const std::string& body) {
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    amqp_maybe_release_buffers(publisher_.get());
    if (amqp_basic_publish(publisher_.get(), channel, amqp_empty_bytes, amqp_cstring_bytes(queue),
                           0, 0, &properties, bytes_of(body)) != 0)
      give_up("publish failed");
    amqp_frame_t frame;
    const int status = amqp_simple_wait_frame_noblock(publisher_.get(), &frame, &patience);
    const bool confirmed = status == AMQP_STATUS_OK && frame.frame_type == AMQP_FRAME_METHOD &&
                           frame.payload.method.id == AMQP_BASIC_ACK_METHOD;
    if (!confirmed) give_up("publication not confirmed");
  }

  amqp_link publisher_;
  amqp_link consumer_;
  const std::string task_ = std::string(task_bytes, 'x');
  const std::string result_ = std::string(result_bytes, 'r');
};

}  // namespace

void prepare_rabbitmq(const peer_address& at) {
  const amqp_link admin(at);
  amqp_table_entry_t quorum{};
  quorum.key = amqp_cstring_bytes("x-queue-type");
  quorum.value.kind = AMQP_FIELD_KIND_UTF8;
  quorum.value.value.bytes = amqp_cstring_bytes("quorum");
  const amqp_table_t arguments{1, &quorum};
  for (const char* name : {"work", "results"}) {
    amqp_queue_declare(admin.get(), channel, amqp_cstring_bytes(name), 0, 1, 0, 0, arguments);
    must(amqp_get_rpc_reply(admin.get()), "queue.declare");
  }
}

std::unique_ptr<peer> connect_rabbitmq(const peer_address& at, int) {
  return std::make_unique<rabbitmq>(at);
}

}  // namespace taskdriver::peers
