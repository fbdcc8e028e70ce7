#include <iostream>
#include <memory>

#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"

namespace detforge::cli {

void add_summary(CLI::App& program, Session& session) {
  CLI::App& command = *program.add_subcommand("summary", "parameters, multiply-adds and output shapes per module");
  const auto arguments = std::make_shared<ConfigArguments>();
  const auto shape = std::make_shared<std::vector<std::int64_t>>(std::vector<std::int64_t>{1280, 800});
  const auto depth = std::make_shared<int>(-1);
  const auto json = std::make_shared<bool>(false);
  add_config_arguments(command, *arguments);
  add_reference_argument(command, *arguments);
  command.add_option("--shape", *shape, "height and width of the input in px; one number: both")
      ->expected(1, 2)
      ->check(at_least(1))
      ->capture_default_str();
  command.add_option("--depth", *depth, "leave modules further down out of the table")->check(at_least(0));
  command.add_flag("--json", *json, "as JSON");
  set_example(command, "detforge summary configs/yolox/yolox_s_8x8_300e_coco.py --shape 640 640 --depth 2");
  command.callback([=, &session] {
    Config config = load_config(*arguments, session);
    require_model(config);
    const Reference reference = reference_of(*arguments, config);
    session.status =
        torch_actions(session).summary({std::move(config), reference, shape->front(), shape->back(), *depth, *json}, std::cout);
  });
}

}  // namespace detforge::cli
