#include "detforge/nn/init/initializer.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge::nn {

class TruncNormalInit : public Initializer {
 public:
  struct Options : Initializer::Options {
    double mean = 0;
    double std = 1;
    double a = -2;
    double b = 2;
  };
  static Arguments<Options> arguments() {
    return {Initializer::arguments(), arg(&Options::mean, "mean", "mean of the weights before the cut"),
            arg(&Options::std, "std", "their standard deviation before the cut").at_least(0), arg(&Options::a, "a", "smallest weight"),
            arg(&Options::b, "b", "largest weight")};
  }

  explicit TruncNormalInit(const Options& options, const BuildContext& = {}) : Initializer(options), options_(options) {}

 protected:
  void fill(Module& module) const override { trunc_normal_init(module, options_.mean, options_.std, options_.a, options_.b, bias()); }

 private:
  Options options_;
};

DETFORGE_REGISTER(initializers, TruncNormalInit,
                  {.name = "TruncNormal",
                   .python = "mmcv.cnn.utils.weight_init.TruncNormalInit",
                   .meaning = "normally distributed within bounds",
                   .since = Reference::V2_27});

}  // namespace detforge::nn
