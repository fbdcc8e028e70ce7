#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "detforge/cli/torch_actions.h"

/// The frame of the command line: each subcommand is one file with one `add_…` function that declares it.
namespace detforge::cli {

/// What the whole program shares while a command runs.
struct Session {
  int status = 0;  ///< what the program returns: 0 done, 1 wrong input
  int threads = 0;
  bool quiet = false;
  std::vector<std::string> plugins;
};

/// Which config, and how it is read: the arguments of every command that takes one.
struct ConfigArguments {
  std::string file;
  std::vector<std::string> cfg_options;
  std::vector<std::string> config_path;
  std::string dialect = "auto";
  std::string reference;  ///< empty: the config's `reference`, else v2.8
};

void add_config_arguments(CLI::App& command, ConfigArguments& arguments);
void add_reference_argument(CLI::App& command, ConfigArguments& arguments);

/// The config with its `--cfg-options`; its notes go to stderr. Throws `Error`.
Config load_config(const ConfigArguments& arguments, const Session& session);

/// Which MMDetection the model follows. Throws `Error` for a version that there is none of.
Reference reference_of(const ConfigArguments& arguments, const Config& config);

/// Throws `Error` where a config is one of MMDetection 3.x, or describes no model.
void require_model(const Config& config);

/// Loads libdetforge, whose components register themselves, and the plug-ins. Throws `Error`.
const TorchActions& torch_actions(const Session& session);

/// Sets the example that `--help` ends with.
void set_example(CLI::App& command, const std::string& example);

void add_analyze(CLI::App& program, Session& session);
void add_benchmark(CLI::App& program, Session& session);
void add_build(CLI::App& program, Session& session);
void add_checkpoint(CLI::App& program, Session& session);
void add_completion(CLI::App& program, Session& session);
void add_config(CLI::App& program, Session& session);
void add_dataset(CLI::App& program, Session& session);
void add_detect(CLI::App& program, Session& session);
void add_test(CLI::App& program, Session& session);
void add_check(CLI::App& program, Session& session);
void add_eval(CLI::App& program, Session& session);
void add_info(CLI::App& program, Session& session);
void add_registry(CLI::App& program, Session& session);
void add_summary(CLI::App& program, Session& session);

}  // namespace detforge::cli
