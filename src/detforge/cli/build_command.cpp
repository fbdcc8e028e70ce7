#include <iostream>
#include <memory>

#include "detforge/cli/command.h"

namespace detforge::cli {

void add_build(CLI::App& program, Session& session) {
  CLI::App& command = *program.add_subcommand("build", "build a config's model and print it as Python does");
  const auto arguments = std::make_shared<ConfigArguments>();
  const auto part = std::make_shared<std::string>();
  add_config_arguments(command, *arguments);
  add_reference_argument(command, *arguments);
  command.add_option("--part", *part, "print a part of it only: backbone, neck, bbox_head.convs_pred")->type_name("NAME");
  set_example(command, "detforge build configs/yolo/yolov5.py --part backbone");
  command.callback([=, &session] {
    Config config = load_config(*arguments, session);
    require_model(config);
    const Reference reference = reference_of(*arguments, config);
    session.status = torch_actions(session).build({std::move(config), reference, *part}, std::cout);
  });
}

}  // namespace detforge::cli
