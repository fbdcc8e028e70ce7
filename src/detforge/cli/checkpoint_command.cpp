#include "detforge/checkpoint/checkpoint.h"

#include <iostream>
#include <map>
#include <memory>

#include "detforge/checkpoint/convert_checkpoint.h"
#include "detforge/checkpoint/describe.h"
#include "detforge/cli/command.h"
#include "detforge/cli/usage_error.h"

namespace detforge::cli {
namespace {

void add_show(CLI::App& checkpoint) {
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

Checkpoint::Format format_of(const std::filesystem::path& path, bool legacy) {
  const std::string extension = path.extension().string();
  if (extension == ".safetensors" && !legacy) return Checkpoint::Format::Safetensors;
  if (extension == ".pth" || extension == ".pt") return legacy ? Checkpoint::Format::Legacy : Checkpoint::Format::Zip;
  throw Error("'" + path.string() + "' ends in " +
                  (legacy ? "neither .pth nor .pt, the old format of which is asked for" : "none of .pth, .pt, .safetensors"),
              ErrorKind::Usage);
}

void add_convert(CLI::App& checkpoint, Session& session) {
  static const std::map<std::string, DType> types = {{"f16", DType::F16}, {"bf16", DType::BF16}, {"f32", DType::F32}, {"f64", DType::F64}};
  CLI::App& convert = *checkpoint.add_subcommand("convert", "write a checkpoint in another form; its meta stays");
  const auto in = std::make_shared<std::string>();
  const auto out = std::make_shared<std::string>();
  const auto dtype = std::make_shared<std::string>();
  const auto legacy = std::make_shared<bool>(false);
  const auto options = std::make_shared<ConvertOptions>();
  convert.add_option("in", *in, ".pth, .pt or .safetensors")->required()->type_name("IN");
  convert.add_option("out", *out, "its extension chooses the format: .pth, .pt or .safetensors")->required()->type_name("OUT");
  convert.add_flag("--legacy", *legacy, "torch's format of before 1.6");
  convert.add_flag("--weights", options->weights, "the state_dict alone, without meta, optimizer and all else");
  convert.add_option("--dtype", *dtype, "type of the floating-point weights: f16, bf16, f32, f64")
      ->check(one_of({"f16", "bf16", "f32", "f64"}));
  convert.add_flag("--publish", options->publish, "as MMDetection's tool: no optimizer, and the file's hash in its name, net-1a2b3c4d.pth");
  set_example(convert, "detforge checkpoint convert epoch_24.pth yolox_nano.pth --publish");
  convert.callback([=, &session] {
    options->format = format_of(*out, *legacy);
    if (!dtype->empty()) options->dtype = types.at(*dtype);
    const Converted converted = convert_checkpoint(Checkpoint::read(*in), *out, *options);
    if (!session.quiet) {
      for (const std::string& note : converted.notes) std::cerr << "note: " << note << '\n';
    }
    std::cout << converted.path.string() << '\n';
  });
}

}  // namespace

void add_checkpoint(CLI::App& program, Session& session) {
  CLI::App& checkpoint = *program.add_subcommand("checkpoint", "look into checkpoints, safely, and convert them");
  checkpoint.require_subcommand(1);
  checkpoint.fallthrough();
  add_show(checkpoint);
  add_convert(checkpoint, session);
}

}  // namespace detforge::cli
