#include <exception>
#include <iostream>

#include "detforge/base/allocator.h"
#include "detforge/base/parallel.h"
#include "detforge/base/version.h"
#include "detforge/cli/command.h"
#include "detforge/cli/input_guard.h"
#include "detforge/cli/usage_error.h"
#include "detforge/media/media.h"

namespace {

enum Status { done = 0, wrong_input = 1, wrong_command_line = 2, our_fault = 3 };

int report(const detforge::Error& error) {
  std::cerr << error.what() << '\n';
  switch (error.kind()) {
    case detforge::ErrorKind::Input: return wrong_input;
    case detforge::ErrorKind::Usage: return wrong_command_line;
    case detforge::ErrorKind::Internal: break;
  }
  std::cerr << "This is a fault of detforge, not of your input: please report it with the command and `detforge info`.\n";
  return our_fault;
}

/// Everything that holds for the whole process is set here, on the first thread, before there are others.
void set_up_process(const CLI::App& program, const detforge::cli::Session& session) {
  detforge::set_media_environment();
  detforge::set_pool_size(detforge::thread_count(session.threads));
  for (const char* runs_models : {"benchmark", "detect", "test"}) {
    if (program.got_subcommand(runs_models)) detforge::keep_freed_memory();
  }
}

int run(int argc, char** argv) {
  using namespace detforge::cli;
  CLI::App program("MMDetection's configs and checkpoints, native: build, print, train, evaluate and run detectors.", "detforge");
  Session session;
  program.require_subcommand(1);
  program.set_version_flag("--version", "detforge " + detforge::version());
  program.fallthrough();
  program.add_option("--threads", session.threads, "CPU threads; 0: as many as there are cores")->check(at_least(0));
  program.add_flag("--quiet", session.quiet, "no notes and no progress");
  program.add_option("--plugin", session.plugins, "shared library with components of your own; its code is run")->type_name("LIB");
  set_example(program, "detforge build configs/yolo/yolov5.py");
  add_config(program, session);
  add_registry(program, session);
  add_build(program, session);
  add_summary(program, session);
  add_detect(program, session);
  add_test(program, session);
  add_check(program, session);
  add_eval(program, session);
  add_analyze(program, session);
  add_dataset(program, session);
  add_checkpoint(program, session);
  add_benchmark(program, session);
  add_info(program, session);
  add_completion(program, session);
  program.parse_complete_callback([&] { set_up_process(program, session); });
  guard_inputs(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return program.exit(error);  // --help, --version
    throw usage_error(program, error);
  }
  if (!std::cout.flush()) throw detforge::Error("can not write the results to stdout");
  return session.status;
}

/// libtorch's texts go on with a backtrace, which helps nobody.
std::string without_backtrace(const std::string& text) { return text.substr(0, text.find("\nException raised from ")); }

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const detforge::Error& error) {
    return report(error);
  } catch (const std::bad_alloc&) {
    std::cerr << "error: out of memory\n";
    return our_fault;
  } catch (const std::exception& error) {
    return report(detforge::Error(without_backtrace(error.what()), detforge::ErrorKind::Internal));
  }
}
