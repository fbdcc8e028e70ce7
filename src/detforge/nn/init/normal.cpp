#include "detforge/nn/init/initializer.h"
#include "detforge/nn/init/weight_init.h"

namespace detforge::nn {

class NormalInit : public Initializer {
 public:
  struct Options : Initializer::Options {
    double mean = 0;
    double std = 1;
  };
  static Arguments<Options> arguments() {
    return {Initializer::arguments(), arg(&Options::mean, "mean", "mean of the weights"),
            arg(&Options::std, "std", "their standard deviation").at_least(0)};
  }

  explicit NormalInit(const Options& options, const BuildContext& = {}) : Initializer(options), mean_(options.mean), std_(options.std) {}

 protected:
  void fill(Module& module) const override { normal_init(module, mean_, std_, bias()); }

 private:
  double mean_;
  double std_;
};

DETFORGE_REGISTER(initializers, NormalInit,
                  {.name = "Normal", .python = "mmcv.cnn.utils.weight_init.NormalInit", .meaning = "normally distributed"});

}  // namespace detforge::nn
