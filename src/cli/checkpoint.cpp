#include "detforge/checkpoint/checkpoint.h"

#include <iostream>
#include <memory>

#include "detforge/checkpoint/describe.h"
#include "detforge/cli/command.h"

namespace detforge::cli {

void add_checkpoint(CLI::App& program, Session& /*session*/) {
  CLI::App& checkpoint = *program.add_subcommand("checkpoint", "look into checkpoints, safely");
  checkpoint.require_subcommand(1);
  checkpoint.fallthrough();

  CLI::App& show = *checkpoint.add_subcommand("show", "meta, tensors, and every name that the file's pickle asks for");
  const auto file = std::make_shared<std::string>();
  const auto hash = std::make_shared<bool>(false);
  const auto json = std::make_shared<bool>(false);
  show.add_option("file", *file, ".pth, .pt or .safetensors")->required()->type_name("FILE");
  show.add_flag("--hash", *hash, "only one SHA-256 over names, types, shapes and bytes of the weights");
  show.add_flag("--json", *json, "as JSON");
  set_example(show, "detforge checkpoint show yolox_nano.pth");
  show.callback([=] {
    const Checkpoint loaded = Checkpoint::read(*file);
    std::cout << (*hash ? state_dict_hash(loaded) + "\n" : *json ? describe_json(loaded) : describe(loaded));
  });
}

}  // namespace detforge::cli
