// The seed's notebook "Build model from config in mmdet" as a program.
//   notebook configs/yolo/yolov5.py
#include <detforge/base/error.h>
#include <detforge/config/config.h>
#include <detforge/config/value.h>
#include <detforge/models/backbones/backbone.h>
#include <detforge/models/detectors/detector.h>
#include <detforge/models/necks/neck.h>

#include <iostream>
#include <string>

namespace {

/// What Python's print() writes: a str without its quotes.
std::string printed(const detforge::Value& value) { return value.is_string() ? value.as_string() : detforge::repr(value); }

void show(const std::string& path) {
  // 1. Parse the config.
  auto cfg = detforge::Config::from_file(path);
  std::cout << cfg << '\n';
  for (const auto& [key, value] : cfg) std::cout << printed(key) << " : " << printed(value) << '\n';
  std::cout << cfg["model"] << '\n';
  if (cfg["model"].contains("pretrained")) cfg["model"]["pretrained"] = nullptr;

  // 2. Build the detector.
  auto model = detforge::build_detector(cfg["model"]);
  std::cout << *model << '\n';
  std::cout << detforge::detectors() << '\n';

  // 2.1 Build the backbone, both ways: from its config, and by calling the class that the registry has.
  std::cout << detforge::backbones() << '\n';
  auto backbone_config = cfg["model"]["backbone"];
  std::cout << backbone_config << '\n';
  auto backbone = detforge::build_backbone(backbone_config);
  std::cout << *backbone << '\n';

  auto type = backbone_config.pop("type").as_string();
  auto backbone_class = detforge::backbones().get(type);
  std::cout << type << '\n' << backbone_config << '\n';
  std::cout << *backbone_class(backbone_config) << '\n';

  // 2.2 Necks.
  std::cout << detforge::necks() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: notebook CONFIG\n";
    return 2;
  }
  try {
    show(argv[1]);
  } catch (const detforge::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
