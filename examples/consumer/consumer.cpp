// Reads a config, changes it as `--cfg-options` does, and prints it: what the core offers without Torch.
//   consumer configs/yolo/yolov5.py model.backbone.gd=0.33
#include <detforge/base/error.h>
#include <detforge/config/cfg_options.h>
#include <detforge/config/config.h>
#include <detforge/config/format.h>

#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: consumer CONFIG [KEY=VALUE ...]\n";
    return 2;
  }
  try {
    auto config = detforge::Config::from_file(argv[1]);
    config.merge_from_dict(detforge::parse_cfg_options(std::vector<std::string>(argv + 2, argv + argc)));
    std::cout << detforge::format_python(config.root());
  } catch (const detforge::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
