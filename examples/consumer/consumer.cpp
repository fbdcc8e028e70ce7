// What the core offers without Torch: reads a config, changes it as `--cfg-options` does, and prints it; or measures an image.
//   consumer configs/yolo/yolov5.py model.backbone.gd=0.33
//   consumer --image photo.jpg
#include <detforge/base/error.h>
#include <detforge/config/cfg_options.h>
#include <detforge/config/config.h>
#include <detforge/config/format.h>
#include <detforge/media/media.h>

#include <iostream>
#include <string>
#include <vector>

namespace {

void print_config(const std::string& path, const std::vector<std::string>& options) {
  auto config = detforge::Config::from_file(path);
  config.merge_from_dict(detforge::parse_cfg_options(options));
  std::cout << detforge::format_python(config.root());
}

void print_size(const std::string& path) {
  const cv::Mat image = detforge::read_image(path);
  std::cout << image.cols << " x " << image.rows << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::cerr << "usage: consumer CONFIG [KEY=VALUE ...] | --image FILE\n";
    return 2;
  }
  try {
    if (arguments.size() == 2 && arguments.front() == "--image") {
      print_size(arguments.back());
    } else {
      print_config(arguments.front(), {arguments.begin() + 1, arguments.end()});
    }
  } catch (const detforge::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
