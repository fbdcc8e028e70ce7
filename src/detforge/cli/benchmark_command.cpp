#include <iostream>
#include <memory>

#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"

namespace detforge::cli {

void add_benchmark(CLI::App& program, Session& session) {
  CLI::App& command = *program.add_subcommand("benchmark", "how long a model takes, stage by stage");
  const auto arguments = std::make_shared<ConfigArguments>();
  const auto request = std::make_shared<BenchmarkRequest>();
  const auto shape = std::make_shared<std::vector<std::int64_t>>(std::vector<std::int64_t>{800, 1333});
  const auto part = std::make_shared<std::string>("all");
  const auto engine = std::make_shared<std::string>("eager");
  const auto precision = std::make_shared<std::string>("f32");
  add_config_arguments(command, *arguments);
  add_reference_argument(command, *arguments);
  command.add_option("checkpoint", request->checkpoint, ".pth or .safetensors, or 'random' for seeded random weights")
      ->type_name("CHECKPOINT")
      ->capture_default_str();
  command.add_option("--shape", *shape, "height and width of the image in px, padded to multiples of 32; one number: both")
      ->expected(1, 2)
      ->check(at_least(1))
      ->capture_default_str();
  command.add_option("--image", request->image, "an image instead of noise, which the config's test pipeline prepares")
      ->type_name("FILE")
      ->excludes("--shape");
  command.add_option("--part", *part, "all: detections; dense: backbone, neck and head alone")
      ->check(CLI::IsMember({"all", "dense"}))
      ->capture_default_str();
  command.add_option("--engine", *engine, "what runs the model")->check(CLI::IsMember({"eager"}))->capture_default_str();
  command.add_option("--precision", *precision, "of the computation")->check(CLI::IsMember({"f32"}))->capture_default_str();
  command.add_option("--repeat", request->repeat, "measured runs, after one that does not count")
      ->check(at_least(1))
      ->capture_default_str();
  command.add_option("--device", request->device, "cpu or cuda:N")->capture_default_str();
  command.add_option("--seed", request->seed, "of random weights and of the image")->capture_default_str();
  command.add_option("--json", request->json, "file for the figures; '-': standard output")->type_name("FILE");
  set_example(command, "detforge benchmark configs/retinanet/retinanet_r50_fpn_1x_coco.py --shape 800 1333");
  command.callback([=, &session] {
    if (!request->image.empty() && *part == "dense")
      throw Error("--image goes with whole detections, not with --part dense", ErrorKind::Usage);
    request->config = load_config(*arguments, session);
    require_model(request->config);
    request->reference = reference_of(*arguments, request->config);
    request->height = shape->front();
    request->width = shape->back();
    request->dense = *part == "dense";
    request->quiet = session.quiet;
    session.status = torch_actions(session).benchmark(*request, std::cout, std::cerr);
  });
}

}  // namespace detforge::cli
