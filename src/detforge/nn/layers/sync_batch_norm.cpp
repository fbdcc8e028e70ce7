#include "detforge/nn/layers/batch_norm.h"

namespace detforge::nn {

/// PyTorch's `SyncBatchNorm`, whose statistics are those of all processes: of one process, those of its batch.
class SyncBatchNorm : public BatchNorm {
 public:
  struct Options : BatchNorm::Options {
    Value process_group;
  };
  static Arguments<Options> arguments() {
    return {BatchNorm::arguments(), arg(&Options::process_group, "process_group", "processes that share statistics; None: all")};
  }
  explicit SyncBatchNorm(const Options& options, const BuildContext& = {}) : BatchNorm("SyncBatchNorm", options) {
    if (!options.process_group.is_none()) throw ArgumentError("process_group", "must be None: a config cannot hold a group of processes");
  }

  /// mmcv derives its class from one of the same name, so that an init_cfg for `_BatchNorm` passes it by.
  std::string python_base() const override { return "SyncBatchNorm"; }
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor>) const override { return 0; }
};

/// mmcv's own `SyncBatchNorm`. It is no batch norm to `norm_eval`, which leaves it in training.
class MMSyncBatchNorm : public NormBase {
 public:
  struct Options : NormBase::Options {
    Value group;
    std::string stats_mode = "default";
  };
  static Arguments<Options> arguments() {
    return {NormBase::arguments(), arg(&Options::group, "group", "processes that share statistics; None: all"),
            arg(&Options::stats_mode, "stats_mode", "N: processes count by their batch size").one_of({"default", "N"}).since_v2_27()};
  }
  explicit MMSyncBatchNorm(const Options& options, const BuildContext& context = {})
      : NormBase("SyncBatchNorm", options), group_text_(", group_size=1") {
    if (!options.group.is_none()) throw ArgumentError("group", "must be None: a config cannot hold a group of processes");
    if (context.reference == Reference::V2_27) group_text_ += ",stats_mode=" + options.stats_mode;
  }

  std::string extra_repr() const override { return NormBase::extra_repr() + group_text_; }
  std::string abbreviation() const override { return "bn"; }
  std::int64_t multiply_adds(std::span<const torch::Tensor>, std::span<const torch::Tensor>) const override { return 0; }

 protected:
  torch::Tensor compute(const torch::Tensor& input) override { return batch_norm(input); }

 private:
  std::string group_text_;
};

DETFORGE_REGISTER(norm_layers, SyncBatchNorm,
                  {.name = "SyncBN",
                   .python = "mmcv.utils.parrots_wrapper.SyncBatchNorm",
                   .meaning = "batch normalisation over all processes"});
DETFORGE_REGISTER(norm_layers, MMSyncBatchNorm,
                  {.name = "MMSyncBN", .python = "mmcv.ops.sync_bn.SyncBatchNorm", .meaning = "batch normalisation over all processes"});

}  // namespace detforge::nn
