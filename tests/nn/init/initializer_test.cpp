#include "detforge/nn/init/initializer.h"

#include <gtest/gtest.h>

#include "detforge/config/config.h"
#include "detforge/nn/init/weight_init.h"
#include "detforge/nn/layers/batch_norm.h"
#include "detforge/nn/layers/containers.h"
#include "detforge/nn/layers/conv_module.h"
#include "detforge/nn/layers/linear.h"

namespace detforge::nn {
namespace {

Value parsed(const std::string& text) { return Config::from_text("value = " + text, ".py")["value"]; }

/// Large enough that the statistics of its weight are those of the distribution within a few percent.
Conv2d large_conv() { return Conv2d({.in_channels = 64, .out_channels = 128, .kernel_size = 3}); }

double std_of(const torch::Tensor& tensor) { return tensor.std().item<double>(); }
double largest(const torch::Tensor& tensor) { return tensor.abs().max().item<double>(); }

constexpr double fan_in = 64 * 9, fan_out = 128 * 9;

struct Statistics {
  const char* init_cfg;
  double std;
  double bound;  // of all values; 0: none
  double bias;
};

TEST(Initializers, HaveTheirDistributions) {
  const Statistics cases[] = {
      {"dict(type='Xavier', layer='Conv2d')", std::sqrt(2 / (fan_in + fan_out)), 0, 0},
      {"dict(type='Xavier', layer='Conv2d', distribution='uniform', gain=2)", 2 * std::sqrt(2 / (fan_in + fan_out)),
       2 * std::sqrt(6 / (fan_in + fan_out)), 0},
      {"dict(type='Kaiming', layer='Conv2d')", std::sqrt(2 / fan_out), 0, 0},
      {"dict(type='Kaiming', layer='Conv2d', mode='fan_in', distribution='uniform', bias=3)", std::sqrt(2 / fan_in), std::sqrt(6 / fan_in),
       3},
      {"dict(type='Kaiming', layer='Conv2d', a=1, nonlinearity='leaky_relu')", std::sqrt(1 / fan_out), 0, 0},
      {"dict(type='Caffe2Xavier', layer='Conv2d')", std::sqrt(1 / fan_in), std::sqrt(3 / fan_in), 0},
      {"dict(type='Normal', layer='Conv2d', std=0.01, bias_prob=0.01)", 0.01, 0, -4.59511985013459},
      {"dict(type='TruncNormal', layer='Conv2d', std=0.02, a=-0.02, b=0.02)", 0.02 * 0.539560, 0.02, 0},
      {"dict(type='Uniform', layer='Conv2d', a=-0.5, b=0.5)", 1 / std::sqrt(12), 0.5, 0},
      {"dict(type='Constant', layer='Conv2d', val=7, bias=2)", 0, 7, 2},
  };
  torch::manual_seed(0);
  for (const Statistics& wanted : cases) {
    SCOPED_TRACE(wanted.init_cfg);
    Conv2d conv = large_conv();
    initialize(conv, parsed(wanted.init_cfg), {});
    EXPECT_NEAR(std_of(conv.weight()), wanted.std, 0.02 * wanted.std + 1e-12);
    if (wanted.bound > 0) {
      EXPECT_LE(largest(conv.weight()), wanted.bound * 1.000001);
      EXPECT_GE(largest(conv.weight()), wanted.bound * 0.999);
    }
    EXPECT_TRUE(torch::allclose(conv.bias(), torch::full_like(conv.bias(), wanted.bias)));
  }
}

TEST(Initializers, FillTheLayersThatTheyName) {
  Sequential model;
  model.append(std::make_shared<Conv2d>(Conv2d::Options{.in_channels = 2, .out_channels = 2}));
  model.append(std::make_shared<BatchNorm2d>(BatchNorm2d::Options{.num_features = 2}));
  model.append(std::make_shared<Linear>(Linear::Options{.in_features = 2, .out_features = 2}));
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : model.parameters()) parameter.fill_(9);
  initialize(model, parsed("[dict(type='Constant', val=1, layer='Conv2d'), dict(type='Constant', val=2, bias=3, layer=['_BatchNorm'])]"),
             {});
  const auto value = [&](const char* name) { return model.named_parameters()[name].view(-1)[0].item<double>(); };
  EXPECT_EQ(value("0.weight"), 1);
  EXPECT_EQ(value("0.bias"), 0);
  EXPECT_EQ(value("1.weight"), 2);  // by the Python base of BatchNorm2d
  EXPECT_EQ(value("1.bias"), 3);
  EXPECT_EQ(value("2.weight"), 9);
}

TEST(Initializers, OverridePartsByName) {
  Sequential model;
  model.append("reg", std::make_shared<Conv2d>(Conv2d::Options{.in_channels = 2, .out_channels = 2}));
  model.append("cls", std::make_shared<Conv2d>(Conv2d::Options{.in_channels = 2, .out_channels = 2}));
  initialize(model, parsed("dict(type='Constant', val=1, layer='Conv2d', override=dict(type='Constant', name='cls', val=5))"), {});
  EXPECT_EQ(model.named_parameters()["reg.weight"].max().item<double>(), 1);
  EXPECT_EQ(model.named_parameters()["cls.weight"].min().item<double>(), 5);
  // Alone, the name takes the init_cfg's own arguments.
  initialize(model, parsed("dict(type='Constant', val=8, override=dict(name='reg'))"), {});
  EXPECT_EQ(model.named_parameters()["reg.weight"].min().item<double>(), 8);
  EXPECT_EQ(model.named_parameters()["cls.weight"].min().item<double>(), 5);
}

std::string message_of(const char* init_cfg) {
  Sequential model;
  try {
    initialize(model, parsed(init_cfg), {});
  } catch (const Error& error) {
    return error.diagnostics().front().message;
  }
  return "no error";
}

TEST(Initializers, SayWhatIsWrong) {
  EXPECT_EQ(message_of("dict(type='Constant', val=1, override=dict(name='reg'))"), "Sequential has no part 'reg' to override");
  EXPECT_EQ(message_of("dict(type='Constant', val=1, override=dict(val=2))"), "an override needs the 'name' of a part");
  EXPECT_EQ(message_of("dict(type='Constant', val=1, override=dict(name='reg', val=2))"),
            "an override that gives more than 'name' needs a 'type'");
  EXPECT_EQ(message_of("dict(type='Constan', val=1)"), "there is no 'Constan' in the registry INITIALIZERS; did you mean 'Constant'?");
  EXPECT_EQ(message_of("dict(type='Caffe2Xavier', a=2)"), "Caffe2Xavier sets 'a', 'mode', 'nonlinearity' and 'distribution' itself");
}

TEST(Initializers, LeavePretrainedPartsToTheLoader) {
  Conv2d conv = large_conv();
  std::string asked;
  const PretrainedLoader loader = [&](Module& module, const Pretrained& source) {
    asked = module.python_name() + " " + source.checkpoint + " " + source.prefix.value_or("-");
  };
  initialize(conv, parsed("dict(type='Pretrained', checkpoint='torchvision://resnet50', prefix='backbone.')"), loader);
  EXPECT_EQ(asked, "Conv2d torchvision://resnet50 backbone.");
}

/// A component with an init_cfg and two ConvModules: one directly, one in a container of PyTorch's.
class Component : public Module {
 public:
  explicit Component(const BuildContext& context) : Module("Component") {
    const ConvModule::Options options{.in_channels = 64, .out_channels = 64, .kernel_size = 3};
    register_module("direct", std::make_shared<ConvModule>(options, context));
    auto list = register_module("list", std::make_shared<ModuleList<>>());
    list->append(std::make_shared<ConvModule>(options, context));
    show_init_cfg(context, Value::dict({{"type", "Constant"}, {"layer", "Conv2d"}, {"val", 5}}));
  }
};

TEST(InitializeWeights, ReachesConvModulesThatStandDirectlyInAComponentAsVersion2_27Does) {
  torch::manual_seed(0);
  Component older({Reference::V2_8, ""}), newer({Reference::V2_27, ""});
  for (Component* component : {&older, &newer}) initialize_weights(*component);
  EXPECT_EQ(std_of(older.named_parameters()["direct.conv.weight"]), 0);
  EXPECT_EQ(std_of(older.named_parameters()["list.0.conv.weight"]), 0);
  EXPECT_NEAR(std_of(newer.named_parameters()["direct.conv.weight"]), std::sqrt(2.0 / (64 * 9)), 2e-3);
  EXPECT_EQ(std_of(newer.named_parameters()["list.0.conv.weight"]), 0);
}

}  // namespace
}  // namespace detforge::nn
