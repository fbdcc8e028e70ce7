#include "detforge/checkpoint/state_dict.h"

#include <gtest/gtest.h>

#include "detforge/base/error.h"
#include "detforge/checkpoint/write.h"

namespace detforge {
namespace {

class FindStateDict : public testing::Test {
 protected:
  const Object* weights(const std::string& name) { return builder_.ordered_dict({{name, builder_.tensor(DType::U8, {2}, bytes_)}}); }
  std::string first_name(const Object* root) { return state_dict_of(*root, builder_.storages()).at(0).name; }

  const std::vector<std::byte> bytes_{2};
  CheckpointBuilder builder_;
};

TEST_F(FindStateDict, FindsTheOnlyDictOfTensors) {
  for (const char* key : {"net", "weights", "state_dict_ema"}) {
    EXPECT_EQ(first_name(builder_.dict({{key, weights("a.weight")}, {"epoch", builder_.value(3)}})), "a.weight") << key;
  }
  EXPECT_EQ(first_name(builder_.dict({{"ema", builder_.dict({{"module", weights("deep")}})}})), "deep");
  EXPECT_EQ(first_name(builder_.dict({{"net", weights("mine")}, {"optimizer", weights("momentum")}})), "mine");
  EXPECT_EQ(first_name(builder_.dict({{"net_ema", weights("average")}, {"net", weights("mine")}})), "mine");
}

TEST_F(FindStateDict, KeepsToWhatMmcvTakes) {
  EXPECT_EQ(first_name(builder_.dict({{"net", weights("other")}, {"state_dict", weights("mine")}})), "mine");
  EXPECT_EQ(first_name(builder_.dict({{"net", weights("other")}, {"model", weights("mine")}})), "mine");
  EXPECT_TRUE(state_dict_of(*builder_.dict({{"meta", builder_.value("x")}}), builder_.storages()).empty());
}

TEST_F(FindStateDict, NamesWhatItCannotChooseFrom) {
  const Object* root = builder_.dict({{"student", weights("a")}, {"teacher", weights("b")}});
  try {
    static_cast<void>(find_state_dict(*root));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "the file holds 2 dicts of tensors: 'student', 'teacher'");
  }
}

TEST_F(FindStateDict, NamesAWholeModule) {
  const Object state{Object::Dict{{{builder_.value("_parameters"), builder_.dict({})}}}};
  const Object module{Record{"torch.nn.modules.container.Sequential", nullptr, &state, {}, {}}};
  for (const Object* root : {&module, builder_.dict({{"model", &module}, {"epoch", builder_.value(1)}})}) {
    try {
      static_cast<void>(find_state_dict(*root));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.message(),
                "the file holds a whole module, 'torch.nn.modules.container.Sequential', of which only its class' name is known");
    }
  }
}

}  // namespace
}  // namespace detforge
