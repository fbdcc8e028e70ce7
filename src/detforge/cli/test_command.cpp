#include <iostream>
#include <memory>

#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"

namespace detforge::cli {

void add_test(CLI::App& program, Session& session) {
  CLI::App& command = *program.add_subcommand("test", "run a detector over the config's data.test, and measure its results");
  const auto arguments = std::make_shared<ConfigArguments>();
  const auto request = std::make_shared<TestRequest>();
  add_config_arguments(command, *arguments);
  add_reference_argument(command, *arguments);
  command.add_option("checkpoint", request->checkpoint, ".pth or .safetensors, or 'random' for seeded random weights")
      ->required()
      ->type_name("CHECKPOINT");
  command
      .add_option("--eval", request->metrics, "bbox, segm, proposal, proposal_fast; mAP, recall (default: the config's evaluation.metric)")
      ->type_name("METRIC");
  command
      .add_option("--eval-options", request->eval_options,
                  "classwise=True, iou_thrs=[0.5,0.75], proposal_nums, metric_items, iou_thr, scale_ranges, jsonfile_prefix")
      ->type_name("KEY=VALUE");
  command.add_option("--out", request->out, "file for the results: .json in COCO's layout, or .pkl as MMDetection writes it")
      ->type_name("FILE");
  command.add_option("--json", request->json, "file for the numbers; '-': standard output, instead of the tables")->type_name("FILE");
  command.add_flag("--format-only", request->format_only,
                   "write .bbox.json, .segm.json or .proposal.json for a server, and measure nothing");
  command.add_option("--show-dir", request->show_dir, "folder for annotated images")->type_name("DIR");
  command.add_option("--show-score-thr", request->show_score_thr, "detections that score less are not drawn")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_flag("--fuse-conv-bn", request->fuse_conv_bn,
                   "take batch norms into the convolutions before them: faster, the last digits differ");
  command.add_flag("--continue", request->resume, "go on from the images that an earlier run with this --out got done");
  command.add_option("--workers", request->workers, "threads that prepare images (default: the config's workers_per_gpu)")
      ->check(at_least(0));
  command
      .add_option("--batch", request->batch,
                  "images of one shape in one forward pass (default: samples_per_gpu of the config's data.test, else 1)")
      ->check(at_least(1));
  command.add_option("--device", request->device, "cpu or cuda:N")->capture_default_str();
  command.add_option("--seed", request->seed, "of random weights")->capture_default_str();
  command.add_flag("--partial", request->partial, "run also where the checkpoint has less than half of the model's tensors");
  command.add_flag("--strict", request->strict,
                   "refuse a checkpoint that does not fit the model in every tensor, and annotations with wrong records");
  set_example(command, "detforge test configs/yolox/yolox_nano_8x8_300e_coco.py yolox_nano.pth --eval bbox --out results.json");
  command.callback([=, &session] {
    if (request->format_only && !request->metrics.empty()) {
      throw Error("--eval and --format-only exclude each other", ErrorKind::Usage).help("detforge eval measures the files afterwards");
    }
    if (request->resume && request->out.empty()) {
      throw Error("--continue needs --out, beside which the results of the earlier run lie", ErrorKind::Usage);
    }
    request->config = load_config(*arguments, session);
    require_model(request->config);
    request->reference = reference_of(*arguments, request->config);
    request->threads = session.threads;
    request->quiet = session.quiet;
    session.status = torch_actions(session).test(*request, std::cout, std::cerr);
  });
}

}  // namespace detforge::cli
