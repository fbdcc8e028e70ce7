#include <iostream>
#include <memory>

#include "detforge/cli/command.h"

namespace detforge::cli {

void add_check(CLI::App& program, Session& session) {
  CLI::App& command = *program.add_subcommand("check", "find what is wrong with a config, its data and a checkpoint before any work");
  const auto arguments = std::make_shared<ConfigArguments>();
  const auto request = std::make_shared<CheckRequest>();
  add_config_arguments(command, *arguments);
  add_reference_argument(command, *arguments);
  command.add_option("checkpoint", request->checkpoint, ".pth or .safetensors that the model is to be filled with")
      ->type_name("CHECKPOINT");
  set_example(command, "detforge check configs/mine/faster_rcnn.py faster_rcnn.pth");
  command.callback([=, &session] {
    request->config = load_config(*arguments, session);
    require_model(request->config);
    request->reference = reference_of(*arguments, request->config);
    session.status = torch_actions(session).check(*request, std::cout);
  });
}

}  // namespace detforge::cli
