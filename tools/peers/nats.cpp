// NATS JetStream: publish acknowledged, next message of a pull consumer, result published,
// acknowledgement acknowledged.
#include "tools/peers/peer.hpp"
#include "tools/peers/socket.hpp"

namespace taskdriver::peers {
namespace {

struct message {
  std::string reply_to;
  std::string payload;
};

class nats final : public peer {
public:
  nats(const peer_address& at, int worker)
      : socket_(at.host, at.port), inbox_("_INBOX.w" + std::to_string(worker)) {
    socket_.line();  // INFO
    socket_.send("CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB " + inbox_ + " 1\r\n");
  }

  void cycle() override {
    ask("work", std::string(task_bytes, 'x'));
    const message task =
        ask("$JS.API.CONSUMER.MSG.NEXT.WORK.agents", R"({"batch":1,"expires":10000000000})");
    if (task.payload.size() != task_bytes) give_up("no task: " + task.payload);
    ask("results", std::string(result_bytes, 'r'));
    ask(task.reply_to, "+ACK");
  }

  message ask(const std::string& subject, const std::string& payload) {
    socket_.send("PUB " + subject + " " + inbox_ + " " + std::to_string(payload.size()) + "\r\n" +
                 payload + "\r\n");
    message answer = next();
    if (answer.payload.find("\"error\"") != std::string::npos) give_up(answer.payload);
    return answer;
  }

private:
  /// MSG subject sid [reply-to] bytes
  message next() {
    for (;;) {
      const std::string head = socket_.line();
      if (head == "PING") socket_.send("PONG\r\n");
      if (head.starts_with("-ERR")) give_up(head);
      if (head.starts_with("HMSG")) give_up("a status instead of a message");
      if (!head.starts_with("MSG ")) continue;
      const auto last = head.rfind(' ');
      message m;
      m.payload = socket_.body(std::stoul(head.substr(last + 1)));
      const auto before = head.rfind(' ', last - 1);
      m.reply_to = head.substr(before + 1, last - before - 1);
      return m;
    }
  }

  text_socket socket_;
  std::string inbox_;
};

}  // namespace

void prepare_nats(const peer_address& at) {
  nats admin(at, 1'000'000);
  admin.ask("$JS.API.STREAM.CREATE.WORK",
            R"({"name":"WORK","subjects":["work"],"retention":"workqueue","storage":"file"})");
  admin.ask("$JS.API.STREAM.CREATE.RESULTS",
            R"({"name":"RESULTS","subjects":["results"],"retention":"limits","storage":"file"})");
  admin.ask("$JS.API.CONSUMER.DURABLE.CREATE.WORK.agents",
            R"({"stream_name":"WORK","config":{"durable_name":"agents","ack_policy":"explicit",)"
            R"("max_ack_pending":100000,"max_waiting":10000}})");
}

std::unique_ptr<peer> connect_nats(const peer_address& at, int worker) {
  return std::make_unique<nats>(at, worker);
}

}  // namespace taskdriver::peers
