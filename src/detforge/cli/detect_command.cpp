#include <charconv>
#include <iostream>
#include <memory>

#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"

namespace detforge::cli {

namespace {

/// `1024x768`, or with the sign for multiplication
void read_tile(std::string text, DetectRequest& request) {
  constexpr std::string_view times = "\u00d7";
  if (text.empty()) return;
  if (const std::size_t at = text.find(times); at != std::string::npos) text.replace(at, times.size(), "x");
  const char* end = text.data() + text.size();
  const auto width = std::from_chars(text.data(), end, request.tile_width);
  const bool has_x = width.ec == std::errc() && width.ptr != end && *width.ptr == 'x';
  const auto height = std::from_chars(has_x ? width.ptr + 1 : end, end, request.tile_height);
  if (!has_x || height.ec != std::errc() || height.ptr != end || request.tile_width < 32 || request.tile_height < 32) {
    throw Error("--tile " + text + " is no size of at least 32x32", ErrorKind::Usage).help("write WIDTHxHEIGHT, as in --tile 1024x768");
  }
}

}  // namespace

void add_detect(CLI::App& program, Session& session) {
  CLI::App& command = *program.add_subcommand("detect", "detect objects in images, folders, videos or a camera's pictures");
  const auto arguments = std::make_shared<ConfigArguments>();
  const auto request = std::make_shared<DetectRequest>();
  const auto tile = std::make_shared<std::string>();
  add_config_arguments(command, *arguments);
  add_reference_argument(command, *arguments);
  command.add_option("checkpoint", request->checkpoint, ".pth or .safetensors, or 'random' for seeded random weights")
      ->required()
      ->type_name("CHECKPOINT");
  command.add_option("source", request->sources, "images, folders, patterns, videos, or a camera's number")
      ->required()
      ->type_name("SOURCE");
  command.add_option("--out", request->out, "folder for annotated images; for one video or camera, a video file")->type_name("PATH");
  command.add_option("--json", request->json, "file for the detections; '-': standard output")->type_name("FILE");
  command.add_option("--score-thr", request->score_thr, "detections that score less are left out")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--batch", request->batch, "images in one forward pass")->check(at_least(1))->capture_default_str();
  command.add_option("--tile", *tile, "cut larger images into tiles of this size, px, and put what is found together by NMS")
      ->type_name("WxH");
  command.add_option("--overlap", request->overlap, "part of a tile's sides that its neighbours share")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  command.add_flag("--continue", request->resume, "go on from what an earlier run with this --json got done");
  command.add_option("--device", request->device, "cpu or cuda:N")->capture_default_str();
  command.add_option("--seed", request->seed, "of random weights")->capture_default_str();
  command.add_flag("--partial", request->partial, "run also where the checkpoint has less than half of the model's tensors");
  command.add_flag("--strict", request->strict, "refuse a checkpoint that does not fit the model in every tensor");
  set_example(command,
              "detforge detect configs/yolox/yolox_nano_8x8_300e_coco.py yolox_nano.pth photos/ --out drawn/ --json detections.json");
  command.callback([=, &session] {
    read_tile(*tile, *request);
    if (request->resume && (request->json.empty() || request->json == "-")) {
      throw Error("--continue needs --json FILE, beside which the results of the earlier run lie", ErrorKind::Usage);
    }
    request->config = load_config(*arguments, session);
    require_model(request->config);
    request->reference = reference_of(*arguments, request->config);
    request->quiet = session.quiet;
    session.status = torch_actions(session).detect(*request, std::cout, std::cerr);
  });
}

}  // namespace detforge::cli
