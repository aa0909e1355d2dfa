#include "server/command_api.h"

#include "server/json_body.h"
#include "server/problem.h"

namespace otter::server {
namespace {

constexpr size_t kCommandSizeMax = 16;

std::string word_of(Command command) {
  if (command == Command::none) return "";
  const Text word = name(command);
  return {word.data, word.size};
}

Command command_field(const boost::json::object& body) {
  const std::string text = string_field(body, "command", kCommandSizeMax);
  const Command command = command_named(text).value;
  switch (command) {
    case Command::check_now:
    case Command::reboot:
    case Command::rollback:
    case Command::send_logs:
      return command;
    case Command::none:
      break;
  }
  throw HttpError(Problem::invalid_field,
                  "\"command\" must be check_now, reboot, rollback or send_logs");
}

Device addressed_device(const Call& call) {
  std::optional<Device> device = call.backend.store.device(call.target.segments.at(3));
  if (!device.has_value()) throw HttpError(Problem::not_found, "there is no such device");
  return *device;
}

void change_command(const Call& call, const Device& device, Command command) {
  const DeviceCommand next = successor(device.command, command, call.now_s);
  call.backend.store.set_command(device.id, next);
  const bool is_given = command != Command::none;
  call.change = {is_given ? "Command given" : "Command withdrawn",
                 device.id,
                 {{"command", text_or_null(word_of(device.command.command))}},
                 {{"command", text_or_null(word_of(command))}}};
  call.backend.log.info(call.change.action,
                        {{"device", device.id},
                         {"command", word_of(is_given ? command : device.command.command)},
                         {"remote", call.request.remote}});
}

}  // namespace

Response give_command(const Call& call) {
  const Command command = command_field(parse_json_body(call.request));
  const Device device = addressed_device(call);
  if (device.standing != Standing::enrolled) {
    throw HttpError(Problem::not_enrolled, "without a key of its own the device is told nothing");
  }
  change_command(call, device, command);
  return json_response(200, {{"id", device.id}, {"command", word_of(command)}});
}

Response withdraw_command(const Call& call) {
  const Device device = addressed_device(call);
  if (device.command.command == Command::none) {
    throw HttpError(Problem::not_found, "no command waits for the device");
  }
  change_command(call, device, Command::none);
  return json_response(200, {{"id", device.id}, {"command", nullptr}});
}

CommandStep tell_command(const Call& call, const DeviceHealth& health) {
  const Device& device = *call.caller.device;
  const CommandStep step =
      step_of(device.command, {.seen_s = call.now_s, .uptime_s = health.uptime_s});
  if (!step.next.has_value()) return step;
  // False: an operator has changed it just now; the next check-in goes by that.
  if (!call.backend.store.set_command(device.id, *step.next)) return {};
  call.backend.log.info(step.told == Command::none ? "Command ended" : "Command told",
                        {{"device", device.id}, {"command", word_of(device.command.command)}});
  return step;
}

}  // namespace otter::server
