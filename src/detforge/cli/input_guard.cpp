#include "detforge/cli/input_guard.h"

#include "detforge/base/input_files.h"

namespace detforge::cli {
namespace {

bool is_output(const CLI::Option& option) {
  return option.check_lname("out") || option.check_lname("json") || option.check_lname("svg") || option.get_name(true) == "out";
}

void refuse_inputs_as_outputs(const CLI::App& command) {
  // A published checkpoint gets another name than OUT.
  const CLI::Option* publish = command.get_option_no_throw("--publish");
  if (publish != nullptr && publish->count() > 0) return;
  InputFiles inputs;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional() || is_output(*option)) continue;
    for (const std::string& text : option->results()) inputs.add(text);
  }
  for (const CLI::Option* option : command.get_options()) {
    if (!is_output(*option)) continue;
    for (const std::string& text : option->results()) inputs.refuse(text);
  }
}

}  // namespace

void guard_inputs(CLI::App& program) {
  for (CLI::App* command : program.get_subcommands([](CLI::App*) { return true; })) {
    command->parse_complete_callback([command] { refuse_inputs_as_outputs(*command); });
    guard_inputs(*command);
  }
}

}  // namespace detforge::cli
