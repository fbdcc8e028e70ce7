#include <iostream>
#include <memory>

#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"
#include "detforge/config/format.h"
#include "detforge/registry/schema.h"

namespace detforge::cli {
namespace {

void add_print(CLI::App& config, Session& session) {
  CLI::App& command = *config.add_subcommand("print", "the merged config");
  const auto arguments = std::make_shared<ConfigArguments>();
  const auto format = std::make_shared<std::string>("py");
  const auto origin = std::make_shared<bool>(false);
  add_config_arguments(command, *arguments);
  command.add_option("--format", *format, "py reads back to an equal config; repr is Python's print(cfg)")
      ->check(one_of({"py", "json", "yaml", "repr"}))
      ->capture_default_str();
  command.add_flag("--origin", *origin, "for every key, the file and line that set it last");
  set_example(command, "detforge config print configs/yolo/yolov5.py --cfg-options model.backbone.gd=0.33");
  command.callback([=, &session] {
    const Config loaded = load_config(*arguments, session);
    if (*origin) {
      std::cout << format_origins(loaded.root());
    } else if (*format == "py") {
      std::cout << format_python(loaded.root());
    } else if (*format == "json") {
      std::cout << format_json(loaded.root());
    } else if (*format == "yaml") {
      std::cout << format_yaml(loaded.root());
    } else {
      std::cout << loaded << '\n';
    }
  });
}

void add_diff(CLI::App& config, Session& session) {
  CLI::App& command = *config.add_subcommand("diff", "what the second config has otherwise, key by key");
  const auto before = std::make_shared<ConfigArguments>();
  const auto after = std::make_shared<ConfigArguments>();
  command.add_option("before", before->file, "config file")->required()->type_name("FILE");
  command.add_option("after", after->file, "config file")->required()->type_name("FILE");
  set_example(command, "detforge config diff configs/yolox/yolox_s_8x8_300e_coco.py configs/yolox/yolox_m_8x8_300e_coco.py");
  command.callback(
      [=, &session] { std::cout << format_difference(load_config(*before, session).root(), load_config(*after, session).root()); });
}

void add_schema(CLI::App& config, Session& session) {
  CLI::App& command = *config.add_subcommand("schema", "a JSON Schema of all components, for editors");
  set_example(command, "detforge config schema > detforge.schema.json");
  command.callback([&session] {
    static_cast<void>(torch_actions(session));
    std::cout << format_json(json_schema());
  });
}

}  // namespace

void add_config(CLI::App& program, Session& session) {
  CLI::App& config = *program.add_subcommand("config", "print, compare and describe config files");
  config.require_subcommand(1);
  config.fallthrough();
  add_print(config, session);
  add_diff(config, session);
  add_schema(config, session);
}

}  // namespace detforge::cli
