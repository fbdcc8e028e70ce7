#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"

#include <algorithm>
#include <iostream>
#include <thread>

#include "detforge/base/shared_library.h"
#include "detforge/config/cfg_options.h"

namespace detforge::cli {
namespace {

Dialect dialect_of(const std::string& name) {
  if (name == "mmcv") return Dialect::Mmcv;
  return name == "mmengine" ? Dialect::Mmengine : Dialect::Auto;
}

}  // namespace

void add_config_arguments(CLI::App& command, ConfigArguments& arguments) {
  command.add_option("config", arguments.file, "config file: .py, .json, .yaml")->required()->type_name("FILE");
  command.add_option("--cfg-options", arguments.cfg_options, "change keys of the config: model.backbone.depth=50 'img_scale=(640,640)'")
      ->type_name("KEY=VALUE");
  command.add_option("--config-path", arguments.config_path, "folders where bases such as mmdet::x are looked up first")->type_name("DIR");
  command.add_option("--dialect", arguments.dialect, "whose rules hold where mmcv and mmengine read a config differently")
      ->check(one_of({"auto", "mmcv", "mmengine"}))
      ->capture_default_str();
}

void add_reference_argument(CLI::App& command, ConfigArguments& arguments) {
  command.add_option("--reference", arguments.reference, "the MMDetection that the model follows where versions differ (default v2.8)")
      ->check(one_of({"v2.8", "v2.27"}));
}

Config load_config(const ConfigArguments& arguments, const Session& session) {
  LoadOptions options;
  options.dialect = dialect_of(arguments.dialect);
  options.config_path.assign(arguments.config_path.begin(), arguments.config_path.end());
  Config config = Config::from_file(arguments.file, options);
  if (!arguments.cfg_options.empty()) config.merge_from_dict(parse_cfg_options(arguments.cfg_options));
  if (!session.quiet) {
    for (const std::string& warning : config.warnings()) std::cerr << "note: " << warning << '\n';
  }
  return config;
}

Reference reference_of(const ConfigArguments& arguments, const Config& config) {
  const Value* key = config.find("reference");
  const std::string name = !arguments.reference.empty() ? arguments.reference : key == nullptr ? "v2.8" : key->as_string();
  if (name == "v2.8") return Reference::V2_8;
  if (name == "v2.27") return Reference::V2_27;
  Error error("'reference' is 'v2.8' or 'v2.27', got " + repr(Value(name)));
  throw key != nullptr ? std::move(error.at(key->location())) : std::move(error);
}

void require_model(const Config& config) {
  for (const char* key : {"train_dataloader", "val_dataloader", "test_dataloader", "default_hooks", "default_scope"}) {
    if (const Value* value = config.find(key)) {
      throw Error(std::string("this is a config of MMDetection 3.x: it has '") + key + "'")
          .at(value->location())
          .help("detforge config print, diff and schema work on it; models are built from configs of MMDetection 2.x");
    }
  }
  if (!config.contains("model")) {
    throw Error("the config has no 'model'")
        .at(config.filename())
        .help("add model=dict(type=…, backbone=dict(…), …) at the top level of it");
  }
}

const TorchActions& torch_actions(const Session& session) {
  void* library = open_own_library("libdetforge.so");
  const auto function = reinterpret_cast<TorchActionsFunction>(library_symbol(library, torch_actions_symbol));
  for (const std::string& plugin : session.plugins) open_plugin(plugin);
  const TorchActions& actions = *function();
  actions.set_threads(session.threads > 0 ? session.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())));
  return actions;
}

void set_example(CLI::App& command, const std::string& example) {
  const std::string common =
      command.get_parent() == nullptr ? "" : "For every command: --threads N, --quiet, --plugin LIB (detforge --help)\n\n";
  command.footer(common + "Example:\n  " + example);
}

}  // namespace detforge::cli
