#include <gtest/gtest.h>

#include "tests/cli/run.h"

/// Mistakes in the command line: status 2, nothing on stdout, and one message in the shape of all others.
namespace detforge::testing_support {
namespace {

struct Mistake {
  const char* arguments;
  const char* message;
};

TEST(Usage, EachMistakeIsToldInFull) {
  const Mistake mistakes[] = {
      // Commands.
      {"config", "error: detforge config wants a command: print, diff, schema\n  = help: detforge config --help shows all commands\n"},
      {"biuld", "error: there is no command 'biuld'; did you mean 'build'?\n  = help: detforge --help shows all commands\n"},
      {"config pint a.py",
       "error: there is no command 'pint'; did you mean 'print'?\n  = help: detforge config --help shows all commands\n"},
      // Arguments.
      {"build", "error: detforge build wants 'config'\n  = help: detforge build --help shows all arguments\n"},
      {"build a.py b.py", "error: 'b.py' is one argument too many\n  = help: detforge build --help shows all arguments\n"},
      // Options: unknown ones are told before what is missing beside them.
      {"--nonsense build", "error: there is no option '--nonsense'\n  = help: detforge build --help shows all arguments\n"},
      {"build --prt=neck",
       "error: there is no option '--prt'; did you mean '--part'?\n  = help: detforge build --help shows all arguments\n"},
      {"build a.py --thread 2",
       "error: there is no option '--thread'; did you mean '--threads'?\n  = help: detforge build --help shows all arguments\n"},
      // Values. Ranges once were told with the largest double in full.
      {"build a.py --part", "error: --part wants a value\n  = help: detforge build --help shows all arguments\n"},
      {"config print a.py --format jsn",
       "error: --format: 'jsn' is none of py, json, yaml, repr; did you mean 'json'?\n"
       "  = help: detforge config print --help shows all arguments\n"},
      {"completion tcsh", "error: shell: 'tcsh' is none of bash, zsh, fish\n  = help: detforge completion --help shows all arguments\n"},
      {"--threads -1 info",
       "error: --threads: '-1' is no whole number of at least 0\n  = help: detforge info --help shows all arguments\n"},
      {"--threads 1.5 info",
       "error: --threads: '1.5' is no whole number of at least 0\n  = help: detforge info --help shows all arguments\n"},
      {"summary a.py --shape 0 5",
       "error: --shape: '0' is no whole number of at least 1\n  = help: detforge summary --help shows all arguments\n"},
      {"summary a.py --shape 1 2 3",
       "error: --shape: at most 2 required but received 3\n  = help: detforge summary --help shows all arguments\n"},
      {"summary a.py --depth 9999999999",
       "error: could not convert: --depth = 9999999999\n  = help: detforge summary --help shows all arguments\n"},
  };
  for (const auto& [arguments, message] : mistakes) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    EXPECT_EQ(outcome.err, message) << arguments;
  }
}

TEST(Usage, WithoutACommandAllOfThemAreNamed) {
  const Outcome outcome = run("");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(outcome.err.starts_with("error: detforge wants a command: ")) << outcome.err;
  for (const char* command : {"config", "registry", "build", "summary", "checkpoint", "info", "completion"}) {
    EXPECT_NE(outcome.err.find(command), std::string::npos) << command;
  }
}

TEST(Usage, AShapeThatTheModelCanNotTakeIsNotOurFault) {
  if (!has_torch()) GTEST_SKIP() << "built without Torch";
  const Outcome outcome = run("summary configs/yolo/yolov5.py --shape 3 5");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "error: the model can not run on an image of 3×5 px\n"
            "  = note: Sizes of tensors must match except in dimension 1. Expected size 2 but got size 1 for tensor number 1 in the list.\n"
            "  = help: --shape HEIGHT WIDTH, both multiples of the model's largest stride, 32 for most\n");
}

}  // namespace
}  // namespace detforge::testing_support
