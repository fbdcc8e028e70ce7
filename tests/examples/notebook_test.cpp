#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/cli/run.h"
#include "tests/support/golden.h"

/// The seed's notebook as a program: what it prints is what the notebook shows.
namespace detforge::testing_support {
namespace {

const Outcome& notebook() {
  static const Outcome outcome = run_command("'" DETFORGE_EXAMPLES_DIR "/notebook/notebook' configs/yolo/yolov5.py");
  return outcome;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

/// A text that the notebook printed; empty where the reference data is absent.
std::string seed(const std::string& name) {
  const auto path = golden::golden_dir() / "seed" / name;
  return std::filesystem::exists(path) ? trimmed(golden::read_text(path)) : std::string();
}

TEST(Notebook, PrintsTheModelAndBothBackbonesAsTheProgramDoes) {
  ASSERT_EQ(notebook().status, 0) << notebook().err;
  EXPECT_EQ(notebook().err, "");
  const std::string model = run("build configs/yolo/yolov5.py").out;
  const std::string backbone = run("build configs/yolo/yolov5.py --part backbone").out;
  ASSERT_TRUE(model.starts_with("YOLOV5(\n")) << model;
  ASSERT_TRUE(backbone.starts_with("CSPDarknet(\n")) << backbone;
  EXPECT_EQ(count(notebook().out, '\n' + model), 1U);
  EXPECT_EQ(count(notebook().out, '\n' + backbone), 2U) << "once from its config, once by its class";
}

TEST(Notebook, ShowsTheConfigStepByStep) {
  EXPECT_TRUE(notebook().out.starts_with("Config (path: configs/yolo/yolov5.py): {'checkpoint_config': {'interval': 1}, "))
      << notebook().out;
  for (const char* line : {"log_level : INFO\n", "load_from : None\n", "workflow : [('train', 1)]\n",
                           "\n{'type': 'CSPDarknet', 'gd': 1.0, 'gw': 1.0, 'out_layers': [9, 6, 4]}\n",
                           "\nCSPDarknet\n{'gd': 1.0, 'gw': 1.0, 'out_layers': [9, 6, 4]}\n"}) {
    EXPECT_EQ(count(notebook().out, line), 1U) << line;
  }
}

TEST(Notebook, ListsTheRegistries) {
  for (const char* entry : {"'YOLOV5': mmdet.models.detectors.yolo.YOLOV5", "'CSPDarknet': mmdet.models.backbones.cspdarknet.CSPDarknet",
                            "'YOLOV3Neck': mmdet.models.necks.yolo_neck.YOLOV3Neck"}) {
    EXPECT_EQ(count(notebook().out, entry), 1U) << entry;
  }
}

TEST(Notebook, PrintsTheSeedsTexts) {
  const std::string model = seed("yolov5_model.txt");
  const std::string backbone = seed("cspdarknet_backbone.txt");
  const std::string items = seed("print_items.txt");
  std::string config = seed("print_config.txt");
  if (model.empty() || backbone.empty() || items.empty() || config.empty()) GTEST_SKIP() << "no seed texts in " << golden::golden_dir();
  config.erase(0, config.find("): {"));  // the path before it is another machine's
  EXPECT_EQ(count(notebook().out, '\n' + model + '\n'), 1U);
  EXPECT_EQ(count(notebook().out, '\n' + backbone + '\n'), 2U);
  EXPECT_EQ(count(notebook().out, '\n' + items + '\n'), 1U);
  EXPECT_EQ(count(notebook().out, config + '\n'), 1U);
}

}  // namespace
}  // namespace detforge::testing_support
