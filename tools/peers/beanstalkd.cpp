// beanstalkd: put, reserve, put of the result into another tube, delete.
#include "tools/peers/peer.hpp"
#include "tools/peers/socket.hpp"

namespace taskdriver::peers {
namespace {

class beanstalkd final : public peer {
public:
  explicit beanstalkd(const peer_address& at)
      : work_(at.host, at.port), results_(at.host, at.port) {
    ask(results_, "use results\r\n", "USING");
  }

  void cycle() override {
    put(work_, task_bytes);
    const std::string reserved = ask(work_, "reserve-with-timeout 10\r\n", "RESERVED");
    const auto id = reserved.substr(9, reserved.find(' ', 9) - 9);
    work_.body(task_bytes);
    put(results_, result_bytes);
    ask(work_, "delete " + id + "\r\n", "DELETED");
  }

private:
  static std::string ask(text_socket& to, const std::string& what, const std::string& expected) {
    to.send(what);
    std::string answer = to.line();
    if (!answer.starts_with(expected)) give_up(what + " was answered: " + answer);
    return answer;
  }
  static void put(text_socket& to, std::size_t bytes) {
    const auto head = "put 0 0 600 " + std::to_string(bytes) + "\r\n";
    ask(to, head + std::string(bytes, 'x') + "\r\n", "INSERTED");
  }

  text_socket work_;
  text_socket results_;
};

}  // namespace

std::unique_ptr<peer> connect_beanstalkd(const peer_address& at, int) {
  return std::make_unique<beanstalkd>(at);
}

}  // namespace taskdriver::peers
