#pragma once

#include <string>

namespace detforge::testing_support {

struct Outcome {
  int status = -1;  ///< the exit status; 128 + signal where one ended the program
  std::string out;
  std::string err;
};

/// Runs the program as a user does, in the source folder: `run("config print configs/yolo/yolov5.py")`.
/// `arguments` is read by the shell.
Outcome run(const std::string& arguments);

/// Runs any command of the shell in the source folder.
Outcome run_command(const std::string& command);

/// Whether this build has what needs Torch.
bool has_torch();

}  // namespace detforge::testing_support
